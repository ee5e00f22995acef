import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../sensor/decode/outcome.ts';
import { isClientInitial, isLongHeader, QuicInitials } from '../../sensor/decode/quic.ts';
import { clientInitialKeys, quicVersion } from '../../sensor/decode/quic-keys.ts';
import { clientHello, extension, hex, recordedHellos, serverNameExtension } from './fixtures/hellos.ts';
import { cryptoFrame, sealInitial } from './fixtures/quic-sealing.ts';

const RECORDED = recordedHellos('quic-hellos.json');
const DESTINATION = hex('8394c8f03e515708');

/** RFC 9001, appendix A.1 and A.2; RFC 9369, appendix A.1 and A.2: keys, and how the protected packet begins and ends. */
const APPENDICES = [
  {
    name: 'RFC 9001 (v1)',
    version: 1,
    keys: {
      key: hex('1f369613dd76d5467730efcbe3b1a22d'),
      iv: hex('fa044b2f42a3fd3b46fb255c'),
      headerProtection: hex('9f50449e04a0e810283a1e9933adedd2'),
    },
    begins: 'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11',
    ends: 'e221af44860018ab0856972e194cd934',
  },
  {
    name: 'RFC 9369 (v2)',
    version: 0x6b3343cf,
    keys: {
      key: hex('8b1a0bc121284290a29e0971b5cd045d'),
      iv: hex('91f73e2351d8fa91660e909f'),
      headerProtection: hex('45b95e15235d6f45a6b19cbcb0294ba9'),
    },
    begins: 'd76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485',
    ends: 'a18b2faa745b6fe189cf772a9f84cbfc',
  },
];

/** The CRYPTO frame of both appendices, a hello for example.com, padded to 1,162 bytes. */
const APPENDIX_PAYLOAD = Buffer.concat(
  [
    hex(`060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c
         00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006
         001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa4
         7fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e040305
         0306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ff
         ff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff`),
  ],
  1162,
);

const [V1, V2] = APPENDICES as [(typeof APPENDICES)[number], (typeof APPENDICES)[number]];
const MESSAGE = clientHello(extension(21, Buffer.alloc(700)), serverNameExtension('hub.example'));

function initial(payload: Buffer, more: Partial<Parameters<typeof sealInitial>[0]> = {}): Buffer {
  const padded = Buffer.concat([payload], Math.max(payload.length, 200));
  return sealInitial({
    keys: V1.keys,
    version: 1,
    destination: DESTINATION,
    packetNumber: 0,
    payload: padded,
    ...more,
  });
}

function nameAfter(datagrams: Buffer[], initials = new QuicInitials()): string | null {
  let name: string | null = null;
  for (const datagram of datagrams) {
    const outcome = initials.push(datagram);
    if (!(outcome instanceof Failure) && outcome !== 'more') name = outcome.serverName;
  }
  return name;
}

describe.each(APPENDICES)('the sample packet of $name', ({ version, keys, begins, ends }) => {
  const packet = sealInitial({ keys, version, destination: DESTINATION, packetNumber: 2, payload: APPENDIX_PAYLOAD });

  it('is what the appendix prints', () => {
    expect(packet.length).toBe(1200);
    expect(packet.toString('hex').slice(0, 64)).toBe(begins);
    expect(packet.toString('hex').slice(-32)).toBe(ends);
  });

  it('has the keys that we derive', () => {
    const parameters = quicVersion(version);
    expect(parameters && clientInitialKeys(parameters, DESTINATION)).toEqual(keys);
  });

  it('is opened and read', () => {
    expect(isLongHeader(packet)).toBe(true);
    expect(isClientInitial(packet)).toBe(true);
    expect(new QuicInitials().push(packet)).toEqual({
      serverName: 'example.com',
      ech: false,
      alpn: ['alpn'],
      complete: true,
    });
  });

  it('is refused when one bit is wrong', () => {
    for (const at of [0, 20, 600, 1199]) {
      const wrong = Buffer.from(packet);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      expect(new QuicInitials().push(wrong)).toMatchObject({ reason: 'malformed', layer: 'quic' });
    }
  });
});

