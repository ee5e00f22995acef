// From where the sensor looks, told from frames alone.
import { expect, test } from 'vitest';
import { Home } from '../../sensor/attribute/home.ts';
import { VantageJudge } from '../../sensor/attribute/vantage.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { frameOf } from '../support/hex.ts';
import { ethernet, ipv4, tcp, udp } from '../support/packet-builder.ts';

const CAMERA = '24:0a:c4:10:00:01';
const ROUTER = '00:0d:b9:10:00:fe';
const EVERYONE = 'ff:ff:ff:ff:ff:ff';

function judge(frames: Buffer[], sensorMac: string | null = null): string {
  const judged = new VantageJudge(new Home([]), sensorMac);
  for (const data of frames) {
    const packet = decodeFrame(frameOf(data, { time: 0 }), new DecodeCounters());
    if (packet !== null) judged.observe(packet);
  }
  return judged.judge();
}

const segment = (source: string, destination: string, from: string, to: string, flags: string): Buffer =>
  ethernet(
    { source, destination },
    ipv4({ source: from, destination: to }, tcp({ sourcePort: 40000, destinationPort: 25, flags })),
  );
const datagram = (source: string, destination: string, from: string, to: string): Buffer =>
  ethernet(
    { source, destination },
    ipv4({ source: from, destination: to }, udp({ sourcePort: 53, destinationPort: 53 }, Buffer.from('x'))),
  );

const SYN = segment(CAMERA, ROUTER, '192.168.1.5', '203.0.113.25', 'S');
const ANSWER = segment(ROUTER, CAMERA, '203.0.113.25', '192.168.1.5', 'SA');

test('no frame, only broadcasts, only our own', () => {
  expect(judge([])).toBe('nothing');
  expect(judge([datagram(CAMERA, EVERYONE, '192.168.1.5', '192.168.1.255')])).toBe('broadcast-only');
  expect(judge([SYN, ANSWER], CAMERA)).toBe('own-traffic-only');
});

test('one direction, and both', () => {
  expect(judge([SYN, SYN])).toBe('lan-one-way');
  expect(judge([SYN, ANSWER])).toBe('lan-both-ways');
});

test('an unanswered SYN does not hide that the router answers in other ways', () => {
  const asked = datagram(CAMERA, ROUTER, '192.168.1.5', '192.168.1.1');
  const told = datagram(ROUTER, CAMERA, '192.168.1.1', '192.168.1.5');
  expect(judge([asked, told, SYN])).toBe('lan-both-ways');
});

test('public addresses on both ends: the wrong side of the router', () => {
  const frames = Array.from({ length: 30 }, (_, n) =>
    segment(ROUTER, '02:00:00:00:00:09', '198.51.100.7', `203.0.113.${n}`, 'S'),
  );
  expect(judge(frames)).toBe('wan-side');
});
