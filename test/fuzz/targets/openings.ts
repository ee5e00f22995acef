import { readHeaders } from '../../../sensor/decode/headers.ts';
import { decodeHttpRequest, looksLikeHttpRequest } from '../../../sensor/decode/http.ts';
import { decodeConnect, decodeStatusLine } from '../../../sensor/decode/http-connect.ts';
import { decodeHttpMessage } from '../../../sensor/decode/http-message.ts';
import { Failure } from '../../../sensor/decode/outcome.ts';
import { isClientInitial, isLongHeader, QuicInitials } from '../../../sensor/decode/quic.ts';
import { clientInitialKeys, quicVersion } from '../../../sensor/decode/quic-keys.ts';
import { StreamAssembler } from '../../../sensor/decode/stream.ts';
import { decodeClientHello, looksLikeClientHello, parseClientHelloBody } from '../../../sensor/decode/tls.ts';
import {
  clientHello,
  extension,
  recordedHellos,
  serverNameExtension,
  tlsRecords,
} from '../../decode/fixtures/hellos.ts';
import { cryptoFrame, sealInitial } from '../../decode/fixtures/quic-sealing.ts';
import { cutUp, joinPieces, splitPieces } from '../pieces.ts';
import { decodedAlike, mustBeShort, mustHold, type Target } from '../target.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const hellos = () => [
  clientHello(serverNameExtension('vendor.example')),
  clientHello(
    extension(0xfe0d, Buffer.alloc(40, 1)),
    serverNameExtension('outer.example'),
    extension(0, Buffer.alloc(0)),
  ),
];
const recordedTls = () => recordedHellos('tls-hellos.json').map(({ bytes }) => Buffer.concat(bytes));
const VERSIONS = [1, 0x6b3343cf, 0xff00001d] as const;

/** Decodes twice what it is given, and looks at how long everything is. */
export function all(
  decode: (bytes: Buffer) => unknown,
  most: number,
  seeds: () => Buffer[],
  ports: readonly number[] = [],
): () => Target {
  return () => ({
    run(input) {
      mustBeShort(decodedAlike(input, decode), most);
    },
    seeds: (material) => [...seeds(), ...material.segments(...ports)],
  });
}

const tlsSplit: Target = {
  inPieces: true,
  longest: 20_000,
  run(input) {
    const pieces = splitPieces(input);
    const whole = Buffer.concat(pieces.map(({ bytes }) => bytes));
    if (whole.length === 0 || whole.length > 16_384) return;
    const placed: { at: number; kind: number; bytes: Buffer }[] = [];
    let at = 0xffff_ff00;
    for (const { bytes, kind } of pieces) {
      placed.push({ at, kind, bytes });
      at = (at + bytes.length) >>> 0;
    }
    // The kind says when a segment comes.
    placed.sort((a, b) => a.kind - b.kind);
    const assembler = new StreamAssembler({ start: 0xffff_ff00, maxBytes: 16_384, maxSegments: 256 });
    let seen = Buffer.alloc(0);
    for (const segment of placed) {
      const grown = assembler.push(segment.at, segment.bytes);
      if (grown !== null) seen = Buffer.from(grown);
      decodeClientHello(seen);
    }
    mustHold(seen.equals(whole), 'segments in another order made another stream');
  },
  seeds: () =>
    [...hellos().map((hello) => tlsRecords(hello)), ...recordedTls()].map((bytes) =>
      joinPieces(cutUp(bytes, 0, 100, 700, 1400)),
    ),
};

