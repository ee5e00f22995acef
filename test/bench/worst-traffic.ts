// Builders of the traffic that worst-cases.ts lists: streams cut and mixed up, packets full of what costs most.
import { clientInitialKeys, quicVersion } from '../../sensor/decode/quic-keys.ts';
import { clientHello, extension } from '../decode/fixtures/hellos.ts';
import { cryptoFrame, sealInitial } from '../decode/fixtures/quic-sealing.ts';
import { ethernet, ipv4, tcp, u16, u32, wireName, wrapped } from '../support/packet-builder.ts';
import { conversation, datagram, GATEWAY, host, segment, THING } from './growth-cases.ts';

/** Octets of a segment as Ethernet carries it. */
export const USUAL = 1400;
export const EVERYBODY = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
export const text = (words: string) => Buffer.from(words, 'latin1');
export const greedyHello = (octets: number) =>
  clientHello(
    ...Array.from({ length: Math.floor((octets - 60) / 4) }, (_, i) => extension(0x4000 + i, Buffer.alloc(0))),
  );

/** The client's octets on one connection after another, cut to `size`, in the order that `order` gives their offsets. */
export function talks(
  times: number,
  port: number,
  says: Buffer,
  size: number,
  order: (offsets: number[]) => number[] = (offsets) => offsets,
): Buffer[] {
  return Array.from({ length: times }, (_, i) => {
    const [client, server] = [{ ...THING, port: 20_000 + i }, host(i, port)];
    const offsets = Array.from({ length: Math.ceil(says.length / size) }, (_, k) => k * size);
    return [
      ...conversation(client, server),
      ...order(offsets).map((at) => segment(client, server, 'PA', says.subarray(at, at + size), 1001 + at, 2001)),
    ];
  }).flat();
}

export const reversed = (offsets: number[]) => [...offsets].reverse();
/** Every second one first, so that as much as can be waits. */
export const gaps = (offsets: number[]) => [
  ...offsets.filter((_, i) => i % 2 === 1),
  ...offsets.filter((_, i) => i % 2 === 0),
];

/** QUIC datagrams of one client, `packets` to a datagram, of what `frames` gives for each. */
export function quic(connection: number, packets: readonly { destination: Buffer; payload: Buffer }[]): Buffer {
  const version = quicVersion(1);
  if (version === undefined) throw new Error('QUIC v1 is not known');
  const sealed = packets.map(({ destination, payload }, packetNumber) =>
    sealInitial({ keys: clientInitialKeys(version, destination), version: 1, destination, packetNumber, payload }),
  );
  const client = { ...THING, port: 1024 + (connection % 60_000) };
  return datagram(client, host(connection >> 5, 443), Buffer.concat(sealed));
}

export const id = (i: number) => Buffer.from(`conn${i.toString().padStart(8, '0')}`, 'latin1');

/** A hello's octets as fragments of `size`, in an order of their own. */
export function fragments(size: number, order: (offsets: number[]) => number[]): Buffer {
  const hello = greedyHello(1200);
  const offsets = Array.from({ length: Math.floor(240 / size) }, (_, i) => i * size);
  return Buffer.concat(order(offsets).map((at) => cryptoFrame(at, hello.subarray(at, at + size))));
}

const record = (name: Buffer, type: number, data: Buffer) =>
  Buffer.concat([name, u16(type, 1), u32(120), u16(data.length), data]);

/** A name of as many pointers as are followed, and records of which each points to it. */
export function pointers(number: number): Buffer {
  const parts = [u16(1, 0x8180, 0, 200, 0, 0), record(wireName(`a${number}`), 1, u32(1))];
  let at = 12;
  let next = Buffer.concat(parts).length;
  for (let i = 0; i < 60; i++) {
    // A label of one octet and a pointer to the name before.
    const made = record(Buffer.concat([text('\x01b'), u16(0xc000 | at)]), 1, u32(i));
    parts.push(made);
    at = next;
    next += made.length;
  }
  for (let i = 0; i < 139; i++) parts.push(record(u16(0xc000 | at), 1, u32(i)));
  return Buffer.concat(parts);
}

export function mdns(names: number, first: number): Buffer {
  const records = Array.from({ length: names }, (_, i) =>
    record(wireName(`thing-${first + i}.local`), 1, u32(first + i)),
  );
  return datagram({ ...THING, port: 5353 }, EVERYBODY, Buffer.concat([u16(0, 0x8400, 0, names, 0, 0), ...records]));
}

/** A mail dialogue in which either side says what it likes; the server's word comes after the client's. */
export function mails(times: number, rounds: number, client: (i: number) => string, server: string): Buffer[] {
  return Array.from({ length: times }, (_, i) => {
    const [from, to] = [{ ...THING, port: 30_000 + i }, host(i % 8, 25)];
    const greeting = text('220 mx ESMTP\r\n');
    const frames = [...conversation(from, to), segment(to, from, 'PA', greeting, 2001, 1001)];
    let [at, next] = [1001, 2001 + greeting.length];
    for (let round = 0; round < rounds; round++) {
      const [said, answer] = [text(client(round)), text(server)];
      frames.push(segment(from, to, 'PA', said, at, next));
      at += said.length;
      if (answer.length > 0) frames.push(segment(to, from, 'PA', answer, next, at));
      next += answer.length;
    }
    return frames;
  }).flat();
}

export const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
export const nested = (depth: number): Buffer => {
  let frame = ethernet(
    { source: THING.mac, destination: GATEWAY.mac },
    ipv4({ source: THING.ip, destination: '192.0.2.1' }, tcp({ sourcePort: 1, destinationPort: 25, flags: 'S' })),
  );
  for (let i = 0; i < depth; i++)
    frame = ethernet(
      { source: THING.mac, destination: GATEWAY.mac },
      ipv4({ source: THING.ip, destination: GATEWAY.ip }, wrapped(frame, i % 2 === 0 ? 'vxlan' : 'gre')),
    );
  return frame;
};

/** To the router itself, where ports are opened. */
export function toGateway(frame: Buffer): Buffer {
  const made = Buffer.from(frame);
  const own = Buffer.from(GATEWAY.ip.split('.').map(Number));
  // Source or destination, whichever is a host on the Internet.
  for (const at of [26, 30]) if (made[at] !== 192) own.copy(made, at);
  return made;
}
