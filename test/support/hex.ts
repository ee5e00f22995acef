// Bytes written out in tests, and frames around them.
import type { Frame, LinkType } from '../../sensor/capture/frame.ts';

/** Octets from hexadecimal digits; white space is for the reader. */
export function hex(digits: string): Buffer {
  const packed = digits.replace(/\s+/g, '');
  const bytes = Buffer.from(packed, 'hex');
  if (bytes.length * 2 !== packed.length) throw new Error(`not hexadecimal: ${digits}`);
  return bytes;
}

/** A frame as capture hands it on: Ethernet, complete and at time 0 unless told. */
export function frameOf(data: Buffer, fields: Partial<Frame> & { linkType?: LinkType } = {}): Frame {
  return { time: 0, linkType: 1, data, originalLength: data.length, ...fields };
}
