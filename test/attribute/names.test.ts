// What a destination is called, per device: its own hello, its own answers, another device's answers, labelled, or nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordedHellos } from '../decode/fixtures/hellos.ts';
import { answered, datagram, dnsAnswer, tlsHello, visit } from '../support/name-frames.ts';
import { type CapturedFrame, tcpConversation } from '../support/packet-builder.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MINUTE, outside, SECOND, START, Stage, TELEVISION } from '../support/stage.ts';

const CDN = '198.51.100.80';
const CDN6 = '2001:db8:cd::80';

/** Backends of a device as `name from[*]`, the star for a name from another device. */
function named(stage: Stage, host: { mac: string }): string[] {
  return stage
    .device(host)
    .backends.map(({ name, nameFrom, otherDevice }) => `${name} ${nameFrom.join('+')}${otherDevice ? '*' : ''}`);
}

test('two devices resolve different names to one CDN address: each has its own; a third that never asked has none of its own', () => {
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'fw.camera-vendor.example', [CDN], START),
    answered(FRIDGE, 'api.fridge-vendor.example', [CDN], START + SECOND),
    visit(CAMERA, CDN, START + MINUTE),
    visit(FRIDGE, CDN, START + MINUTE),
    visit(TELEVISION, CDN, START + MINUTE),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['camera-vendor.example dns']);
  expect(named(stage, FRIDGE)).toEqual(['fridge-vendor.example dns']);
  expect(named(stage, TELEVISION)).toEqual(['fridge-vendor.example dns*']);
});

test('the name in its own hello goes before what DNS says, over IPv6 as well', () => {
  const stage = new Stage();
  const camera = { mac: CAMERA.mac, ip: CAMERA.ip6 };
  stage.play(
    answered(CAMERA, 'alias.example', [CDN6], START),
    visit(camera, CDN6, START + MINUTE, { host: 'real.vendor.example' }),
    visit(camera, CDN6, START + 2 * MINUTE),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['alias.example dns', 'vendor.example sni']);
});

test('an answer holds for ten minutes though its TTL is a second, and no longer', () => {
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'short.vendor.example', [CDN], START, 1),
    visit(CAMERA, CDN, START + 9 * MINUTE),
    visit(CAMERA, CDN, START + 11 * MINUTE),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual([`${CDN} `, 'vendor.example dns']);
});

test('a TTL of a hundred years ends after a week', () => {
  const stage = new Stage();
  const week = 7 * 24 * HOUR;
  stage.play(
    answered(CAMERA, 'long.vendor.example', [CDN], START, 0x7fff_ffff),
    visit(CAMERA, CDN, START + week - MINUTE),
    visit(CAMERA, CDN, START + week + MINUTE),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual([`${CDN} `, 'vendor.example dns']);
});

test('the name asked for is kept over a chain of CNAMEs; an address outside the chain is not named', () => {
  const stage = new Stage();
  const chain = ['x.edge.cdn.example', 'y.pop.cdn.example'];
  const resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
  const bytes = dnsAnswer('fw.vendor.example', [CDN], 300, chain);
  stage.play(datagram(resolver, { ...CAMERA, port: 40_000 }, bytes, START), visit(CAMERA, CDN, START + SECOND));
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['vendor.example dns']);
});

/** The DNS server answers over TCP, on the ports given, in pieces. */
function overTcp(bytes: Buffer, time: number, isn: number): CapturedFrame[] {
  const length = Buffer.from([bytes.length >> 8, bytes.length & 255]);
  const stream = Buffer.concat([length, bytes]);
  const pieces = [stream.subarray(0, 1), stream.subarray(1, 20), stream.subarray(20)];
  return tcpConversation({
    client: { ...CAMERA, port: 41_000 },
    server: { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 },
    time,
    isn,
    outcome: 'connected',
    dialogue: pieces.map((piece) => ({ from: 'S' as const, bytes: piece })),
  });
}

test('DNS over TCP names as well, in pieces, and again on the same ports', () => {
  const stage = new Stage();
  stage.play(
    overTcp(dnsAnswer('one.vendor.example', [CDN]), START, 7_000),
    overTcp(dnsAnswer('two.other.example', ['198.51.100.81']), START + MINUTE, 2_000_000_000),
    visit(CAMERA, CDN, START + 2 * MINUTE),
    visit(CAMERA, '198.51.100.81', START + 2 * MINUTE),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['other.example dns', 'vendor.example dns']);
});

test('of a DNS connection without its beginning each message is read once, also where an earlier segment comes late', () => {
  const messages = ['early.one.example', 'mid.two.example', 'last.three.example'].map((name, i) => {
    const answer = dnsAnswer(name, [`198.51.100.${90 + i}`]);
    return Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]);
  });
  const ends = { client: { ...CAMERA, port: 41_000 }, server: { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 } };
  const dialogue = messages.map((bytes) => ({ from: 'S' as const, bytes }));
  const [first, second, third] = tcpConversation({ ...ends, time: START, outcome: 'connected', dialogue }).filter(
    ({ data }) => data.includes('example'),
  );
  if (!first || !second || !third) throw new Error('three answers are three segments');
  const stage = new Stage();
  // Of the second message the first segment is seen; the first message comes behind it, then both again.
  for (const [i, frame] of [second, first, second, third].entries()) stage.send({ ...frame, time: START + i });
  stage.play([90, 91, 92].flatMap((last) => visit(CAMERA, `198.51.100.${last}`, START + MINUTE)));
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(expect.arrayContaining(['three.example dns', 'two.example dns']));
});

