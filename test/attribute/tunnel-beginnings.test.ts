// How a connection through a proxy may begin, octet by octet at its bounds, and which answers belong to it.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { Tunnels } from '../../sensor/attribute/tunnels.ts';
import { TCP_FLAGS, type Tcp } from '../../sensor/decode/packet.ts';
import { START } from '../../sensor/self-test/frames/home.ts';
import { connect, octets, socks4, socks5 } from '../support/packet-builder.ts';

/** The device's first octet, and the server's. */
const CLIENT = 1001;
const SERVER = 2001;

let tunnels: Tunnels;
let connection: Connection;
let asked: string[];
const open = (isn: number | null = CLIENT - 1): Connection =>
  newConnection(null, { sourcePort: 40_000, destinationPort: 1080 }, START, isn);
beforeEach(() => {
  asked = [];
  tunnels = new Tunnels((name) => {
    asked.push(name);
    return null;
  });
  connection = open();
});
function segment(sequence: number, payload: Buffer, flags: number = TCP_FLAGS.psh): Tcp {
  const numbers = { sequence, acknowledgement: 0, flags, window: 1 };
  return { sourcePort: 40_000, destinationPort: 1080, ...numbers, payload, payloadLength: payload.length };
}
const asks = (sequence: number, payload: Buffer, flags?: number): boolean =>
  tunnels.take(connection, segment(sequence, payload, flags), 'originator');
const answers = (sequence: number, payload: Buffer): boolean =>
  tunnels.take(connection, segment(sequence, payload), 'responder');
const said = (lines: readonly { bytes: Buffer }[]): [Buffer, Buffer] => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = lines.map(({ bytes }) => bytes);
  return [first, second];
};
/** SOCKS 5 all at once: so many ways to log in, a request, and octets that follow. */
const greeting = (methods: number, host: string, more = 0): Buffer =>
  octets(
    'C',
    5,
    methods,
    ...Array.from({ length: methods }, () => 0),
    5,
    1,
    0,
    3,
    host.length,
    host,
    0,
    25,
    'x'.repeat(more),
  ).bytes;

