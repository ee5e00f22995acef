// Somebody makes up MAC addresses; and crowds that are real.
import { dhcpRequest, madeUp, mail } from '../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { fetches, joins, morning, PIXEL, type Resident } from './household.ts';

const FLOOD: Expected = { kind: 'mac_flood', device: null, severity: 'high', alerts: 1 };
const hex = (value: number) => (value & 255).toString(16).padStart(2, '0');

const guest = (i: number): Resident => ({
  ...{ ...PIXEL, name: `guest-${i}` },
  ...{ mac: `d6:0a:00:00:00:${hex(i)}`, ip: `192.168.1.${100 + i}` },
});

export const FLOODS: readonly Case[] = [
  {
    name: 'a thousand made-up addresses that knock at web servers',
    home: (stage) => stage.play(morning(START), madeUp(1000, 443, START + HOUR)),
    expect: [{ ...FLOOD, findings: 1, evidence: { addresses: 1000, connections: 1000, mailAttempts: 0 } }],
  },
  {
    name: 'a thousand made-up addresses that mail, and a camera that does among them',
    home: (stage) =>
      stage.play(
        morning(START),
        madeUp(1000, 25, START + HOUR),
        mail(CAMERA, MAIL_SERVER, START + HOUR + 2 * SECOND, { outcome: 'refused' }),
      ),
    expect: [
      { ...FLOOD, evidence: { addresses: 1000, mailAttempts: 1000 } },
      { kind: 'mail_started', device: CAMERA, severity: 'high', evidence: { attempts: 1, refused: 1 }, alerts: 1 },
    ],
  },
  {
    name: 'a party: a hundred guests within ten minutes',
    home: (stage) =>
      stage.play(
        morning(START),
        ...Array.from({ length: 100 }, (_, i) => [
          ...joins(guest(i), START + HOUR + i * 6 * SECOND),
          ...fetches(guest(i), START + HOUR + i * 6 * SECOND + SECOND),
        ]),
      ),
  },
  {
    name: 'telephones of passers-by that ask for an address and get none, ten an hour',
    home: (stage) =>
      stage.play(
        morning(START),
        ...Array.from({ length: 120 }, (_, i) => dhcpRequest(guest(i).mac, [], START + HOUR + i * 6 * MINUTE)),
      ),
  },
];
