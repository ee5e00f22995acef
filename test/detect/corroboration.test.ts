// Two signs of one device within a day: what is said of its mail, once for each sign, and what remains over a restart.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { CorroborationDetector } from '../../sensor/detect/corroboration.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { CAMERA, DAY, FRIDGE, MINUTE, SECOND, START } from '../support/stage.ts';

let devices: DeviceTable;
let detector: CorroborationDetector;
let told: { finding: Finding; device: Device | null }[];
let camera: Device;

function fresh(): void {
  told = [];
  detector = new CorroborationDetector({ devices, found: (finding, device) => told.push({ finding, device }) });
}

function keptDevice(mac: string): Device {
  const device = devices.seen(mac, START);
  if (device === null) throw new Error(`no interface has ${mac}`);
  devices.keep(device);
  return device;
}

beforeEach(() => {
  devices = new DeviceTable();
  camera = keptDevice(CAMERA.mac);
  fresh();
});

function finding(kind: Finding['kind'], time: number, more: Partial<Finding> = {}): Finding {
  const nothing = { destination: null, evidence: {}, first: {}, add: {} };
  return { kind, severity: 'high', device: CAMERA.mac, portClass: '25', time, effect: 'opens', ...nothing, ...more };
}

const hears = (kind: Finding['kind'], time: number, more: Partial<Finding> = {}, device: Device | null = camera) =>
  detector.finding(finding(kind, time, more), device);
const said = () => told.map(({ finding: { evidence, kind, portClass } }) => [kind, portClass, evidence.supportedBy]);

test('all that is said of mail beside a lookup', () => {
  camera.lookups.mx = 3;
  camera.lookups.dnsbl = 1;
  const about = {};
  hears('mail_started', START, { about });
  hears('mail_lookup', START + MINUTE);
  expect(told).toEqual([
    {
      device: camera,
      finding: {
        kind: 'mail_started',
        portClass: '25',
        device: CAMERA.mac,
        time: START + MINUTE,
        effect: 'updates',
        about,
        destination: null,
        severity: 'critical',
        stage: 'corroborated',
        absorbs: 'mail_lookup',
        evidence: { supportedBy: ['mail_lookup'], lookups: { mx: 3, dnsbl: 1 } },
        first: {},
        add: {},
      },
    },
  ]);
});

test('an open door raises it, a symptom only joins it; each bears its own time', () => {
  hears('exposed', START, { severity: 'medium' });
  hears('symptom', START + SECOND, { severity: 'info' });
  hears('submission_started', START + MINUTE, { portClass: 'submission' });
  expect(told.map((one) => one.finding)).toEqual([
    expect.objectContaining({
      kind: 'submission_started',
      severity: 'critical',
      stage: 'corroborated',
      evidence: { supportedBy: ['exposed'], exposedAt: new Date(START).toISOString() },
    }),
    expect.objectContaining({
      severity: 'info',
      evidence: { supportedBy: ['exposed', 'symptom'], symptomAt: new Date(START + SECOND).toISOString() },
    }),
  ]);
  for (const one of told) for (const key of ['absorbs', 'about']) expect(one.finding).not.toHaveProperty(key);
  expect(told[1]?.finding).not.toHaveProperty('stage');
});

describe('a day apart', () => {
  it.each([
    ['mail just within a day after the sign', ['mail_lookup', START], ['mail_started', START + DAY], 1],
    ['mail later than that', ['mail_lookup', START], ['mail_started', START + DAY + 1], 0],
    ['a sign just within a day after the mail', ['mail_started', START], ['exposed', START + DAY], 1],
    ['a sign later than that', ['mail_started', START], ['exposed', START + DAY + 1], 0],
    ['a clock that was set back', ['mail_lookup', START + DAY], ['mail_started', START], 1],
    ['set back further', ['mail_lookup', START + DAY + 1], ['mail_started', START], 0],
  ] as const)('%s', (_, [first, at], [second, then], count) => {
    hears(first, at);
    hears(second, then);
    expect(told).toHaveLength(count);
  });
});

describe('of one sign', () => {
  it('is told once a story, but a further lookup joins it', () => {
    hears('exposed', START);
    hears('mail_lookup', START);
    for (const minute of [1, 2, 3]) hears('mail_started', START + minute * MINUTE);
    expect(said()).toEqual([
      ['mail_started', '25', ['mail_lookup']],
      ['mail_started', '25', ['exposed', 'mail_lookup']],
    ]);
    hears('exposed', START + 5 * MINUTE);
    expect(told).toHaveLength(2);
    hears('mail_lookup', START + 6 * MINUTE);
    expect(told).toHaveLength(3);
    expect(told[2]?.finding.evidence).toMatchObject({ supportedBy: ['exposed', 'mail_lookup'] });
  });

  it('is told again of mail a day after the last', () => {
    hears('exposed', START);
    hears('mail_started', START + MINUTE);
    hears('mail_started', START + MINUTE + DAY);
    hears('exposed', START + 2 * DAY);
    expect(told).toHaveLength(1);
    hears('mail_started', START + MINUTE + 2 * DAY + 1);
    expect(said()).toEqual([
      ['mail_started', '25', ['exposed']],
      ['mail_started', '25', ['exposed']],
    ]);
  });

  it('is told of each port class by itself', () => {
    hears('mail_started', START);
    hears('mail_started', START, { portClass: 'odd' });
    hears('submission_started', START, { portClass: 'submission' });
    hears('exposed', START + SECOND);
    expect(said().map(([kind, portClass]) => `${kind} ${portClass}`)).toEqual([
      'mail_started 25',
      'mail_started odd',
      'submission_started submission',
    ]);
  });
});

test('what proves nothing: a door of low severity, another kind, the home, what only changes, another device', () => {
  hears('mail_started', START);
  hears('exposed', START, { severity: 'low' });
  hears('backend_new', START);
  hears('exposed', START, {}, null);
  hears('exposed', START, { effect: 'updates' });
  hears('mail_lookup', START, { effect: 'state' });
  hears('exposed', START, { device: FRIDGE.mac }, keptDevice(FRIDGE.mac));
  expect(told).toEqual([]);
  hears('symptom', START, { severity: 'info' });
  expect(told).toHaveLength(1);
});

test('after a restart the same is known; the card is spared while mail goes on', () => {
  hears('mail_started', START);
  expect(detector.memory.takeChanged()).toHaveLength(1);
  hears('mail_started', START + MINUTE);
  expect(detector.memory.takeChanged()).toEqual([]);
  hears('mail_started', START + 2 * MINUTE + 1);
  expect(detector.memory.takeChanged()).toHaveLength(1);
  hears('exposed', START + 3 * MINUTE);
  const changed = detector.memory.takeChanged();
  expect(changed).toEqual([
    {
      mac: CAMERA.mac,
      value: {
        signs: { exposed: START + 3 * MINUTE },
        mail: { 'mail_started 25': { time: START + 2 * MINUTE + 1, told: ['exposed'] } },
      },
    },
  ]);
  fresh();
  for (const { mac, value } of changed) detector.memory.restore(mac, JSON.parse(JSON.stringify(value)));
  hears('mail_started', START + 4 * MINUTE);
  expect(told).toEqual([]);
  hears('mail_lookup', START + 5 * MINUTE);
  expect(said()).toEqual([['mail_started', '25', ['exposed', 'mail_lookup']]]);
  fresh();
  for (const value of [null, 3, { signs: {} }, { signs: { other: 1 }, mail: {} }, { signs: {}, mail: { '25': {} } }])
    detector.memory.restore(CAMERA.mac, value);
  expect(detector.memory.all()).toEqual([]);
});
