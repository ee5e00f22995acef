import dnsPacket, { type Answer, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DnsMessage, decodeDns, splitDnsTcp } from '../../sensor/decode/dns.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import { hex, uint16, vector16 } from './fixtures/hellos.ts';

function message(bytes: Buffer): DnsMessage {
  const decoded = decodeDns(bytes);
  if (decoded instanceof Failure) throw new Error(`${decoded.reason}: ${decoded.detail}`);
  return decoded;
}

/** A response to one A question for `camera.example`, with records counted in the answer section. */
function response(records: string, answers = 1): Buffer {
  const header = hex(`1234 8180 0001 ${answers.toString(16).padStart(4, '0')} 0000 0000`);
  return Buffer.concat([header, hex('0663616d657261 076578616d706c65 00 0001 0001'), hex(records)]);
}

describe('a DNS message byte by byte', () => {
  it('is a question', () => {
    expect(message(hex('beef 0100 0001 0000 0000 0000 044d61696c 076578616d706c65 00 000f 0001'))).toEqual({
      id: 0xbeef,
      response: false,
      opcode: 0,
      rcode: 0,
      truncatedFlag: false,
      questions: [{ name: 'mail.example', type: 'MX' }],
      answers: [],
      additionals: [],
      complete: true,
    });
  });

  it('is an answer with a chain of names', () => {
    const chain = response('c00c 0005 0001 0000003c 0006 03 63646e c013  c02c 0001 0001 0000001e 0004 c0000207', 2);
    expect(message(chain).answers).toEqual([
      { name: 'camera.example', type: 'CNAME', ttl: 60, data: 'cdn.example' },
      { name: 'cdn.example', type: 'A', ttl: 30, data: '192.0.2.7' },
    ]);
  });

  it('says that it was refused, or cut by the server', () => {
    expect(message(hex('0001 8383 0000 0000 0000 0000'))).toMatchObject({
      response: true,
      rcode: 3,
      truncatedFlag: true,
    });
  });

  it('reads an HTTPS record with its address hints', () => {
    const https = response('c00c 0041 0001 0000012c 0012 0001 00 0001 0003 026832 0004 0004 c6336401');
    expect(message(https).answers).toEqual([
      { name: 'camera.example', type: 'HTTPS', ttl: 300, data: { priority: 1, target: '', hints: ['198.51.100.1'] } },
    ]);
  });

  it('escapes what no host name has, a dot inside a label too', () => {
    const hostile = response('c00c 0005 0001 0000003c 000e 08 612e623c3e2f0a20 03 FF3b27 00');
    expect(message(hostile).answers).toMatchObject([{ data: 'a~2eb~3c~3e~2f~0a~20.~ff~3b~27' }]);
  });

  it('leaves out records of other classes and types, and counts a huge TTL as zero', () => {
    const odd = response(
      `c00c 0001 0003 0000003c 0004 c0000207
      c00c 002e 0001 0000003c 0004 00000000
      c00c 0001 8001 ffffffff 0004 c0000208`,
      3,
    );
    expect(message(odd).answers).toEqual([{ name: 'camera.example', type: 'A', ttl: 0, data: '192.0.2.8' }]);
  });

  it.each([
    ['an address of five bytes', 'c00c 0001 0001 0000003c 0005 c000020700'],
    ['a name that runs over its record', 'c00c 0005 0001 0000003c 0002 0361'],
    ['a mail exchanger without a name', 'c00c 000f 0001 0000003c 0002 000a'],
  ])('leaves out a record with %s and reads the next', (_, record) => {
    const next = 'c00c 0001 0001 0000003c 0004 c0000207';
    expect(message(response(`${record} ${next}`, 2)).answers).toMatchObject([{ data: '192.0.2.7' }]);
  });
});

describe('a message cut short', () => {
  const whole = response('c00c 0001 0001 0000003c 0004 c0000207  c00c 0001 0001 0000003c 0004 c0000208', 2);

  it('still gives what stands before the cut', () => {
    expect(message(whole.subarray(0, whole.length - 3))).toMatchObject({
      complete: false,
      questions: [{ name: 'camera.example', type: 'A' }],
      answers: [{ data: '192.0.2.7' }],
    });
  });

  it('is a failure only without its header', () => {
    expect(decodeDns(whole.subarray(0, 11))).toMatchObject({ reason: 'truncated', needed: 12, available: 11 });
    for (let length = 12; length < whole.length; length++)
      expect(message(whole.subarray(0, length)).complete).toBe(false);
  });
});