const stream: Target = {
  inPieces: true,
  longest: 20_000,
  /** Two octets of each piece say where it belongs. */
  run(input) {
    const [first] = input;
    const isKnown = ((first ?? 0) & 1) === 0;
    const assembler = new StreamAssembler({ start: isKnown ? 100 : null, maxBytes: 512, maxSegments: 8 });
    let before = Buffer.alloc(0);
    for (const { bytes } of splitPieces(input)) {
      if (bytes.length < 2) continue;
      const { start } = assembler;
      mustHold(start === null || start % 3 === 0 || isKnown, `the stream begins at ${start}`);
      const made = assembler.push((bytes.readUInt16BE(0) * 3) >>> 0, bytes.subarray(2));
      if (made === null) continue;
      mustHold(assembler.full === (made.length === 512), `${made.length} octets are all, or are not`);
      mustHold(made.length <= 512, `${made.length} octets kept of at most 512`);
      if (isKnown) mustHold(before.equals(made.subarray(0, before.length)), 'what was in order has changed');
      before = Buffer.from(made);
    }
  },
  seeds: () => [
    joinPieces(
      Array.from({ length: 12 }, (_, i) => ({
        kind: 0,
        bytes: Buffer.concat([Buffer.from([0, 34 + ((i * 5) % 12)]), Buffer.alloc(3, i)]),
      })),
    ),
  ],
};

const quic: Target = {
  inPieces: true,
  longest: 8192,
  run(input) {
    const initials = new QuicInitials();
    for (const { bytes } of splitPieces(input).slice(0, 40)) {
      isLongHeader(bytes);
      isClientInitial(bytes);
      mustBeShort(initials.push(bytes), 1024);
    }
  },
  seeds: () =>
    recordedHellos('quic-hellos.json').map(({ bytes }) => joinPieces(bytes.map((one) => ({ kind: 0, bytes: one })))),
};

/** Pieces are what is inside the packets, so that a change gets past their encryption. */
const quicSealed: Target = {
  inPieces: true,
  longest: 16_384,
  run(input) {
    const initials = new QuicInitials();
    splitPieces(input)
      .slice(0, 40)
      .forEach(({ bytes, kind }, packetNumber) => {
        const version = VERSIONS[kind % VERSIONS.length] ?? 1;
        const destination = Buffer.alloc(8 + (kind >> 6), 0x31);
        const parameters = quicVersion(version);
        if (parameters === undefined || bytes.length < 4) return;
        const keys = clientInitialKeys(parameters, destination);
        const payload = bytes.subarray(0, 16_000);
        const outcome = initials.push(sealInitial({ keys, version, destination, packetNumber, payload }));
        mustBeShort(outcome, 1024);
        mustHold(
          !(outcome instanceof Failure) || !/keys do not open/.test(outcome.detail),
          'its own keys do not open it',
        );
      });
  },
  seeds: () =>
    [...hellos(), clientHello(serverNameExtension('a'.repeat(200)), extension(21, Buffer.alloc(1500)))].map((hello) =>
      joinPieces(
        cutUp(hello, 0, 60, 300, 700).map(({ bytes }, i, list) => {
          const at = list.slice(0, i).reduce((sum, piece) => sum + piece.bytes.length, 0);
          return { kind: 0, bytes: Buffer.concat([cryptoFrame(at, bytes), Buffer.from([1]), Buffer.alloc(20)]) };
        }),
      ),
    ),
};

export const HTTP = [
  'GET /fw/1.bin HTTP/1.1\r\nHost: update.vendor.example:8080\r\nUser-Agent: Acme/1.2\r\n\r\n',
  'CONNECT mail.example:25 HTTP/1.1\r\nHost: mail.example:25\r\n\r\n',
  'HTTP/1.1 200 Connection established\r\n\r\n',
  'POST /ctl HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'CONNECT [2001:db8::1]:587 HTTP/1.0\r\n\r\n',
].map(latin1);

export const OPENINGS: Readonly<Record<string, () => Target>> = {
  tls: all(
    (bytes) => [looksLikeClientHello(bytes), decodeClientHello(bytes), parseClientHelloBody(bytes, 'tls')],
    1100,
    () => [...hellos(), ...hellos().map((hello) => tlsRecords(hello)), ...recordedTls()],
    [443],
  ),
  'tls-split': () => tlsSplit,
  stream: () => stream,
  quic: () => quic,
  'quic-sealed': () => quicSealed,
  http: all(
    (bytes) => [
      ...[looksLikeHttpRequest(bytes), decodeHttpRequest(bytes), decodeHttpMessage(bytes), readHeaders(bytes)],
      ...[decodeConnect(bytes), decodeStatusLine(bytes)],
    ],
    20_000,
    () => HTTP,
    [80, 8080, 3128],
  ),
};
