// What is read out of the octets of a connection, segment by segment: tunnels, mail dialogues, and the beginnings that name it.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import { type DialogueNews, Dialogues } from '../../sensor/attribute/dialogues.ts';
import { type Opening, Openings } from '../../sensor/attribute/openings.ts';
import { Tunnels } from '../../sensor/attribute/tunnels.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { TCP_FLAGS, type Tcp } from '../../sensor/decode/packet.ts';
import { noSmtpCounts, noSmtpFacts } from '../../sensor/decode/smtp-facts.ts';
import { START } from '../../sensor/self-test/frames/home.ts';
import { tlsHello } from '../support/name-frames.ts';
import { connect, octets, socks4, socks5 } from '../support/packet-builder.ts';

/** The device's first octet, and the server's. */
const CLIENT = 1001;
const SERVER = 2001;

const open = (isn: number | null = 1000): Connection =>
  newConnection(null, { sourcePort: 40_000, destinationPort: 25 }, START, isn);
const segment = (sequence: number, text: string | Buffer, fields: Partial<Tcp> = {}): Tcp => {
  const payload = Buffer.from(text as string);
  const ports = { sourcePort: 40_000, destinationPort: 25 };
  return {
    ...ports,
    sequence,
    acknowledgement: 0,
    flags: TCP_FLAGS.psh,
    window: 1,
    payload,
    payloadLength: payload.length,
    ...fields,
  };
};