describe('hellos of chromium', () => {
  it.each(RECORDED)('$client: found, in both orders of its datagrams', ({ serverName, bytes }) => {
    expect(bytes.length).toBeGreaterThan(1);
    expect(nameAfter(bytes)).toBe(serverName);
    expect(nameAfter(bytes.toReversed())).toBe(serverName);
  });
});

describe('a hello in pieces', () => {
  it('is put together over packets, coalesced or not, in any order, among other frames', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: MESSAGE.length - 1 }), { maxLength: 8 }).map((list) => {
      const edges = [0, ...list.sort((a, b) => a - b), MESSAGE.length];
      return edges.slice(1).map((end, i) => cryptoFrame(edges[i] ?? 0, MESSAGE.subarray(edges[i], end)));
    });
    const ack = hex('02 05 10 02 00 0101 0202');
    const ackEcn = hex('03 05 10 00 00 01 02 03');
    const others = fc.constantFrom(hex('01'), hex('0000'), ack, ackEcn, hex('1c 0a 06 03 626164'));
    const scrambled = cuts.chain((frames) =>
      fc.tuple(
        fc.shuffledSubarray(frames, { minLength: frames.length }),
        fc.array(others, { minLength: frames.length, maxLength: frames.length }),
        fc.boolean(),
      ),
    );
    fc.assert(
      fc.property(scrambled, ([frames, between, coalesced]) => {
        const packets = frames.map((frame, i) =>
          initial(Buffer.concat([between[i] ?? Buffer.alloc(0), frame]), { packetNumber: i }),
        );
        expect(nameAfter(coalesced && packets.length < 8 ? [Buffer.concat(packets)] : packets)).toBe('hub.example');
      }),
      { numRuns: 100 },
    );
  });

  it('gives the name before the end has come', () => {
    const long = clientHello(serverNameExtension('early.example'), extension(21, Buffer.alloc(900)));
    const initials = new QuicInitials();
    expect(initials.push(initial(cryptoFrame(300, long.subarray(300, 600))))).toBe('more');
    expect(initials.push(initial(cryptoFrame(0, long.subarray(0, 300))))).toMatchObject({
      serverName: 'early.example',
      complete: false,
    });
    expect(initials.push(initial(cryptoFrame(600, long.subarray(600))))).toMatchObject({ complete: true });
  });
});

describe('connection IDs and versions that change on the way', () => {
  const half = Math.floor(MESSAGE.length / 2);
  const first = cryptoFrame(0, MESSAGE.subarray(0, half));
  const second = cryptoFrame(half, MESSAGE.subarray(half));
  const serverChosen = hex('f067a5502a4262b5');
  const derived = (version: number, id: Buffer) => {
    const parameters = quicVersion(version);
    if (parameters === undefined) throw new Error('no such version');
    return clientInitialKeys(parameters, id);
  };

  it("keeps the first keys when the client uses the server's connection ID", () => {
    expect(nameAfter([initial(first), initial(second, { destination: serverChosen })])).toBe('hub.example');
  });

  it('derives new keys after a Retry, whose token the client returns', () => {
    const keys = derived(1, serverChosen);
    const again = { keys, destination: serverChosen, token: Buffer.alloc(40, 7) };
    expect(nameAfter([initial(first), initial(first, again), initial(second, again)])).toBe('hub.example');
  });

  it('follows a change to v2 on the same connection', () => {
    const upgraded = { version: 0x6b3343cf, destination: serverChosen, keys: V2.keys };
    expect(nameAfter([initial(first), initial(second, upgraded)])).toBe('hub.example');
  });

  it('reads the drafts that old devices still speak', () => {
    for (const version of [0xff00001d, 0xff000020, 0xff000022]) {
      const keys = derived(version, DESTINATION);
      expect(nameAfter([initial(cryptoFrame(0, MESSAGE), { version, keys })])).toBe('hub.example');
    }
  });

  it('skips a coalesced 0-RTT packet', () => {
    const zeroRtt = Buffer.concat([hex('d0 00000001 08 8394c8f03e515708 00 4040'), Buffer.alloc(64)]);
    expect(nameAfter([Buffer.concat([zeroRtt, initial(first)]), Buffer.concat([initial(second), zeroRtt])])).toBe(
      'hub.example',
    );
  });
});

