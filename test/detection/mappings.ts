// Devices that open the router: low where games and doorbells do so, high where a remote shell or mail would come in.
import { mail } from '../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, START } from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { CONSOLE, DOORBELL, joins, type Resident, usual } from './household.ts';
import { addsMapping, addsPinhole, deletesMapping, natPmp, pcp } from './router-frames.ts';

const OPENED = { kind: 'port_mapping', device: CAMERA, severity: 'high', alerts: 1 } as const;

/** A device asks for one mapping by UPnP. */
function asksFor(external: number, internal: number, severity: Expected['severity'], from: Resident = CAMERA): Case {
  return {
    name: `UPnP: port ${external} for port ${internal} is ${severity}`,
    home: (stage) => stage.play(usual(START), joins(from, START), addsMapping(from, { external, internal }, START)),
    expect: [
      {
        ...{ ...OPENED, device: from, severity, findings: 1 },
        evidence: {
          mapping: {
            by: 'upnp',
            protocol: 'tcp',
            externalPort: external,
            internalPort: internal,
            internalClient: from.ip,
          },
          granted: true,
        },
      },
    ],
  };
}

export const MAPPINGS: readonly Case[] = [
  asksFor(8080, 80, 'low', DOORBELL),
  asksFor(443, 443, 'low'),
  asksFor(23, 23, 'high'),
  asksFor(2323, 80, 'high'),
  asksFor(40_022, 22, 'high'),
  asksFor(5555, 5555, 'high'),
  asksFor(25, 25, 'high'),
  {
    name: 'UPnP: AddAnyPortMapping, and the router gives port 23',
    home: (stage) => {
      const wanted = { external: 40_000, internal: 8080 };
      stage.play(usual(START), addsMapping(CAMERA, wanted, START, 'AddAnyPortMapping', { NewReservedPort: 23 }));
    },
    expect: [{ ...OPENED, evidence: { mapping: { externalPort: 23, internalPort: 8080 }, granted: true }, alerts: 2 }],
  },
  {
    name: 'UPnP: a hole in the IPv6 firewall for ADB',
    home: (stage) => stage.play(usual(START), addsPinhole(CAMERA, 5555, START)),
    expect: [
      {
        ...OPENED,
        evidence: { mapping: { by: 'upnp', internalPort: 5555, internalClient: CAMERA.ip6 }, granted: true },
      },
    ],
  },
  {
    name: 'NAT-PMP: port 22',
    home: (stage) => stage.play(usual(START), natPmp(CAMERA, 22, START)),
    expect: [{ ...OPENED, evidence: { mapping: { by: 'nat-pmp', externalPort: 22, lease: 7200 }, granted: true } }],
  },
  {
    name: 'PCP: port 2323',
    home: (stage) => stage.play(usual(START), pcp(CAMERA, 2323, START)),
    expect: [{ ...OPENED, evidence: { mapping: { by: 'pcp', protocol: 'tcp', externalPort: 2323, lease: 3600 } } }],
  },
  {
    name: 'a game console opens a port for its game, and renews it',
    home: (stage) => {
      const game = { external: 3074, internal: 3074, protocol: 'UDP' } as const;
      stage.play(usual(START), joins(CONSOLE, START));
      for (let i = 0; i < 4; i++) stage.play(addsMapping(CONSOLE, game, START + MINUTE + (i * HOUR) / 2));
    },
    expect: [{ ...OPENED, device: CONSOLE, severity: 'low', findings: 1 }],
  },
  {
    name: 'a mapping that is deleted is closed without news',
    home: (stage) =>
      stage.play(
        usual(START),
        addsMapping(CAMERA, { external: 8080, internal: 80 }, START),
        deletesMapping(CAMERA, 8080, START + MINUTE),
      ),
    expect: [{ ...OPENED, severity: 'low', state: 'resolved', evidence: { closedAt: /^2026-01-05T10:01/ } }],
  },
  {
    name: 'a mapping runs out while the sensor is restarted',
    home: [
      (stage) => stage.play(usual(START), natPmp(CAMERA, 8000, START)),
      (stage) => stage.wait(START + 3 * HOUR).play(usual(START + 3 * HOUR)),
    ],
    expect: [{ ...OPENED, severity: 'low', state: 'resolved' }],
  },
  {
    name: 'a mapping stands in the chain of what happened before the mail',
    home: (stage) =>
      stage.play(
        usual(START),
        addsMapping(CAMERA, { external: 23, internal: 23 }, START),
        mail(CAMERA, MAIL_SERVER, START + HOUR),
      ),
    expect: [
      OPENED,
      { kind: 'mail_started', device: CAMERA, severity: 'high', before: ['port_mapped', 'backend_new'] },
    ],
  },
];
