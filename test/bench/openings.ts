// How connections begin on the wire, for made-up traffic: ClientHellos in TLS and QUIC, and DNS messages.
import { clientInitialKeys, quicVersion } from '../../sensor/decode/quic-keys.ts';
import { clientHello, extension, serverNameExtension, tlsRecords, vector16 } from '../decode/fixtures/hellos.ts';
import { cryptoFrame, sealInitial } from '../decode/fixtures/quic-sealing.ts';
import { ipBytes, padded, u16, u32, wireName } from '../support/packet-builder.ts';
import type { Random } from './random.ts';

const QUIC_V1 = 1;
/** What fits a client's first datagram besides header and tag: RFC 9000, section 14.1, asks for at least 1,200 bytes. */
const INITIAL_PAYLOAD = 1162;
const KEY_SHARES = { plain: 36, postQuantum: 1258 } as const;

function hello(random: Random, name: string, postQuantum: boolean): Buffer {
  const share = random.bytes(postQuantum ? KEY_SHARES.postQuantum : KEY_SHARES.plain);
  return clientHello(
    serverNameExtension(name),
    extension(10, vector16(u16(...(postQuantum ? [0x11ec, 0x001d] : [0x001d])))),
    extension(51, vector16(share)),
    extension(13, vector16(u16(0x0403, 0x0804, 0x0401))),
    extension(35, random.bytes(postQuantum ? 400 : 64)),
    extension(43, Buffer.from([2, 3, 4])),
  );
}

/** A ClientHello in its record: about 220 bytes, or 1,840 with the post-quantum key share of X25519MLKEM768. */
export function tlsHello(random: Random, name: string, postQuantum: boolean): Buffer {
  return tlsRecords(hello(random, name, postQuantum));
}

/** The client's first QUIC datagrams: one, or two with a post-quantum key share. */
export function quicHello(random: Random, name: string, postQuantum: boolean): Buffer[] {
  const version = quicVersion(QUIC_V1);
  if (version === undefined) throw new Error('QUIC v1 is not known');
  const destination = Buffer.from(random.bytes(8));
  const keys = clientInitialKeys(version, destination);
  const message = hello(random, name, postQuantum);
  const datagrams: Buffer[] = [];
  for (let at = 0; at < message.length; at += 1100) {
    const payload = padded(cryptoFrame(at, message.subarray(at, at + 1100)), INITIAL_PAYLOAD);
    datagrams.push(sealInitial({ keys, version: QUIC_V1, destination, packetNumber: datagrams.length, payload }));
  }
  return datagrams;
}

export function dnsQuery(id: number, name: string, type: 'A' | 'AAAA'): Buffer {
  return Buffer.concat([u16(id, 0x0100, 1, 0, 0, 0), wireName(name), u16(type === 'A' ? 1 : 28, 1)]);
}

/** An answer with one address of a TTL of five minutes. */
export function dnsAnswer(id: number, name: string, ip: string): Buffer {
  const type = ip.includes(':') ? 28 : 1;
  const address = ipBytes(ip);
  const answer = [u16(0xc00c, type, 1), u32(300), u16(address.length), address];
  return Buffer.concat([u16(id, 0x8180, 1, 1, 0, 0), wireName(name), u16(type, 1), ...answer]);
}

/** A multicast announcement (RFC 6762): `name` has the address `ip`. */
export function mdnsAnnouncement(name: string, ip: string): Buffer {
  const record = [wireName(name), u16(1, 0x8001), u32(120), u16(4), ipBytes(ip)];
  return Buffer.concat([u16(0, 0x8400, 0, 1, 0, 0), ...record]);
}
