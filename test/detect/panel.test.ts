// Which detector hears what, in which order, and what becomes of what it finds.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Way } from '../../sensor/attribute/connection.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import type { Detector, DetectorFactory, Surroundings } from '../../sensor/detect/detector.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { DeviceMemory } from '../../sensor/detect/memory.ts';
import { DetectorPanel } from '../../sensor/detect/panel.ts';
import { CAMERA, FRIDGE, GATEWAY, START } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, surroundings } from '../support/surroundings.ts';

const EVENTS = [
  ...['appeared', 'opened', 'settled', 'named', 'segment', 'tunnelled', 'received', 'ended', 'dns', 'datagram'],
  ...['tick', 'idle', 'moveTime', 'finish'],
] as const;

let around: Around;
let heard: string[];
let given: Surroundings[];
let camera: Device;

beforeEach(() => {
  around = surroundings();
  heard = [];
  given = [];
  camera = deviceIn(around, CAMERA);
});

/** Hears all there is, and tells what. */
function listener(name: string, more: Partial<Detector> = {}): DetectorFactory {
  return (surrounded) => {
    given.push(surrounded);
    const methods = EVENTS.map((event) => [
      event,
      (...said: unknown[]) => heard.push(`${name} ${event} ${said.length}`),
    ]);
    return { name, ...Object.fromEntries(methods), ...more } as Detector;
  };
}

const deaf = (name: string, more: Partial<Detector> = {}): DetectorFactory => {
  return (surrounded) => {
    given.push(surrounded);
    return { name, ...more };
  };
};

function finding(device: Device | null, more: Partial<Finding> = {}): Finding {
  const nothing = { destination: null, evidence: {}, first: {}, add: {} };
  const what = { kind: 'exposed', severity: 'high', portClass: '25', time: START, effect: 'opens' } as const;
  return { ...what, device: device?.mac ?? null, ...nothing, ...more };
}

const connection = (way: Way | null) =>
  connectionBetween(CAMERA, { mac: GATEWAY.mac, ip: '203.0.113.9' }, 443, { way });
type Segment = Parameters<DetectorPanel['segment']>[2];

/** Everything once, with a connection that goes this way. */
function play(panel: DetectorPanel, way: Way | null): string[] {
  heard.length = 0;
  const about = connection(way);
  panel.opened(camera, about, START);
  panel.settled(camera, about, START);
  panel.named(camera, about, START, null);
  panel.segment(camera, about, {} as Partial<Segment> as Segment, 'originator', START);
  panel.tunnelled(camera, about, START);
  panel.received(camera, about, START);
  panel.ended(camera, about, START);
  return [...heard];
}

const OF_CONNECTIONS = [...['opened 3', 'settled 3', 'named 4', 'segment 5', 'tunnelled 3', 'received 3', 'ended 3']];

describe('of a connection hears', () => {
  it('who wants its way; those to the Internet where it does not say', () => {
    const factories = [
      listener('usual'),
      listener('inner', { ways: ['local', 'inbound'] }),
      listener('all', { ways: ['outbound', 'inbound', 'local'] }),
      deaf('deaf'),
    ];
    const panel = new DetectorPanel(factories, around, () => true);
    const by = (...names: string[]) => OF_CONNECTIONS.flatMap((event) => names.map((name) => `${name} ${event}`));
    expect(play(panel, 'outbound')).toEqual(by('usual', 'all'));
    expect(play(panel, 'inbound')).toEqual(by('inner', 'all'));
    expect(play(panel, 'local')).toEqual(by('inner', 'all'));
    expect(play(panel, null)).toEqual([]);
  });
});

it('of everything else hears who can', () => {
  const panel = new DetectorPanel([listener('a'), deaf('deaf'), listener('b')], around, () => true);
  type Heard = Parameters<DetectorPanel['dns']>;
  const [message, packet] = [{}, {}] as unknown as [Heard[0], Heard[1]];
  panel.appeared(camera, START);
  panel.dns(message, packet, camera, START);
  panel.datagram(camera, packet, {} as unknown as Parameters<DetectorPanel['datagram']>[2], START);
  panel.tick(START);
  panel.idle();
  panel.finish(START);
  panel.moveTime({ since: START, until: START, by: 1 });
  expect(heard).toEqual(
    ['appeared 2', 'dns 4', 'datagram 4', 'tick 1', 'idle 0', 'finish 1', 'moveTime 1'].flatMap((event) => [
      `a ${event}`,
      `b ${event}`,
    ]),
  );
});