test('a connection whose SYN was not captured is named by its hello, and is no longer one when it has none', () => {
  const stage = new Stage();
  stage.play(visit(CAMERA, CDN, START, { host: 'late.vendor.example' }).slice(3), visit(FRIDGE, CDN, START).slice(2));
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['vendor.example sni']);
  expect(named(stage, FRIDGE)).toEqual([]);
});

test('the outer name of an Encrypted Client Hello is kept and flagged', () => {
  const stage = new Stage();
  stage.play(visit(CAMERA, CDN, START, { host: 'public.cdn.example', ech: true }));
  stage.finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ name: 'cdn.example', outerName: true, nameFrom: ['sni'] }]);
});

test('a hello over three segments, the last one first, is put together', () => {
  const hello = tlsHello('pieces.vendor.example');
  const third = Math.ceil(hello.length / 3);
  const frames = tcpConversation({
    client: { ...CAMERA, port: 42_000 },
    server: outside(CDN, 443),
    time: START,
    step: 1,
    outcome: 'connected',
    dialogue: [0, 1, 2].map((i) => ({ from: 'C' as const, bytes: hello.subarray(i * third, (i + 1) * third) })),
  });
  const isPiece = ({ data }: CapturedFrame) =>
    data.length > 60 && data.subarray(6, 12).toString('hex') === 'a4cf1299beef';
  const pieces = frames.filter(isPiece);
  const rest = frames.filter((frame) => !pieces.includes(frame));
  const stage = new Stage();
  stage.play(
    rest.slice(0, 3),
    pieces.map((frame, i) => ({ ...frame, time: START + 10 - i })),
    rest.slice(3).map((frame) => ({ ...frame, time: START + 20 })),
  );
  stage.finish();
  expect(named(stage, CAMERA)).toEqual(['vendor.example sni']);
});

test('a QUIC hello over two datagrams is one connection to the named backend; half a hello is one to the address', () => {
  const [whole, half] = recordedHellos('quic-hellos.json').map(({ bytes }) => bytes);
  const send = (port: number, bytes: Buffer[] = [], time: number) =>
    bytes.map((payload, i) => datagram({ ...CAMERA, port }, outside(CDN, 443), payload, time + i));
  const stage = new Stage();
  stage.play(send(41_000, whole, START), send(41_001, half?.slice(0, 1), START + MINUTE));
  stage.finish();
  const seen = stage.device(CAMERA).backends.map(({ name, connections, bytesUp }) => [name, connections, bytesUp]);
  const octets = (bytes: Buffer[] = []) => Buffer.concat(bytes).length;
  expect(seen).toEqual([
    [CDN, 1, octets(half?.slice(0, 1))],
    ['plug.example', 1, octets(whole)],
  ]);
});

test("the bare address as an HTTP request's host is no name, only what was asked for", () => {
  const request = `GET / HTTP/1.1\r\nHost: ${CDN}\r\n\r\n`;
  const frames = tcpConversation({
    client: { ...CAMERA, port: 42_000 },
    server: outside(CDN, 80),
    time: START,
    outcome: 'connected',
    dialogue: [{ from: 'C', bytes: Buffer.from(request) }],
  });
  const stage = new Stage().play(frames);
  stage.finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ name: CDN, hosts: [CDN], nameFrom: [] }]);
});

test('whatever the order of answers and connections, no device has as its own a name that it was not given', () => {
  const hosts = [CAMERA, FRIDGE, TELEVISION];
  const ips = ['198.51.100.1', '198.51.100.2', CDN6];
  const step = fc.record({
    who: fc.nat({ max: hosts.length - 1 }),
    ip: fc.nat({ max: ips.length - 1 }),
    what: fc.constantFrom('answer', 'visit'),
    wait: fc.integer({ min: 1, max: 8 * MINUTE }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const stage = new Stage();
      let time = START;
      for (const [i, { ip, wait, what, who }] of steps.entries()) {
        time += wait;
        const host = hosts[who] ?? CAMERA;
        const address = ips[ip] ?? CDN;
        const from = { mac: host.mac, ip: address.includes(':') ? host.ip6 : host.ip };
        if (what === 'visit') stage.play(visit(from, address, time));
        // Each name says whom it was given to.
        else stage.play(answered(host, `n${i}.given-to-${who}.example`, [address], time));
      }
      stage.finish();
      for (const [who, host] of hosts.entries()) {
        const device = stage.spine.engine.devices.get(host.mac);
        for (const backend of device?.backends.values() ?? []) {
          if (backend.nameFrom.includes('dns')) expect(backend.name).toBe(`given-to-${who}.example`);
          if (backend.name.startsWith('given-to-') && backend.name !== `given-to-${who}.example`)
            expect(backend.nameFrom).toEqual(['dns-other']);
        }
      }
    }),
    { numRuns: 40 },
  );
});
