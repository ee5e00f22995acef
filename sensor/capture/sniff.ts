// Looks at the first bytes of a capture, unpacked: is it one, and of which link type? Reads no packets.
import { CaptureError } from './errors.ts';
import type { LinkType } from './frame.ts';
import { isSupportedLinkType, linkTypeName, linkTypeOf } from './link-types.ts';

/** Enough for a pcapng section header with long comments and its first interface. */
export const SNIFF_BYTES = 65_536;

const PCAP_MAGICS = new Set([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]);
const PCAPNG_SECTION_HEADER = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDER = 0x1a2b3c4d;
const PCAPNG_INTERFACE = 1;

/**
 * The link type of a pcap or pcapng file that starts with `head`, or null when more of it is needed.
 * Throws a CaptureError that names `file` when it is no capture or one we cannot read.
 */
export function sniffLinkType(head: Buffer, file: string, complete: boolean): LinkType | null {
  if (head.length === 0 && complete)
    throw new CaptureError('not-a-capture', `${file} is empty: there is no capture in it`);
  const linkType = head.length < 4 ? undefined : readLinkType(head);
  if (linkType === 'foreign' || (complete && head.length < 4)) throw notACapture(head, file);
  if (linkType === undefined) {
    if (!complete) return null;
    const why = head.length < SNIFF_BYTES ? 'ends inside its header' : 'describes no interface in its first 64 KiB';
    throw new CaptureError('not-a-capture', `${file} ${why}: no packet can be read from it`);
  }
  if (!isSupportedLinkType(linkType)) {
    throw new CaptureError(
      'unsupported',
      `${file} has link type ${linkTypeName(linkType)}. thingwatch reads Ethernet and Linux cooked captures, because only they tell devices apart by MAC address; capture on the wired side of the router`,
    );
  }
  return linkType;
}

function notACapture(head: Buffer, file: string): CaptureError {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) {
    return new CaptureError('not-a-capture', `${file} is compressed twice: unpack it first, for example with gunzip`);
  }
  return new CaptureError('not-a-capture', `${file} is not a packet capture (neither pcap nor pcapng)`);
}

/** `undefined` when `head` is too short to tell. */
function readLinkType(head: Buffer): number | 'foreign' | undefined {
  if (PCAP_MAGICS.has(head.readUInt32LE(0))) return head.length < 24 ? undefined : linkTypeOf(head.readUInt32LE(20));
  if (PCAP_MAGICS.has(head.readUInt32BE(0))) return head.length < 24 ? undefined : linkTypeOf(head.readUInt32BE(20));
  if (head.readUInt32BE(0) !== PCAPNG_SECTION_HEADER) return 'foreign';
  if (head.length < 12) return undefined;
  const little = head.readUInt32LE(8) === PCAPNG_BYTE_ORDER;
  if (!little && head.readUInt32BE(8) !== PCAPNG_BYTE_ORDER) return 'foreign';
  const read32 = (at: number) => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  for (let at = 0; at + 12 <= head.length; ) {
    const length = read32(at + 4);
    if (at > 0 && read32(at) === PCAPNG_INTERFACE)
      return little ? head.readUInt16LE(at + 8) : head.readUInt16BE(at + 8);
    if (length < 12 || length % 4 !== 0) return 'foreign';
    at += length;
  }
  return undefined;
}