describe('a tunnel', () => {
  let tunnels: Tunnels;
  let connection: Connection;
  beforeEach(() => {
    tunnels = new Tunnels((name) => (name === 'mx.example' ? '198.51.100.1' : null));
    connection = open();
  });
  const asks = (sequence: number, bytes: string | Buffer, fields?: Partial<Tcp>) =>
    tunnels.take(connection, segment(sequence, bytes, fields), 'originator');
  const answers = (sequence: number, bytes: string | Buffer) =>
    tunnels.take(connection, segment(sequence, bytes), 'responder');
  const bytesOf = (said: readonly { bytes: Buffer }[], n: number): Buffer => said[n]?.bytes ?? Buffer.alloc(0);
  const inner = { via: 'http-connect', outcome: 'pending', serverNext: null };

  it('by CONNECT is known from its request, and from the answer whether it came about', () => {
    const said = connect('mx.example', 587);
    const request = bytesOf(said, 0);
    expect([asks(CLIENT, ''), connection.inner]).toEqual([false, null]);
    expect(asks(CLIENT, request)).toBe(true);
    const asked = { ...inner, host: 'mx.example', ip: '198.51.100.1', port: 587, clientNext: CLIENT + request.length };
    expect(connection.inner).toEqual(asked);
    expect(asks(CLIENT + request.length, 'EHLO x\r\n')).toBe(false);
    expect(answers(SERVER, bytesOf(said, 1).subarray(0, 12))).toBe(false);
    expect(answers(SERVER + 12, bytesOf(said, 1).subarray(12))).toBe(true);
    expect(connection.inner).toEqual({ ...asked, outcome: 'connected', serverNext: SERVER + bytesOf(said, 1).length });
    expect(answers(SERVER, bytesOf(said, 1))).toBe(false);
  });

  it('by SOCKS is known behind its greeting, in pieces and in any order', () => {
    const said = socks5('b.example', 25);
    expect(asks(CLIENT, bytesOf(said, 0))).toBe(false);
    expect(answers(SERVER, bytesOf(said, 1))).toBe(false);
    const request = bytesOf(said, 2);
    expect(asks(CLIENT + 7, request.subarray(4))).toBe(false);
    expect(asks(CLIENT + 3, request.subarray(0, 4))).toBe(true);
    const asked = { host: 'b.example', ip: null, port: 25, via: 'socks5', outcome: 'pending', serverNext: null };
    expect(connection.inner).toEqual({ ...asked, clientNext: CLIENT + 3 + request.length });
    expect(answers(SERVER + 2, bytesOf(said, 3))).toBe(true);
    expect(connection.inner).toMatchObject({ outcome: 'connected', serverNext: SERVER + 12 });
  });

  it('to an address goes there, and a refusal is one', () => {
    expect(asks(CLIENT, bytesOf(socks4('198.51.100.7', 25), 0))).toBe(true);
    expect(connection.inner).toMatchObject({ host: '198.51.100.7', ip: '198.51.100.7', port: 25, via: 'socks4' });
    expect(answers(SERVER, octets('S', 0, 0x5b, 0, 0, 0, 0, 0, 0).bytes)).toBe(true);
    expect(connection.inner).toMatchObject({ outcome: 'refused', serverNext: SERVER + 8 });
  });

  it('whose answer is none stays as it was', () => {
    asks(CLIENT, bytesOf(connect('mx.example', 587), 0));
    expect(answers(SERVER, 'SSH-2.0-x\r\n')).toBe(false);
    expect(answers(SERVER, bytesOf(connect('x', 1), 1))).toBe(false);
    expect(connection.inner?.outcome).toBe('pending');
  });

  it('is none where the client begins otherwise, elsewhere, or the server first', () => {
    const request = bytesOf(connect('mx.example', 587), 0);
    for (const text of [
      'EHLO x\r\n',
      'CONNEXT a:1 HTTP/1.1\r\n\r\n',
      'CONNECT',
      Buffer.from([4, 3, 0, 25, 1, 2, 3, 4, 0]),
      Buffer.from([4, 1, 0, 25, 1, 2, 3]),
      Buffer.from([5, 1]),
      Buffer.alloc(600, 5),
    ]) {
      connection = open();
      expect(asks(CLIENT, text)).toBe(false);
      expect(asks(CLIENT, request), String(text)).toBe(true);
    }
    connection = open();
    expect([answers(SERVER, request), asks(CLIENT + 1, request), asks(CLIENT, request)]).toEqual([false, false, true]);
    connection = open(null);
    expect(asks(7777, request)).toBe(true);
    expect(connection.inner?.clientNext).toBe(7777 + request.length);
    connection = open();
    expect(asks(1000, request, { flags: TCP_FLAGS.syn })).toBe(true);
  });

  it('that is malformed is given up, and a long one at its bound', () => {
    expect(asks(CLIENT, 'CONNECT mx.example:587 XTTP/1.1\r\n\r\n')).toBe(false);
    expect(asks(CLIENT, bytesOf(connect('mx.example', 587), 0))).toBe(true);
    connection = open();
    const long = `CONNECT mx.example:587 HTTP/1.1\r\nA: ${'x'.repeat(8 * 1024)}`;
    expect(asks(CLIENT, long)).toBe(false);
    expect(asks(CLIENT, bytesOf(connect('mx.example', 587), 0))).toBe(true);
  });

  it('is read no more once its connection ended; of 256 beginnings the oldest gives way', () => {
    const said = socks5('b.example', 25);
    asks(CLIENT, bytesOf(said, 0));
    tunnels.end(connection);
    expect(asks(CLIENT + 3, bytesOf(said, 2))).toBe(false);
    const all = Array.from({ length: 257 }, () => open());
    for (const one of all) tunnels.take(one, segment(CLIENT, bytesOf(said, 0)), 'originator');
    const known = [0, 1, 256].map((n) =>
      tunnels.take(all[n] as Connection, segment(CLIENT + 3, bytesOf(said, 2)), 'originator'),
    );
    expect(known).toEqual([false, true, true]);
  });
});

