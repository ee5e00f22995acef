// Who on the Internet reaches a device, and devices that open the router for that.
import type { Case } from './case.ts';
import { natPmp, natPmpAnswer, pcp, reaches, upnp } from './frames/doors.ts';
import { CAMERA, HOUR, MINUTE, SECOND, START, TELEVISION } from './frames/home.ts';
import { usual } from './frames/traffic.ts';

const exposed = { kind: 'exposed', device: CAMERA.mac } as const;
const mapping = { kind: 'port_mapping', device: CAMERA.mac } as const;

export const DOOR_CASES: readonly Case[] = [
  {
    name: 'exposed: telnet answers the Internet',
    frames: () => [usual(), reaches(CAMERA, 23, START)],
    expect: [{ ...exposed, severity: 'high', evidence: { service: 'telnet', ports: [23], connections: 1 } }],
  },
  {
    name: 'exposed: a web server, to thirty strangers, is told of once',
    frames: () => [
      usual(),
      ...Array.from({ length: 30 }, (_, i) =>
        reaches(CAMERA, 80, START + i * MINUTE, { from: `198.51.100.${i}` }),
      ).flat(),
    ],
    expect: [{ ...exposed, severity: 'medium', evidence: { service: 'http', sources: 30 }, alerts: ['opened'] }],
  },
  {
    name: 'exposed: SSH over IPv6, where no router has to be opened',
    frames: () => [usual(), reaches({ mac: CAMERA.mac, ip: 'fd00::50' }, 22, START, { from: '2001:db8:ffff::77' })],
    expect: [{ ...exposed, severity: 'high', evidence: { service: 'ssh' } }],
  },
  {
    name: 'exposed: two devices, two services',
    frames: () => [usual(), reaches(CAMERA, 554, START), reaches(TELEVISION, 5555, START + SECOND)],
    expect: [
      { ...exposed, severity: 'medium', evidence: { service: 'rtsp' } },
      { kind: 'exposed', device: TELEVISION.mac, severity: 'high', evidence: { service: 'adb' } },
    ],
  },
  {
    name: 'port mapping: by UPnP, granted',
    frames: () => [usual(), upnp({}, START)],
    expect: [
      {
        ...mapping,
        severity: 'low',
        evidence: { granted: true, mapping: { by: 'upnp', protocol: 'tcp', externalPort: 8080, internalPort: 80 } },
      },
    ],
  },
  {
    name: 'port mapping: telnet, by UPnP in two segments',
    frames: () => [usual(), upnp({ external: 23, internal: 23 }, START, { split: true })],
    expect: [{ ...mapping, severity: 'high', evidence: { mapping: { externalPort: 23 } } }],
  },
  {
    name: 'port mapping: by NAT-PMP, granted with another port',
    frames: () => [usual(), natPmp(8000, 0, 7200, START), natPmpAnswer(0, 8000, 61_000, START + SECOND)],
    expect: [
      { ...mapping, severity: 'low', evidence: { granted: true, mapping: { by: 'nat-pmp', externalPort: 61_000 } } },
    ],
  },
  {
    name: 'port mapping: by PCP',
    frames: () => [usual(), pcp(3074, 3074, 3600, START, 17)],
    expect: [{ ...mapping, severity: 'low', evidence: { mapping: { by: 'pcp', protocol: 'udp', lease: 3600 } } }],
  },
  {
    name: 'port mapping: deleted again, it is over without further news',
    frames: () => [usual(), upnp({}, START), upnp({ action: 'DeletePortMapping' }, START + HOUR / 2)],
    expect: [{ ...mapping, severity: 'low', state: 'resolved', alerts: ['opened'] }],
  },
];
