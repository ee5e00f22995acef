// MAC addresses that somebody makes up, which hide no device that is known.
import type { Case } from './case.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from './frames/home.ts';
import { dhcpAck, madeUp, mail, usual, visit } from './frames/traffic.ts';

const flood = { kind: 'mac_flood', device: null, severity: 'high' } as const;
const camera = { kind: 'mail_started', device: CAMERA.mac, severity: 'high' } as const;
const guest = (i: number) => ({ mac: `d6:0a:00:00:00:${(16 + i).toString(16)}`, ip: `192.168.1.${100 + i}` });

export const FLOOD_CASES: readonly Case[] = [
  {
    name: 'flood: made-up addresses that mail, and a camera that does among them',
    frames: () => [
      dhcpAck(CAMERA, START - HOUR),
      usual(),
      madeUp(600, 25, START),
      mail(CAMERA, MAIL_SERVER, START + MINUTE),
    ],
    expect: [
      { ...flood, evidence: { addresses: 600, mailAttempts: 600 }, alerts: ['opened'] },
      { ...camera, evidence: { attempts: 1 }, alerts: ['opened'] },
    ],
  },
  {
    name: 'flood: made-up addresses that knock at web servers',
    frames: () => [dhcpAck(CAMERA, START - HOUR), usual(), madeUp(600, 443, START)],
    expect: [{ ...flood, evidence: { addresses: 600, connections: 600, mailAttempts: 0 }, alerts: ['opened'] }],
  },
  {
    name: 'mail: in frames whose MAC address no interface can have',
    frames: () => [
      dhcpAck(CAMERA, START - HOUR),
      usual(),
      mail({ mac: '01:00:5e:00:00:09', ip: CAMERA.ip }, MAIL_SERVER, START),
    ],
    expect: [{ ...camera, evidence: { attempts: 1, forgedMac: '01:00:5e:00:00:09' } }],
  },
  {
    name: 'silent: forty guests who arrive together',
    frames: () => [
      usual(),
      ...Array.from({ length: 40 }, (_, i) => [
        dhcpAck(guest(i), START + i * SECOND),
        ...visit(guest(i), '203.0.113.80', START + i * SECOND + 100, { host: 'www.example.net' }),
      ]),
    ],
    expect: [],
  },
];