describe('a mail dialogue', () => {
  let dialogues: Dialogues;
  let connection: Connection;
  let next: { device: number; server: number };
  beforeEach(() => {
    dialogues = new Dialogues();
    connection = open();
    next = { device: CLIENT, server: SERVER };
  });
  const device = { hostnames: [{ name: 'hall-cam', from: 'dhcp' as const, firstSeen: START, lastSeen: START }] };
  const at = (
    from: 'device' | 'server',
    sequence: number,
    text: string,
    fields: Partial<Tcp> = {},
  ): DialogueNews | null =>
    dialogues.follow(
      connection,
      segment(sequence, text, fields),
      from === 'device' ? 'originator' : 'responder',
      device,
    );
  const say = (from: 'device' | 'server', text: string): DialogueNews | null => {
    const sequence = next[from];
    next[from] += text.length;
    return at(from, sequence, text);
  };
  const begin = () => {
    say('server', '220 mx ESMTP\r\n');
    say('device', 'EHLO hall-cam\r\n');
    say('server', '250 mx\r\n');
  };
  const askForBody = () => {
    begin();
    for (const [device, server] of [
      ['MAIL FROM:<a@b>\r\n', '250 ok\r\n'],
      ['RCPT TO:<a@b>\r\n', '250 ok\r\n'],
      ['DATA\r\n', '354 go\r\n'],
    ] as const) {
      say('device', device);
      say('server', server);
    }
  };
  const BODY = 'Subject: x\r\n\r\nhello\r\n.\r\n';

  it('tells what is new, each time', () => {
    expect(say('server', '220 mx ESMTP\r\n')).toEqual({
      add: { replies2xx: 1 },
      facts: { ...noSmtpFacts(), bannerSeen: true },
    });
    expect(say('device', 'EHLO hall-cam\r\n')?.facts).toMatchObject({ helloSeen: true, hello: 'own-name' });
    expect(say('device', '')).toBeNull();
    expect(say('device', 'NOOP\r\n')).toBeNull();
    say('server', '250 mx\r\n');
    say('server', '250 ok\r\n');
    expect(say('device', 'MAIL FROM:<a@b>\r\n')?.add).toEqual({ mailCommands: 1 });
    expect(say('server', '250 ok\r\n')?.add).toEqual({ mailAccepted: 1, replies2xx: 1 });
    expect(say('device', 'RCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n')?.add).toEqual({ rcptCommands: 2 });
    expect(say('server', '250 ok\r\n550 no\r\n')?.add).toEqual({
      recipients: 1,
      recipientsRefused: 1,
      replies2xx: 1,
      replies5xx: 1,
    });
    say('device', 'DATA\r\n');
    say('server', '354 go\r\n');
    expect(say('device', BODY)).toBeNull();
    expect(say('server', '250 ok\r\n')?.add).toEqual({ messages: 1, replies2xx: 1 });
    expect(Object.keys(noSmtpCounts())).toContain('gaps');
  });

  it('is read in order, whatever order its segments come in, and each octet once', () => {
    begin();
    const text = 'MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n';
    const base = next.device;
    expect(at('device', base + 17, text.slice(17))).toBeNull();
    expect(at('device', base + 10, text.slice(10, 20))).toBeNull();
    expect(at('device', base, text.slice(0, 12))?.add).toEqual({ mailCommands: 1, rcptCommands: 1 });
    expect(at('device', base, text)).toBeNull();
    expect(at('device', base + 20, `${text.slice(20)}RCPT TO:<x@y>\r\n`)?.add).toEqual({ rcptCommands: 1 });
  });

  it('goes on behind what the other side has acknowledged and nobody saw', () => {
    begin();
    const base = next.device;
    const ack = { flags: TCP_FLAGS.ack, acknowledgement: base + 50 };
    at('server', next.server, '250 ok\r\n', ack);
    expect(at('device', base + 51, 'MAIL FROM:<a@b>\r\n')).toBeNull();
    connection = open();
    next = { device: CLIENT, server: SERVER };
    begin();
    at('server', next.server, '250 ok\r\n', ack);
    expect(at('device', base + 50, 'MAIL FROM:<a@b>\r\n')?.add).toMatchObject({ gaps: 1 });
  });

  it('holds sixteen segments and 64 KiB before a gap, and goes on without it', () => {
    begin();
    const base = next.device;
    for (let n = 0; n < 16; n++) expect(at('device', base + 10 + n, 'x')).toBeNull();
    expect(at('device', base + 26, '\r\n')?.add).toEqual({ gaps: 1 });
    connection = open();
    next = { device: CLIENT, server: SERVER };
    begin();
    expect(at('device', base + 10, 'x'.repeat(64 * 1024))).toBeNull();
    expect(at('device', base + 10 + 64 * 1024, 'x')?.add).toEqual({ gaps: 1 });
  });

  it('over the wrap of sequence numbers is one', () => {
    connection = open(0xffff_fff0);
    const hello = 'EHLO hall-cam.example.lan\r\n';
    expect(at('device', 0xffff_fff1, hello.slice(0, 15))).toMatchObject({ facts: { helloSeen: true } });
    at('device', 0, hello.slice(15));
    expect(at('device', hello.length - 15, 'MAIL FROM:<a@b>\r\n')?.add).toEqual({ mailCommands: 1 });
  });

  it('whose beginning was not seen counts from a body on', () => {
    connection = open(null);
    expect(at('device', 500, 'MAIL FROM:<a@b>\r\n')).toBeNull();
    connection = open(null);
    expect(at('device', 500, 'EHLO hall-cam\r\n')?.facts).toMatchObject({ helloSeen: true, hello: 'own-name' });
    expect(at('device', 515, 'MAIL FROM:<a@b>\r\n')?.add).toEqual({ mailCommands: 1 });
  });

  it('of a body of which not all was seen is told by the verdict', () => {
    askForBody();
    const base = next.device;
    expect(at('device', base, 'Subject', { payloadLength: 20 })?.add).toEqual({ gaps: 1 });
    const verdict = at('server', next.server, '250 ok\r\n', { flags: TCP_FLAGS.ack, acknowledgement: base + 40 });
    expect(verdict?.add).toMatchObject({ messages: 1, replies2xx: 1 });
  });

  it('of a body that was seen whole has no gap for its verdict', () => {
    askForBody();
    say('device', BODY);
    const verdict = at('server', next.server, '250 ok\r\n', { flags: TCP_FLAGS.ack, acknowledgement: next.device });
    expect(verdict?.add).toEqual({ messages: 1, replies2xx: 1 });
  });

  it('that has ended is heard no more, nor one that was let go', () => {
    begin();
    connection.ended = true;
    expect(say('device', 'MAIL FROM:<a@b>\r\n')).toBeNull();
    connection.ended = false;
    dialogues.end(connection);
    expect(at('server', next.server, '354 go\r\n')?.facts.helloSeen).toBe(false);
  });

  it('begins behind what a proxy was told', () => {
    dialogues.begin(connection, { clientNext: CLIENT + 100, serverNext: null }, device);
    expect(at('device', CLIENT, 'CONNECT x:25\r\n')).toBeNull();
    expect(at('device', CLIENT + 100, 'EHLO hall-cam\r\n')?.facts.helloSeen).toBe(true);
    dialogues.begin(connection, { clientNext: CLIENT + 100, serverNext: SERVER + 50 }, device);
    expect(at('server', SERVER, '220 proxy ESMTP\r\n')).toBeNull();
    expect(at('server', SERVER + 50, '220 mx ESMTP\r\n')?.facts.bannerSeen).toBe(true);
  });

  it('is one of 512 that are followed', () => {
    const all = Array.from({ length: 513 }, () => open());
    for (const one of all) dialogues.follow(one, segment(CLIENT, 'EHLO hall-cam\r\n'), 'originator', device);
    const again = (n: number) =>
      dialogues.follow(all[n] as Connection, segment(CLIENT + 15, 'MAIL FROM:<a@b>\r\n'), 'originator', device)?.add ??
      null;
    expect([again(512), again(1), again(0)]).toEqual([{ mailCommands: 1 }, { mailCommands: 1 }, null]);
  });
});

