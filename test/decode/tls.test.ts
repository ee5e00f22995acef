import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../sensor/decode/outcome.ts';
import { StreamAssembler } from '../../sensor/decode/stream.ts';
import { type ClientHello, decodeClientHello, looksLikeClientHello } from '../../sensor/decode/tls.ts';
import {
  clientHello,
  extension,
  hex,
  recordedHellos,
  serverNameExtension,
  tlsRecords,
  vector16,
} from './fixtures/hellos.ts';

const RECORDED = recordedHellos('tls-hellos.json').map(({ client, serverName, bytes }) => ({
  client,
  serverName,
  stream: Buffer.concat(bytes),
}));

function hello(bytes: Buffer): ClientHello {
  const decoded = decodeClientHello(bytes);
  if (decoded instanceof Failure) throw new Error(`${decoded.reason}: ${decoded.detail}`);
  return decoded;
}

function reason(bytes: Buffer): string {
  const decoded = decodeClientHello(bytes);
  return decoded instanceof Failure ? decoded.reason : 'decoded';
}

describe('hellos of real clients', () => {
  it.each(RECORDED)('$client says where it goes', ({ serverName, stream }) => {
    expect(looksLikeClientHello(stream)).toBe(true);
    expect(hello(stream)).toMatchObject({ serverName, complete: true });
  });

  it('chromium offers ECH, HTTP/2 and HTTP/1.1 in more than one segment', () => {
    const chromium = RECORDED.find(({ client }) => client === 'chromium');
    expect(chromium?.stream.length).toBeGreaterThan(1460);
    expect(hello(chromium?.stream ?? Buffer.alloc(0))).toMatchObject({ ech: true, alpn: ['h2', 'http/1.1'] });
  });

  it('openssl offers no ECH', () => {
    expect(hello(RECORDED[0]?.stream ?? Buffer.alloc(0)).ech).toBe(false);
  });

  it.each(RECORDED)('$client is understood over segments in any order', ({ serverName, stream }) => {
    const order = fc.integer({ min: 100, max: 1460 }).chain((size) => {
      const offsets = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => i * size);
      const shuffled = fc.shuffledSubarray(offsets, { minLength: offsets.length });
      return fc.record({
        size: fc.constant(size),
        offsets: shuffled,
        start: fc.nat(0xffffffff),
        synSeen: fc.boolean(),
      });
    });
    fc.assert(
      fc.property(order, ({ size, offsets, start, synSeen }) => {
        const assembler = new StreamAssembler({ start: synSeen ? start : null, maxBytes: 16384, maxSegments: 64 });
        let name: string | null = null;
        for (const at of offsets) {
          const bytes = assembler.push((start + at) >>> 0, stream.subarray(at, at + size));
          const decoded = bytes === null ? null : decodeClientHello(bytes);
          if (decoded !== null && !(decoded instanceof Failure)) name = decoded.serverName;
        }
        expect(name).toBe(serverName);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a hello by hand', () => {
  const named = clientHello(serverNameExtension('Update.Example.'), extension(16, vector16(hex('026832 020a0a'))));

  it('is read field by field', () => {
    expect(hello(tlsRecords(named))).toEqual({
      serverName: 'update.example',
      ech: false,
      alpn: ['h2'],
      complete: true,
    });
  });

  it('may be spread over records of any size', () => {
    for (let size = 1; size <= named.length; size++)
      expect(hello(tlsRecords(named, size)).serverName).toBe('update.example');
  });

  it('without a name is complete and nameless', () => {
    expect(hello(tlsRecords(clientHello(extension(43, hex('020304')))))).toMatchObject({
      serverName: null,
      complete: true,
    });
  });

  it('without extensions is complete and nameless', () => {
    const old = hex(`01000029 0301 ${'aa'.repeat(32)} 00 0002 002f 0100`);
    expect(hello(tlsRecords(old))).toEqual({ serverName: null, ech: false, alpn: [], complete: true });
  });

  it('gives its name before its end has come, and says so', () => {
    const long = tlsRecords(clientHello(serverNameExtension('a.example'), extension(21, Buffer.alloc(600))));
    expect(hello(long.subarray(0, 200))).toMatchObject({ serverName: 'a.example', complete: false });
    expect(reason(long.subarray(0, 40))).toBe('truncated');
    const behind = tlsRecords(clientHello(extension(21, Buffer.alloc(600)), serverNameExtension('a.example')));
    expect(reason(behind.subarray(0, 300))).toBe('truncated');
  });

  it('flags ECH: the name is the outer one', () => {
    const ech = clientHello(extension(0xfe0d, Buffer.alloc(200)), serverNameExtension('public.example'));
    expect(hello(tlsRecords(ech))).toMatchObject({ serverName: 'public.example', ech: true });
  });

  it('escapes a hostile name', () => {
    const hostile = clientHello(serverNameExtension('<img src=x>.example'));
    expect(hello(tlsRecords(hostile)).serverName).toBe('~3cimg~20src~3dx~3e.example');
  });

  it.each([
    ['a vector longer than the hello', `1603010006 01000002 0303`, 'malformed'],
    ['an empty record', '1603010000', 'malformed'],
    ['a record beyond the limit', '1603014001 01', 'malformed'],
    ['a length that no hello has', '1603010004 01ffffff', 'malformed'],
    [
      'a name with a forbidden length',
      tlsRecords(clientHello(serverNameExtension('x'.repeat(300)))).toString('hex'),
      'malformed',
    ],
    ['an alert', '15030100020228', 'unsupported'],
    ['a ServerHello', '1603030004 02000000', 'unsupported'],
    ['nothing', '', 'truncated'],
  ])('is refused for %s', (_, bytes, expected) => {
    expect(reason(hex(bytes))).toBe(expected);
  });
});

describe('the quick look at a payload', () => {
  it.each([
    ['1603010200 01', true],
    ['1603030200 01', true],
    ['1603010200 02', false],
    ['1703030200 01', false],
    ['1602010200 01', false],
    ['1603010200', false],
    ['', false],
  ])('%s is a hello: %s', (bytes, expected) => {
    expect(looksLikeClientHello(hex(bytes))).toBe(expected);
  });
});

describe('any bytes', () => {
  it('are decoded or refused, and never make up a name', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...RECORDED.map(({ stream }) => stream)),
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255))),
        fc.nat(4000),
      )
      .map(([stream, changes, length]) => {
        const copy = Buffer.from(stream.subarray(0, length));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          const decoded = decodeClientHello(bytes);
          if (decoded instanceof Failure) return;
          expect(decoded.serverName ?? 'none').toMatch(/^[a-z0-9_~.-]+$/);
          expect(decoded.alpn.every((protocol) => /^[\x21-\x7e]+$/.test(protocol))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('cut anywhere give the whole hello, its name, or nothing', () => {
    for (const { stream, serverName } of RECORDED) {
      for (let length = 0; length < stream.length; length++) {
        const decoded = decodeClientHello(stream.subarray(0, length));
        if (decoded instanceof Failure) expect(decoded.reason).toBe('truncated');
        else expect(decoded).toMatchObject({ serverName, complete: false });
      }
    }
  });
});
