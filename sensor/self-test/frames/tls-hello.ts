// Builds TLS ClientHellos (RFC 8446, section 4.1.2) and the records around them.
import { u16 } from './link-layers.ts';

/** A vector with a two-byte length, as TLS has most. */
export function vector16(content: Buffer): Buffer {
  return Buffer.concat([u16(content.length), content]);
}

export function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([u16(type), vector16(data)]);
}

export function serverNameExtension(name: Buffer | string): Buffer {
  return extension(0, vector16(Buffer.concat([Buffer.from([0]), vector16(Buffer.from(name))])));
}

/** A ClientHello handshake message with the extensions given. */
export function clientHello(...extensions: Buffer[]): Buffer {
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 0xaa),
    Buffer.from([0]),
    vector16(u16(0x1301, 0x1302)),
    Buffer.from([1, 0]),
    vector16(Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

/** The handshake message in TLS records of at most `size` bytes each. */
export function tlsRecords(message: Buffer, size = 0x4000): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    records.push(Buffer.from([0x16, 3, 1]), vector16(message.subarray(at, at + size)));
  }
  return Buffer.concat(records);
}
