// Warnings of a fleet of homes: whom they are about is told before it mails, and nobody else is.
import type { HeldWarning } from '../detect/held-warning.ts';
import type { Case } from './case.ts';
import { BRIDGE, CAMERA, DAY, HOUR, MAIL_SERVER, MINUTE, PHONE, START } from './frames/home.ts';
import { mail, phoneJoins, usual, visit } from './frames/traffic.ts';

const BAD = 'plugins.bad.example';
const CLOUD = '203.0.113.80';
const ADDRESS = '198.51.100.66';

const warning = (more: Partial<HeldWarning> = {}): HeldWarning => ({
  ...{ id: 'abcdefgh12345678', revision: 3, backend: 'bad.example', role: 'store', groups: [] },
  ...{ homes: { exposed: 41, mailed: 37 }, lift: { value: 212, low: 88, high: null }, alike: [] },
  ...{ firstSeen: START - 9 * DAY, issuedAt: START - DAY, expiresAt: START + 6 * DAY, ...more },
});
/** The bridge is of this family by its vendor's block and the update server that it asks. */
const HUE = [{ family: 'philips-hue', vendor: null }];
const bridge = () => visit(BRIDGE, CLOUD, START - HOUR, { host: 'firmware.meethue.com' });
const warned = { kind: 'fleet_warning', device: BRIDGE.mac } as const;

export const FLEET_CASES: readonly Case[] = [
  {
    name: 'fleet: a device of a warned family goes to the backend, and has not mailed',
    warnings: [warning({ groups: HUE })],
    frames: () => [
      ...[usual(), bridge()],
      ...[visit(BRIDGE, '198.51.100.9', START, { host: BAD }), visit(CAMERA, '198.51.100.9', START, { host: BAD })],
    ],
    expect: [
      {
        ...warned,
        severity: 'high',
        evidence: { homesMailed: 37, homesExposed: 41, among: 'family', contacts: 1, ownMail: 0 },
        alerts: ['opened'],
      },
    ],
  },
  {
    name: 'fleet: all things are warned of an address without a name; a telephone is none',
    warnings: [warning({ backend: ADDRESS, role: 'unknown', homes: { exposed: 30, mailed: 9 } })],
    frames: () => [
      ...[usual(), phoneJoins(START - HOUR)],
      ...[visit(CAMERA, ADDRESS, START), visit(PHONE, ADDRESS, START + MINUTE)],
    ],
    expect: [{ ...warned, device: CAMERA.mac, severity: 'medium', evidence: { among: 'things' }, alerts: ['opened'] }],
  },
  {
    name: 'fleet: the mail that follows is an incident of its own',
    warnings: [warning()],
    frames: () => [
      usual(),
      visit(CAMERA, '198.51.100.9', START, { host: BAD }),
      mail(CAMERA, MAIL_SERVER, START + MINUTE),
    ],
    expect: [
      { ...warned, device: CAMERA.mac, severity: 'high', evidence: { contacts: 1 } },
      { kind: 'mail_started', device: CAMERA.mac, severity: 'high', alerts: ['opened'] },
    ],
  },
  {
    name: 'fleet: a warning runs out, and its incident ends without further news',
    warnings: [warning({ expiresAt: START + HOUR })],
    frames: () => [
      usual(),
      visit(CAMERA, '198.51.100.9', START, { host: BAD }),
      visit(CAMERA, '203.0.113.80', START + 2 * HOUR, { host: 'api.vendor.example' }),
    ],
    expect: [{ ...warned, device: CAMERA.mac, severity: 'high', state: 'resolved', alerts: ['opened'] }],
  },
  {
    name: 'silent: a warning about another family, another backend, or one that has run out',
    warnings: [
      warning({ groups: HUE }),
      warning({ id: 'abcdefgh12345679', backend: 'worse.example' }),
      warning({ id: 'abcdefgh12345680', expiresAt: START - HOUR }),
    ],
    frames: () => [usual(), visit(CAMERA, '198.51.100.9', START, { host: BAD })],
    expect: [],
  },
];