describe('what is no hello', () => {
  it.each([
    ['a short header', '40 8394c8f03e515708 0000', 'unsupported'],
    ['an unknown version', 'c0 0a0a0a0a 08 8394c8f03e515708 00 00 4040', 'unsupported'],
    ['version negotiation', 'c0 00000000 08 8394c8f03e515708 00 00000001', 'unsupported'],
    ['a Retry', 'f0 00000001 08 8394c8f03e515708 00 aabb', 'unsupported'],
    ['a connection ID of 255 bytes', `c0 00000001 ff ${'00'.repeat(300)}`, 'malformed'],
    ['a packet too short to sample', 'c0 00000001 08 8394c8f03e515708 00 00 04 00000000', 'malformed'],
    ['a packet cut by the capture', 'c0 00000001 08 8394c8f03e515708 00 00 449e 0000', 'truncated'],
    ['a token longer than can be', 'c0 00000001 08 8394c8f03e515708 00 ffffffffffffffff 449e 0000', 'truncated'],
  ])('%s', (_, bytes, expected) => {
    expect(new QuicInitials().push(hex(bytes))).toMatchObject({ reason: expected });
  });

  it.each([
    ['a STREAM frame', hex('08 00 01 02')],
    ['a CRYPTO frame longer than its packet', Buffer.concat([hex('06 00 7fff'), Buffer.alloc(195)])],
    ['an ACK with more ranges than bytes', Buffer.concat([hex('02 00 00 bfffffff 00'), Buffer.alloc(190, 1)])],
    ['a close reason that runs out', Buffer.concat([hex('1c 00 00 7fff'), Buffer.alloc(190)])],
  ])('%s', (_, payload) => {
    expect(new QuicInitials().push(initial(payload))).toMatchObject({ reason: 'malformed' });
  });

  it('ignores CRYPTO data beyond the bound', () => {
    const far = Buffer.concat([hex('06 80010000 4003'), Buffer.from('far')]);
    expect(new QuicInitials().push(initial(far))).toBe('more');
  });

  it('stops looking after 32 datagrams', () => {
    const initials = new QuicInitials();
    for (let i = 0; i < 32; i++) expect(initials.push(initial(hex('01')))).toBe('more');
    expect(initials.push(initial(cryptoFrame(0, MESSAGE)))).toMatchObject({ reason: 'unsupported' });
  });

  it('never throws and never makes up a name, whatever the bytes', () => {
    const flip = fc
      .tuple(
        fc.constantFrom(...RECORDED.flatMap(({ bytes }) => bytes), initial(cryptoFrame(0, MESSAGE))),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
        fc.nat(1300),
      )
      .map(([datagram, changes, length]) => {
        const copy = Buffer.from(datagram.subarray(0, length));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const anything = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([hex('c000000001'), bytes]));
    const sealed = fc.uint8Array({ maxLength: 150 }).map((bytes) => initial(Buffer.from(bytes)));
    const names = [...RECORDED.map(({ serverName }) => serverName), 'hub.example', null];
    fc.assert(
      fc.property(fc.array(fc.oneof(flip, anything, sealed), { maxLength: 4 }), (datagrams) => {
        expect(names).toContain(nameAfter(datagrams));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the quick looks at a datagram', () => {
  it.each([
    ['c0 00000001 08 8394c8f03e515708', true, true],
    ['d0 6b3343cf 08 8394c8f03e515708', true, true],
    ['c0 6b3343cf 08 8394c8f03e515708', true, false],
    ['e0 00000001 08 8394c8f03e515708', true, false],
    ['c0 00000001 04 8394c8f0', true, false],
    ['80 00000001 08 8394c8f03e515708', false, false],
    ['c0 00000001', false, false],
  ])('%s: long header %s, client Initial %s', (bytes, long, first) => {
    expect(isLongHeader(hex(bytes))).toBe(long);
    expect(isClientInitial(hex(bytes))).toBe(first);
  });
});