describe('a finding', () => {
  const stands: boolean[] = [];
  let recorded: [string, string | null, string | null][];

  function panelOf(...factories: DetectorFactory[]): void {
    recorded = [];
    new DetectorPanel(factories, around, (found, device) => {
      recorded.push([found.kind, found.device, device?.mac ?? null]);
      return stands.pop() ?? true;
    });
  }
  const hears = (name: string): DetectorFactory =>
    deaf(name, {
      finding: (found, device) => heard.push(`${name} ${found.device} ${device?.mac ?? null}`),
    });

  it('is recorded, and then heard by all', () => {
    panelOf(hears('a'), deaf('deaf'), hears('b'));
    given[1]?.found(finding(camera), camera);
    expect(recorded).toEqual([['exposed', CAMERA.mac, CAMERA.mac]]);
    expect(heard).toEqual([`a ${CAMERA.mac} ${CAMERA.mac}`, `b ${CAMERA.mac} ${CAMERA.mac}`]);
  });

  it('that a person has called normal is heard by nobody', () => {
    panelOf(hears('a'));
    stands.push(false);
    given[0]?.found(finding(camera), camera);
    expect([recorded.length, heard.length]).toEqual([1, 0]);
  });

  it('that somebody takes care of goes no further', () => {
    const asked: string[] = [];
    const intercepts = (name: string, takes: boolean) =>
      deaf(name, { intercepts: () => asked.push(name) > 0 && takes });
    panelOf(hears('a'), intercepts('no', false), intercepts('yes', true), intercepts('late', true));
    given[0]?.found(finding(camera), camera);
    expect([recorded, heard, asked]).toEqual([[], [], ['no', 'yes']]);
    // What is about the home is nobody's to take.
    given[0]?.found(finding(null), null);
    expect(recorded).toEqual([['exposed', null, null]]);
    expect(heard).toEqual(['a null null']);
    expect(asked).toHaveLength(2);
  });

  it('of a device that is not kept is one of nobody', () => {
    panelOf(hears('a'));
    const fridge = around.devices.seen(FRIDGE.mac, START);
    given[0]?.found(finding(fridge), fridge);
    expect(recorded).toEqual([['exposed', null, null]]);
    expect(heard).toEqual(['a null null']);
  });

  it('each has around it what the panel was given', () => {
    panelOf(deaf('a'));
    expect(given[0]).toMatchObject({ settings: around.settings });
    expect(given[0]?.devices).toBe(around.devices);
  });
});

test('what is remembered is gathered, given back and forgotten by name', () => {
  const memory = () => new DeviceMemory<{ at: number }>((value) => value as { at: number }, around.devices);
  const [one, two] = [memory(), memory()];
  const panel = new DetectorPanel(
    [deaf('a', { memory: one }), deaf('none'), deaf('b', { memory: two })],
    around,
    () => true,
  );
  one.set(CAMERA.mac, { at: START });
  two.set(CAMERA.mac, { at: START + 1 });
  const all = [
    { detector: 'a', mac: CAMERA.mac, value: { at: START } },
    { detector: 'b', mac: CAMERA.mac, value: { at: START + 1 } },
  ];
  expect(panel.takeMemory()).toEqual(all);
  expect(panel.takeMemory()).toEqual([]);
  expect(panel.allMemory()).toEqual(all);
  panel.moveTime({ since: START, until: START + 10, by: 1000 });
  expect([one.get(CAMERA.mac), two.get(CAMERA.mac)]).toEqual([{ at: START + 1000 }, { at: START + 1001 }]);
  panel.forget(CAMERA.mac);
  expect(panel.allMemory()).toEqual([]);
  panel.restore([
    ...all,
    { detector: 'gone', mac: CAMERA.mac, value: { at: 0 } },
    { detector: 'none', mac: '', value: {} },
  ]);
  expect(panel.allMemory()).toEqual(all);
});
