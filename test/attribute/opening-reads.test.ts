// How the beginning of a TCP connection is read at its bounds: pieces, repetitions, what is broken, and whose reading gives way.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { Openings } from '../../sensor/attribute/openings.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { TCP_FLAGS, type Tcp } from '../../sensor/decode/packet.ts';
import { START } from '../../sensor/self-test/frames/home.ts';
import { tlsHello } from '../support/name-frames.ts';

/** The first octet of the originator. */
const FIRST = 1001;
const HELLO = tlsHello('api.vendor.example');
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: cam/1\r\n\r\n');
const MOST = 16 * 1024;

let openings: Openings;
let counters: DecodeCounters;
let connection: Connection;
const open = (isn: number | null = FIRST - 1): Connection =>
  newConnection(null, { sourcePort: 40_000, destinationPort: 443 }, START, isn);
beforeEach(() => {
  counters = new DecodeCounters();
  openings = new Openings(counters, () => {});
  connection = open();
});
function segment(sequence: number, payload: Buffer): Tcp {
  const numbers = { sequence: sequence >>> 0, acknowledgement: 0, flags: TCP_FLAGS.psh, window: 1 };
  return { sourcePort: 40_000, destinationPort: 443, ...numbers, payload, payloadLength: payload.length };
}
/** The host that an opening names, `none` for one without, null where there is no opening. */
function take(sequence: number, payload: Buffer | string, of = connection): string | null {
  const opening = openings.tcp(of, segment(sequence, Buffer.from(payload as string)));
  return opening === null ? null : (opening.host ?? 'none');
}
const broken = (): Buffer => {
  const bytes = Buffer.from(HELLO);
  bytes.writeUInt16BE(0xffff, 43 + (bytes[43] ?? 0) + 1);
  return bytes;
};

describe('a hello', () => {
  it.each<[string, number | null, number[]]>([
    ['whole', 1000, [HELLO.length]],
    ['after an octet', 1000, [1, HELLO.length]],
    ['in three pieces', 1000, [30, 50, HELLO.length]],
    ['over the wrap of sequence numbers', 0xffff_ffd0, [20, 60, HELLO.length]],
    ['in the upper half of sequence numbers', 0x9000_0000, [20, 60, HELLO.length]],
    ['that begins with the wrap', 0xffff_ffff, [30, HELLO.length]],
    ['whose SYN was not seen', null, [50, HELLO.length]],
  ])('%s is read', (_, isn, cuts) => {
    connection = open(isn);
    const first = isn === null ? 7000 : (isn + 1) >>> 0;
    const names = cuts.map((end, n) => {
      const from = cuts[n - 1] ?? 0;
      return take(first + from, HELLO.subarray(from, end));
    });
    expect(names).toEqual([...cuts.slice(1).map(() => null), 'api.vendor.example']);
    expect(connection.openingRead).toBe(true);
  });

  it('whose first segment comes again is read on, with what came meanwhile', () => {
    const piece = (from: number, to: number) => take(FIRST + from, HELLO.subarray(from, to));
    expect([piece(0, 30), piece(50, 500), piece(0, 30)]).toEqual([null, null, null]);
    expect(piece(30, 50)).toBe('api.vendor.example');
  });

  it.each([
    [64, 'api.vendor.example'],
    [66, null],
  ])('holds 32 pieces before a gap: single octets up to %i', (last, expected) => {
    const octet = (n: number) => take(FIRST + n, HELLO.subarray(n, n + 1));
    for (let n = 0; n <= last; n += 2) octet(n);
    for (let n = 1; n < last; n += 2) octet(n);
    expect(take(FIRST + last + 1, HELLO.subarray(last + 1))).toBe(expected);
  });

  it.each([1000, null, 0x9000_0000])('that is broken is counted once: %s', (isn) => {
    connection = open(isn);
    expect([take((isn ?? 500) + 1, broken()), connection.openingRead]).toEqual([null, true]);
    expect(counters.toJSON()).toEqual({ 'tls.malformed': 1 });
  });
});

describe('a request', () => {
  it('is read as soon as its host is known', () => {
    expect(take(FIRST, 'GET / HTTP/1.1\r\nHost: a.example\r\nUser-Ag')).toBe('a.example');
    connection = open();
    expect([take(FIRST, 'GET / HTTP/1.1\r\nHost: a.exa'), connection.openingRead]).toEqual([null, false]);
    expect(take(FIRST + 27, 'mple\r\n')).toBe('a.example');
    connection = open();
    expect(take(FIRST, 'GET / HTTP/1.0\r\n\r\n')).toBe('none');
  });

  it('whose line is not whole is waited for', () => {
    for (const end of [5, 10, 15]) {
      connection = open();
      expect([take(FIRST, REQUEST.subarray(0, end)), connection.openingRead]).toEqual([null, false]);
      expect(take(FIRST + end, REQUEST.subarray(end))).toBe('a.example');
    }
    expect(counters.toJSON()).toEqual({});
  });

  it('of a kept connection is read in one segment or not at all', () => {
    take(FIRST, REQUEST);
    expect([take(FIRST + 500, 'GET / HT'), connection.openingRead]).toEqual([null, true]);
    expect(take(FIRST + 508, 'TP/1.1\r\nHost: b.example\r\n\r\n')).toBeNull();
  });
});

describe('what is neither', () => {
  it('is known by eight octets', () => {
    expect([take(FIRST, 'SSH-2.0'), connection.openingRead]).toEqual([null, false]);
    connection = open(null);
    expect([take(7000, 'SSH-2.0-'), connection.openingRead]).toEqual([null, true]);
    connection = open();
    expect([take(FIRST, 'SSH-2.0-'), connection.openingRead]).toEqual([null, true]);
    // What follows, be it short, is looked at for a beginning and nothing else.
    for (const text of ['x', 'GET', 'SSH-2.0-x\r\n'])
      expect([take(FIRST + 8, text), connection.openingRead]).toEqual([null, true]);
  });

  it('takes nothing away from what is read, nor does what is read whole: 1,024 beginnings are', () => {
    const [begin, end] = [HELLO.subarray(0, 60), HELLO.subarray(60)];
    take(FIRST, begin);
    for (let n = 0; n < 1024; n++) {
      take(FIRST, HELLO, open());
      take(FIRST, '', open());
      const other = open();
      take(FIRST, begin, other);
      expect(take(FIRST + 60, end, other)).toBe('api.vendor.example');
    }
    expect(take(FIRST + 60, end)).toBe('api.vendor.example');
  });
});

describe('a beginning without an end', () => {
  const head = 'GET / HTTP/1.1\r\nA: ';

  it.each([
    [MOST - 1, false],
    [MOST, true],
    [MOST + 1, true],
  ])('of %i octets in one segment is given up: %s', (length, isOver) => {
    const endless = Buffer.concat([Buffer.from(head), Buffer.alloc(length - head.length, 'x')]);
    expect([take(FIRST, endless), connection.openingRead]).toEqual([null, isOver]);
  });
});