describe('a beginning', () => {
  it.each<[string, Buffer, boolean]>([
    ['of SOCKS 4 of eight octets', octets('C', 4, 1, 0, 25, 198, 51, 100, 7).bytes, true],
    ['of seven', octets('C', 4, 1, 0, 25, 198, 51, 100).bytes, false],
    ['that binds', octets('C', 4, 2, 0, 25, 198, 51, 100, 7).bytes, false],
    ['that does something else', octets('C', 4, 0, 0, 25, 198, 51, 100, 7).bytes, false],
  ])('%s is waited for: %s', (_, bytes, isOne) => {
    expect(asks(CLIENT, bytes)).toBe(false);
    asks(CLIENT + bytes.length, octets('C', 'u', 0).bytes);
    expect(connection.inner?.via === 'socks4').toBe(isOne);
    // What is no beginning is not held: the same octets in one piece begin anew.
    if (!isOne) expect(asks(CLIENT, said(socks4('198.51.100.7', 25))[0])).toBe(true);
  });

  it('of SOCKS 5 has three octets and more, up to the longest greeting and request', () => {
    const host = ['h', 'i', 'j'].map((letter) => letter.repeat(63)).join('.');
    expect(asks(CLIENT, octets('C', 5, 1, 0).bytes)).toBe(false);
    expect(asks(CLIENT + 3, greeting(1, 'b.example').subarray(3))).toBe(true);
    connection = open();
    expect(asks(CLIENT, octets('C', 5, 1).bytes)).toBe(false);
    expect(asks(CLIENT + 2, greeting(1, 'b.example').subarray(2))).toBe(false);
    const whole = greeting(255, host).length;
    connection = open();
    expect(asks(CLIENT, greeting(255, host, 557 - whole))).toBe(true);
    expect(connection.inner).toMatchObject({ host, port: 25, via: 'socks5', clientNext: CLIENT + whole });
    connection = open();
    expect(asks(CLIENT, greeting(255, host, 558 - whole))).toBe(false);
  });

  it.each([
    ['CONNECT b.example:587 HTTP/1.1\r\n\r\n', true],
    ['CONNECT\tb.example:587 HTTP/1.1\r\n\r\n', false],
    ['GET b.example:587 HTTP/1.1\r\n\r\n', false],
    ['cONNECTx b.example:587 HTTP/1.1\r\n\r\n', false],
    ['\u0003ONNECT b.example:587 HTTP/1.1\r\n\r\n', false],
  ])('of HTTP is a CONNECT: %j', (text, isOne) => {
    expect(asks(CLIENT, Buffer.from(text, 'latin1'))).toBe(isOne);
  });

  it('is asked for its address where it has a name alone', () => {
    asks(CLIENT, said(connect('b.example', 587))[0]);
    connection = open();
    asks(CLIENT, said(connect('2001:db8::7', 587))[0]);
    connection = open();
    asks(CLIENT, said(socks4('198.51.100.7', 25))[0]);
    expect([asked, connection.inner?.ip]).toEqual([['b.example'], '198.51.100.7']);
  });

  it('is one of the connection’s first octet, and only where nothing is known of the inside yet', () => {
    const [request] = said(connect('b.example', 587));
    expect([asks(CLIENT - 1, request), asks(CLIENT + 1, request)]).toEqual([false, false]);
    asks(CLIENT, request);
    const { inner } = connection;
    // What the server says is no question, whatever its sequence number.
    const other = open();
    tunnels.take(other, segment(CLIENT, request), 'responder');
    expect(tunnels.take(other, segment(CLIENT, request), 'originator')).toBe(true);
    expect(tunnels.take(other, segment(SERVER, said(connect('x', 1))[1]), 'responder')).toBe(true);
    tunnels.end(connection);
    expect([asks(CLIENT, request), connection.inner === inner]).toEqual([false, true]);
    // With data in the SYN, which takes a number of its own; and where no SYN was seen.
    connection = open();
    expect(asks(CLIENT - 1, request, TCP_FLAGS.syn)).toBe(true);
    connection = open(null);
    expect(asks(0xffff_fff0, request)).toBe(true);
    expect(connection.inner?.clientNext).toBe(request.length - 16);
    connection = open(0xffff_ffff);
    expect(asks(0, request)).toBe(true);
    connection = open(0x9000_0000);
    expect(asks(0x9000_0001, request)).toBe(true);
  });

  it('that becomes something else is given up, and the server is heard no more', () => {
    asks(CLIENT, octets('C', 5, 1, 0).bytes);
    expect(asks(CLIENT + 3, Buffer.from('EHLO hall-cam\r\n'))).toBe(false);
    expect(asks(CLIENT + 3, greeting(1, 'b.example').subarray(3))).toBe(false);
    expect(answers(SERVER, said(connect('x', 1))[1])).toBe(false);
    expect(connection.inner).toBeNull();
  });
});

describe('an answer', () => {
  const [request, granted] = said(connect('b.example', 587));

  it('that comes before the question is kept until that', () => {
    const [, login, , reply] = socks5('b.example', 25).map(({ bytes }) => bytes);
    asks(CLIENT, octets('C', 5, 1, 0).bytes);
    expect(answers(SERVER, login ?? Buffer.alloc(0))).toBe(false);
    asks(CLIENT + 3, greeting(1, 'b.example').subarray(3));
    expect(answers(SERVER + 2, reply ?? Buffer.alloc(0))).toBe(true);
    expect(connection.inner).toMatchObject({ outcome: 'connected', serverNext: SERVER + 12 });
  });

  it('over the wrap of sequence numbers ends behind it', () => {
    asks(CLIENT, request);
    expect(answers(0xffff_fff8, granted)).toBe(true);
    expect(connection.inner?.serverNext).toBe(granted.length - 8);
  });

  it('is one, and what comes behind it is none', () => {
    asks(CLIENT, request);
    answers(SERVER, granted);
    const known = { ...connection.inner };
    expect([answers(SERVER + granted.length, Buffer.from('HTTP/1.1 403 No\r\n\r\n')), connection.inner]).toEqual([
      false,
      known,
    ]);
  });

  it('without an end is waited for up to 8 KiB', () => {
    asks(CLIENT, request);
    const [head, end] = [Buffer.from('HTTP/1.1 200 OK\r\nA: '), Buffer.from('\r\n\r\n')];
    const filled = Buffer.concat([head, Buffer.alloc(8 * 1024 - head.length - end.length, 'x')]);
    expect(answers(SERVER, filled)).toBe(false);
    expect(answers(SERVER + filled.length, end)).toBe(true);
    connection = open();
    asks(CLIENT, request);
    const longer = Buffer.concat([filled, Buffer.from('x')]);
    expect(answers(SERVER, longer)).toBe(false);
    expect(answers(SERVER + longer.length, end)).toBe(false);
    expect(connection.inner?.outcome).toBe('pending');
  });
});