describe('an opening', () => {
  let openings: Openings;
  let counters: DecodeCounters;
  let connection: Connection;
  beforeEach(() => {
    counters = new DecodeCounters();
    openings = new Openings(counters, () => {});
    connection = open();
  });
  const take = (sequence: number, bytes: string | Buffer): Opening | null =>
    openings.tcp(connection, segment(sequence, bytes));
  const HELLO = tlsHello('api.vendor.example');
  const REQUEST = 'GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: cam/1\r\n\r\n';
  const byHello = { host: 'api.vendor.example', source: 'sni', outer: false, userAgent: null };
  const byRequest = { host: 'a.example', source: 'http', outer: false, userAgent: 'cam/1', tunnel: false };

  it('is read out of one segment, whole', () => {
    expect([take(CLIENT, ''), take(CLIENT, HELLO)]).toEqual([null, { connection, ...byHello }]);
    expect([connection.openingRead, take(CLIENT, HELLO)]).toEqual([true, { connection, ...byHello }]);
    connection.nameFrom = 'sni';
    expect(take(CLIENT, HELLO)).toBeNull();
    connection = open(null);
    expect(take(777, REQUEST)).toEqual({ connection, ...byRequest });
    connection = open();
    expect(take(CLIENT, 'CONNECT a.example:25 HTTP/1.1\r\nHost: a.example\r\n\r\n')).toMatchObject({ tunnel: true });
  });

  it('is put together out of segments, in any order', () => {
    const parts = [HELLO.subarray(0, 40), HELLO.subarray(40, 60), HELLO.subarray(60)] as const;
    expect([take(CLIENT, parts[0]), connection.openingRead, take(CLIENT + 60, parts[2])]).toEqual([null, false, null]);
    expect(take(CLIENT + 40, parts[1])).toMatchObject(byHello);
    expect(connection.openingRead).toBe(true);
    connection = open();
    expect([take(CLIENT + 40, HELLO.subarray(40)), take(CLIENT, parts[0])]).toEqual([null, { connection, ...byHello }]);
    connection = open();
    expect([take(CLIENT, 'GET'), take(CLIENT + 3, REQUEST.slice(3, 20)), take(CLIENT + 20, REQUEST.slice(20))]).toEqual(
      [...[null, null, { connection, ...byRequest }]],
    );
  });

  it('of something else is none, until what follows begins like one', () => {
    expect([take(CLIENT, 'SSH-2.0-x\r\n'), connection.openingRead]).toEqual([null, true]);
    expect(take(CLIENT + 11, 'more')).toBeNull();
    expect(take(CLIENT + 15, HELLO.subarray(0, 50))).toBeNull();
    expect(take(CLIENT + 65, HELLO.subarray(50))).toMatchObject(byHello);
    connection = open();
    expect(take(CLIENT + 500, REQUEST)).toEqual({ connection, ...byRequest });
    connection = open();
    expect([take(CLIENT, 'EHLO'), take(CLIENT + 4, ' x\r\n'), take(CLIENT + 8, HELLO)]).toEqual([
      null,
      null,
      { connection, ...byHello },
    ]);
  });

  it('of a kept connection is each further request', () => {
    take(CLIENT, REQUEST);
    expect(take(CLIENT + 500, REQUEST.replace('a.example', 'b.example'))).toMatchObject({ host: 'b.example' });
    expect(take(CLIENT + 900, 'GET / HTTP/1.1\r\n')).toBeNull();
    expect(take(CLIENT + 990, 'x')).toBeNull();
  });

  it('that is broken is counted, and one that has no end is given up at its bound', () => {
    const broken = Buffer.from(HELLO);
    broken.writeUInt16BE(0xffff, 43 + (broken[43] ?? 0) + 1);
    expect([take(CLIENT, broken), connection.openingRead]).toEqual([null, true]);
    expect(JSON.stringify(counters)).not.toBe(JSON.stringify(new DecodeCounters()));
    connection = open();
    expect(take(CLIENT, `GET / HTTP/1.1\r\nA: ${'x'.repeat(16 * 1024)}`)).toBeNull();
    expect(connection.openingRead).toBe(true);
    connection = open();
    expect(take(CLIENT, `GET / HTTP/1.1\r\nA: ${'x'.repeat(16 * 1024 - 40)}`)).toBeNull();
    expect(connection.openingRead).toBe(false);
    expect(take(CLIENT + 16 * 1024 - 21, 'x'.repeat(100))).toBeNull();
    expect(connection.openingRead).toBe(true);
  });

  it('is one of 1,024 that are read: the oldest gives way', () => {
    const all = Array.from({ length: 1025 }, () => open());
    for (const one of all) openings.tcp(one, segment(CLIENT, HELLO.subarray(0, 60)));
    const rest = segment(CLIENT + 60, HELLO.subarray(60));
    const known = [1, 1024, 0].map((n) => openings.tcp(all[n] as Connection, rest)?.host ?? null);
    expect(known).toEqual([byHello.host, byHello.host, null]);
  });

  it('may begin a connection whose SYN was not captured', () => {
    expect([HELLO, REQUEST, 'EHLO x\r\n'].map((bytes) => Openings.beginsConnection(segment(1, bytes)))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
