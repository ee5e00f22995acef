// What is new or odd for a device after weeks of the usual: backends, updates that stay away, a changed rhythm.
import type { Case } from './case.ts';
import { tcpConversation } from './frames/conversation.ts';
import { at, BRIDGE, CAMERA, DAY, HOUR, MINUTE, START, TELEVISION } from './frames/home.ts';
import type { CapturedFrame } from './frames/pcap-file.ts';
import { dhcpRequest, visit } from './frames/traffic.ts';

const UPDATE_HOST = 'firmware.meethue.com';
const CLOUD = '203.0.113.80';
/** The first midnight (UTC) after the start: a day is measured whole. */
const MIDNIGHT = Math.ceil(START / DAY) * DAY;

const talks = (time: number, to = CLOUD) => visit(CAMERA, to, time, { host: 'api.vendor.example' });
/** Twelve days with a few contacts each. */
const usualDays = (count = 12) =>
  Array.from({ length: count }, (_, day) =>
    [1, 7, 13, 19].flatMap((hour) => talks(MIDNIGHT + day * DAY + hour * HOUR)),
  ).flat();
/** A neighbour asks the camera 25 times on one day; each answer takes `delay` ms. */
const asked = (day: number, delay: number): CapturedFrame[] =>
  Array.from({ length: 25 }, (_, i) =>
    tcpConversation({
      client: at(TELEVISION, TELEVISION.ip, 30_000 + day * 25 + i),
      server: at(CAMERA, CAMERA.ip, 80),
      time: MIDNIGHT + day * DAY + 9 * HOUR + i * MINUTE,
      isn: (day * 25 + i + 1) * 3_000_017,
      step: delay,
      outcome: 'connected',
    }),
  ).flat();
const news = { kind: 'backend_new', device: BRIDGE.mac } as const;
const known = () => visit(BRIDGE, CLOUD, START, { host: 'api.known.example' });
const symptom = { kind: 'symptom', device: CAMERA.mac, severity: 'info', alerts: [] } as const;

export const HABIT_CASES: readonly Case[] = [
  {
    name: 'backends: a new domain after the first week',
    frames: () => [known(), visit(BRIDGE, '198.51.100.10', START + 8 * DAY, { host: 'api.strange.example' })],
    expect: [{ ...news, severity: 'info', evidence: { backend: 'strange.example' }, alerts: ['opened'] }],
  },
  {
    name: 'backends: a new address that nothing names',
    frames: () => [known(), visit(BRIDGE, '198.51.100.12', START + 8 * DAY)],
    expect: [{ ...news, severity: 'medium', evidence: { backend: '198.51.100.12' } }],
  },
  {
    name: 'backends: a new update server',
    frames: () => [known(), visit(BRIDGE, '198.51.100.13', START + 8 * DAY, { host: UPDATE_HOST })],
    expect: [{ ...news, severity: 'medium', evidence: { backend: 'meethue.com', role: 'update' } }],
  },
  {
    name: 'backends: a new store of plugins',
    frames: () => [known(), visit(BRIDGE, '198.51.100.14', START + 8 * DAY, { host: 'repo.newplugins.example' })],
    expect: [{ ...news, severity: 'medium', evidence: { backend: 'newplugins.example', role: 'store' } }],
  },
  {
    name: 'updates: a device that asked for none in forty days',
    frames: () => [
      visit(BRIDGE, CLOUD, START, { host: UPDATE_HOST }),
      ...Array.from({ length: 40 }, (_, day) => dhcpRequest(BRIDGE.mac, [[12, 'bridge']], START + (day + 1) * DAY)),
    ],
    expect: [
      {
        kind: 'updates_overdue',
        device: BRIDGE.mac,
        severity: 'low',
        evidence: { backend: 'meethue.com' },
        alerts: ['opened'],
      },
    ],
  },
  {
    name: 'symptoms: many connections to many addresses within an hour',
    frames: () =>
      [
        usualDays(),
        ...Array.from({ length: 100 }, (_, i) =>
          talks(MIDNIGHT + 12 * DAY + 10 * HOUR + i * 30_000, `198.51.100.${i}`),
        ),
      ].flat(),
    expect: [
      { ...symptom, evidence: { measure: 'connections', usual: 1 } },
      { ...symptom, evidence: { measure: 'destinations', usual: 1 } },
    ],
  },
  {
    name: 'symptoms: always on',
    frames: () =>
      [
        usualDays(),
        ...Array.from({ length: 288 }, (_, i) => talks(MIDNIGHT + 12 * DAY + i * 5 * MINUTE)),
        talks(MIDNIGHT + 13 * DAY + HOUR),
      ].flat(),
    expect: [{ ...symptom, evidence: { measure: 'always-on' } }],
  },
  {
    name: 'symptoms: slower than usual',
    frames: () => [usualDays(10), ...Array.from({ length: 11 }, (_, day) => asked(day, day < 10 ? 5 : 250))].flat(),
    expect: [{ ...symptom, evidence: { measure: 'slow', value: 250, usual: 5 } }],
  },
];
