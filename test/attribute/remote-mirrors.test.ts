// What a remote mirror sends is judged as if it had come over the wire; what carries it is nobody's traffic.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { RemoteMirrors } from '../../sensor/attribute/remote-mirrors.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf } from '../support/hex.ts';
import { mail, ONE_MESSAGE, usual } from '../support/name-frames.ts';
import {
  arp,
  type CapturedFrame,
  ethernet,
  SENSOR,
  SWITCH,
  WRAPPINGS,
  type WrapFields,
  type Wrapping,
  wrap,
  wrapAll,
} from '../support/packet-builder.ts';
import { CAMERA, GATEWAY, MAIL_SERVER, START, Stage } from '../support/stage.ts';

const home = () => [usual(), mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue: ONE_MESSAGE })].flat();
const seenIn = (stage: Stage) => stage.devices().map(({ mac }) => mac);

/** Octets of the frames that come out. */
function opened(mirrors: RemoteMirrors, frames: readonly CapturedFrame[]): Buffer[] {
  return frames.flatMap(({ data }) => {
    const frame = frameOf(data);
    const packet = decodeFrame(frame, new DecodeCounters());
    return packet === null ? [] : mirrors.take(frame, packet).map((inner) => inner.data);
  });
}
const newMirrors = () => new RemoteMirrors(new Home([]));
const long = (first: number, length = 1514) => ({ time: 0, data: Buffer.alloc(length, first) });

describe.each(WRAPPINGS)('in %s', (wrapping) => {
  test('mail is its sender’s, once; neither switch nor sensor is a device, nor is any packet theirs', () => {
    const stage = new Stage({ sensorMac: SENSOR.mac }).play(wrapAll(home(), wrapping));
    expect(stage.incident('mail_started')).toMatchObject({
      device: CAMERA.mac,
      severity: 'critical',
      evidence: { attempts: 1, messages: 1 },
    });
    expect(seenIn(stage).sort()).toEqual([GATEWAY.mac, CAMERA.mac].sort());
    expect(stage.spine.engine.stats.packets).toBe(new Stage().play(home()).spine.engine.stats.packets);
    expect(stage.spine.engine.vantage).toBe('lan-both-ways');
  });

  test.each<[string, WrapFields]>([
    ['from a device to the Internet', { destination: '203.0.113.9' }],
    ['from the Internet', { source: '203.0.113.9' }],
    ['to a group', { destination: '239.1.1.1' }],
  ])('%s it is a tunnel, and stays closed', (_, fields) => {
    expect(opened(newMirrors(), wrapAll(home(), wrapping, fields))).toEqual([]);
  });

  test('it is opened where --home-net calls everything outside: the addresses are private all the same', () => {
    expect(opened(new RemoteMirrors(new Home(['255.255.255.255/32'])), wrap(long(1, 60), wrapping))).toHaveLength(1);
  });

  test('a frame too long for one packet comes whole out of its fragments', () => {
    for (const length of [1465, 1514, 3000])
      expect(opened(newMirrors(), wrap(long(7, length), wrapping))).toEqual([Buffer.alloc(length, 7)]);
  });
});

test.each(['vxlan', 'gre'] as const)('%s that goes both ways within the home is a tunnel', (wrapping) => {
  const there = wrap(long(1, 60), wrapping);
  const back = wrap(long(2, 60), wrapping, { source: SENSOR.ip, destination: SWITCH.ip });
  const mirrors = newMirrors();
  expect(opened(mirrors, [...there, ...back, ...there, ...back])).toHaveLength(1);
});

test('what has no addresses is of no mirror', () => {
  const asked = { operation: 'request', senderMac: CAMERA.mac, senderIp: CAMERA.ip, targetIp: GATEWAY.ip } as const;
  const question = ethernet({ source: CAMERA.mac, destination: 'ff:ff:ff:ff:ff:ff' }, arp(asked));
  expect(opened(newMirrors(), [{ time: 0, data: question }])).toEqual([]);
});

describe('fragments', () => {
  const [first, second] = wrap(long(1), 'erspan2', { identification: 9 });
  const rest = [first, second].flatMap((one) => one ?? []);

  test('whose rest does not come give the frame cut, before the next of that mirror', () => {
    const next = wrap(long(2, 60), 'erspan2');
    const frames = opened(newMirrors(), [...rest.slice(0, 1), ...next]);
    expect(frames.map(({ length }) => length)).toEqual([1480 - 16, 60]);
    const mirrors = newMirrors();
    opened(mirrors, rest.slice(0, 1));
    expect(mirrors.flush().map(({ data }) => data.length)).toEqual([1480 - 16]);
    expect(mirrors.flush()).toEqual([]);
  });

  test('of more octets than a packet can have are not put together', () => {
    const pieces = wrap(long(1, 66_500), 'erspan2', { identification: 9 });
    const mirrors = newMirrors();
    expect(opened(mirrors, pieces)).toEqual([]);
    expect(mirrors.flush().map(({ data }) => data.length)).toEqual([44 * 1480 - 16]);
    expect(opened(newMirrors(), wrap(long(1, 65_000), 'erspan2', { identification: 9 }))).toHaveLength(1);
  });

  test('that come alone, again or of another frame are left out', () => {
    const strangers = wrap(long(2), 'erspan2', { identification: 8 }).slice(1);
    expect(opened(newMirrors(), [...rest.slice(1), ...rest.slice(1)])).toEqual([]);
    expect(opened(newMirrors(), [...rest.slice(0, 1), ...strangers, ...rest.slice(1), ...rest.slice(1)])).toEqual([
      long(1).data,
    ]);
  });

  test('of many senders are bounded: the oldest is given as it is', () => {
    const mirrors = newMirrors();
    const senders = Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1}`);
    const frames = opened(
      mirrors,
      senders.flatMap((source) => wrap(long(3), 'tzsp', { source }).slice(0, 1)),
    );
    expect(frames).toHaveLength(24);
    expect(mirrors.flush()).toHaveLength(16);
  });

  test('of two mirrors at a time, whatever the lengths and the link: every frame comes out as it went in', () => {
    const anyFrame = fc.record({
      length: fc.integer({ min: 14, max: 4000 }),
      wrapping: fc.constantFrom<Wrapping>('tzsp', 'erspan1', 'erspan2', 'erspan3', 'gre', 'vxlan'),
      mtu: fc.constantFrom(576, 1500, 9000),
      mirror: fc.constantFrom('192.168.1.5', '10.9.9.9'),
    });
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), (frames) => {
        const queues = ['192.168.1.5', '10.9.9.9'].map((mirror) =>
          frames.flatMap((one, i) => {
            const { length, mtu, wrapping } = one;
            if (one.mirror !== mirror) return [];
            return wrap({ time: 0, data: Buffer.alloc(length, i + 1) }, wrapping, {
              source: mirror,
              mtu,
              identification: i + 1,
            });
          }),
        );
        const mixed = Array.from({ length: Math.max(...queues.map((queue) => queue.length)) }, (_, i) =>
          queues.flatMap((queue) => queue[i] ?? []),
        ).flat();
        const mirrors = newMirrors();
        const out = [...opened(mirrors, mixed), ...mirrors.flush().map(({ data }) => data)];
        const sorted = (list: Buffer[]) => list.map((data) => data.toString('hex')).sort();
        expect(sorted(out)).toEqual(sorted(frames.map(({ length }, i) => Buffer.alloc(length, i + 1))));
      }),
      { numRuns: 100 },
    );
  });
});