describe('hostile messages', () => {
  it.each([
    ['a name that points at itself', 'c021 0001 0001 00000000 0000'],
    ['a name that points ahead', 'c0ff 0001 0001 00000000 0000'],
    ['a name that points into the header', 'c004 0001 0001 00000000 0000'],
    ['an extended label', '4100 0001 0001 00000000 0000'],
    ['a name of more than 255 octets', `${`3f${'61'.repeat(63)}`.repeat(4)}00 0001 0001 00000000 0000`],
  ])('are refused: %s', (_, record) => {
    const outcome = decodeDns(response(record));
    expect(outcome).toMatchObject({ reason: 'malformed', layer: 'dns' });
  });

  it('may claim 65,535 records and get 256', () => {
    const record = 'c00c 0001 0001 0000003c 0004 c0000207 ';
    const flood = response(record.repeat(1000), 0xffff);
    expect(message(flood)).toMatchObject({ complete: false });
    expect(message(flood).answers.length).toBe(256);
    const questions = Buffer.concat([hex('0000 0000 ffff 0000 0000 0000'), hex('00 0001 0001'.repeat(500))]);
    expect(message(questions).questions.length).toBe(32);
  });

  it.each([
    ['one-letter labels', '0161', 4],
    ['nothing else', '', 2],
  ])('may not chain thousands of pointers through %s', (_, label, size) => {
    // The data of a first record holds 4,000 links, each to the one before; the owners of 256 more are the last link.
    const links = Array.from({ length: 4000 }, (_, i) =>
      Buffer.concat([hex(label), i === 0 ? uint16(0) : uint16(0xc000 | (23 + size * (i - 1)))]),
    );
    const holder = Buffer.concat([hex('00 0010 0001 0000003c'), uint16(size * links.length), ...links]);
    const owner = uint16(0xc000 | (23 + size * (links.length - 1)));
    const records = Array.from({ length: 256 }, () => Buffer.concat([owner, hex('0001 0001 0000003c 0004 c0000207')]));
    const chain = Buffer.concat([hex('0000 8000 0000 0101 0000 0000'), holder, ...records]);
    expect(decodeDns(chain)).toMatchObject({ reason: 'malformed' });
  });
});

describe('DNS over TCP', () => {
  it('comes in length-prefixed messages', () => {
    const [one, two] = [response('c00c 0001 0001 0000003c 0004 c0000207'), response('', 0)];
    const stream = Buffer.concat([vector16(one), vector16(two), uint16(300), Buffer.alloc(20)]);
    expect(splitDnsTcp(stream)).toEqual({ messages: [one, two], consumed: one.length + two.length + 4 });
    expect(splitDnsTcp(hex('00'))).toEqual({ messages: [], consumed: 0 });
  });
});

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const ttl = fc.nat(0x7fffffff);
const answer = fc.oneof(
  fc.record({ type: fc.constant('A' as const), name, ttl, data: fc.ipV4() }),
  fc.record({ type: fc.constantFrom('CNAME' as const, 'PTR' as const, 'NS' as const), name, ttl, data: name }),
  fc.record({
    type: fc.constant('MX' as const),
    name,
    ttl,
    data: fc.record({ preference: fc.nat(65535), exchange: name }),
  }),
  fc.record({ type: fc.constant('SRV' as const), name, ttl, data: fc.record({ port: fc.nat(65535), target: name }) }),
  fc.record({
    type: fc.constant('TXT' as const),
    name,
    ttl,
    data: fc.array(fc.stringMatching(/^[ -~]{1,40}$/), { minLength: 1, maxLength: 4 }),
  }),
);
const encoded = fc.record({ id: fc.nat(65535), answers: fc.array(answer, { maxLength: 8 }), name }).map((fields) => {
  const packet: Packet = {
    type: 'response',
    id: fields.id,
    questions: [{ type: 'A', name: fields.name }],
    // The encoder replaces texts by buffers in what it is given.
    answers: structuredClone(fields.answers) as Answer[],
  };
  return { ...fields, bytes: dnsPacket.encode(packet) };
});

describe('properties', () => {
  it('reads what an independent encoder writes', () => {
    fc.assert(
      fc.property(encoded, ({ id, answers, name, bytes }) => {
        expect(message(bytes)).toMatchObject({ id, response: true, questions: [{ name, type: 'A' }], complete: true });
        expect(message(bytes).answers).toEqual(answers);
      }),
    );
  });

  it('never throws on changed or random bytes, and lets no hostile character into a name', () => {
    const changed = fc
      .tuple(encoded, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 8 }), fc.nat(400))
      .map(([{ bytes }, changes, length]) => {
        const copy = Buffer.from(bytes.subarray(0, length));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(changed, random), (bytes) => {
        const decoded = decodeDns(bytes);
        if (decoded instanceof Failure) return;
        for (const { name } of [...decoded.questions, ...decoded.answers, ...decoded.additionals]) {
          expect(name).toMatch(/^[a-z0-9_~.-]{0,1000}$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
