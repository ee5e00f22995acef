// A sensor that looks from the wrong place says so, and lays nothing to a device there.
import type { Case } from './case.ts';
import { CAMERA, GATEWAY, MAIL_SERVER, MINUTE, SECOND, START } from './frames/home.ts';
import { OUTER, outerSide } from './frames/outer-side.ts';
import { dhcpAck, mail, usual, visit } from './frames/traffic.ts';

const blind = { kind: 'sensor_blind', device: null, severity: 'medium' } as const;

export const VANTAGE_CASES: readonly Case[] = [
  {
    name: 'vantage: the outer side of the router, where six of the connections are mail',
    frames: () => [outerSide({ count: 900, mail: 6 })],
    expect: [{ ...blind, evidence: { vantage: 'wan-side', mailAttempts: 6 }, alerts: ['opened'] }],
  },
  {
    name: 'vantage: a home behind a second router on the link, and a camera beside it that mails',
    frames: () => [
      dhcpAck(CAMERA, START - MINUTE),
      usual(),
      outerSide({ count: 300, provider: GATEWAY.mac }),
      mail(CAMERA, MAIL_SERVER, START + MINUTE),
    ],
    expect: [{ kind: 'mail_started', device: CAMERA.mac, severity: 'high', alerts: ['opened'] }],
  },
  {
    name: 'silent: a home behind a second router on the link',
    frames: () => [
      dhcpAck(CAMERA, START - MINUTE),
      usual(),
      dhcpAck(OUTER, START - SECOND),
      outerSide({ count: 300, provider: GATEWAY.mac }),
      ...[1, 2, 3].map((i) => visit(CAMERA, '203.0.113.80', START + i * SECOND, { host: 'api.vendor.example' })),
    ],
    expect: [],
  },
];
