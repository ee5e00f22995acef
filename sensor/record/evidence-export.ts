// The evidence of an incident as files for others: its frames as a capture that any tool reads. The report beside it is in
// evidence-report.ts. Pure: bytes from what was kept.
import type { LinkType } from '../capture/frame.ts';
import type { EvidenceFrame } from './evidence-ring.ts';

/** Microseconds, little-endian, version 2.4 (draft-ietf-opsawg-pcap, section 4). */
const MAGIC = 0xa1b2c3d4;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** No kept frame is longer. */
const SNAP_LENGTH = 1024;

/** A capture file has one link type: the one of most frames. Those of another are left out. By time. */
export function framesOfOneKind(frames: readonly EvidenceFrame[]): { frames: EvidenceFrame[]; leftOut: number } {
  const counts = new Map<LinkType, number>();
  for (const { linkType } of frames) counts.set(linkType, (counts.get(linkType) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  const chosen = frames.filter(({ linkType }) => linkType === most?.[0]);
  return { frames: chosen.sort((a, b) => a.time - b.time || a.seq - b.seq), leftOut: frames.length - chosen.length };
}

/** Classic pcap. Each record keeps the frame's length on the wire. */
export function evidencePcap(all: readonly EvidenceFrame[]): Buffer {
  const { frames } = framesOfOneKind(all);
  const header = Buffer.alloc(FILE_HEADER);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(frames[0]?.linkType ?? 1, 20);
  return Buffer.concat([header, ...frames.flatMap((frame) => [recordHeader(frame), frame.data])]);
}

function recordHeader({ data, time, wireLength }: EvidenceFrame): Buffer {
  const header = Buffer.alloc(RECORD_HEADER);
  const seconds = Math.floor(time / 1000);
  header.writeUInt32LE(seconds >>> 0, 0);
  header.writeUInt32LE((time - seconds * 1000) * 1000, 4);
  header.writeUInt32LE(data.length, 8);
  header.writeUInt32LE(Math.max(wireLength, data.length) >>> 0, 12);
  return header;
}

/** ASCII, from the id alone: device names are anybody's text. */
export function evidenceFileName(id: string, ending: 'pcap' | 'txt'): string {
  return `thingwatch-${id.replace(/[^a-z0-9]/g, '')}.${ending}`;
}
