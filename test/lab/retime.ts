// Moves a recorded capture to a fixed date and stretches the silences in it. Bytes of frames and their order stay.

const HEADER = 24;
const RECORD_HEADER = 16;
/** Classic pcap, microseconds, little-endian: what tcpdump writes on the machines the lab runs on. */
const MAGIC = 0xa1b2c3d4;

export interface Stretch {
  /** Recorded time, milliseconds since 1970: frames from here on are moved. */
  readonly at: number;
  /** How much later they are shown, in milliseconds; stretches add up. */
  readonly by: number;
}

export interface PcapRecord {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly data: Buffer;
}

/** Reads what the lab's tcpdump wrote; throws on anything else. */
export function readRecords(pcap: Buffer): PcapRecord[] {
  if (pcap.length < HEADER || pcap.readUInt32LE(0) !== MAGIC) throw new Error('not a little-endian classic pcap file');
  const records: PcapRecord[] = [];
  for (let at = HEADER; at < pcap.length; ) {
    const length = at + RECORD_HEADER <= pcap.length ? pcap.readUInt32LE(at + 8) : Number.POSITIVE_INFINITY;
    const end = at + RECORD_HEADER + length;
    if (end > pcap.length) throw new Error(`the capture is cut off in the record at byte ${at}`);
    const time = pcap.readUInt32LE(at) * 1e6 + pcap.readUInt32LE(at + 4);
    records.push({ time, data: pcap.subarray(at + RECORD_HEADER, end) });
    at = end;
  }
  return records;
}

/** The same frames, the first at `start` (milliseconds since 1970), the others as far behind it as recorded and stretched. */
export function retime(pcap: Buffer, start: number, stretches: readonly Stretch[] = []): Buffer {
  const moved = Buffer.from(pcap);
  const records = readRecords(moved);
  const first = records[0]?.time ?? 0;
  let at = HEADER;
  for (const { time, data } of records) {
    const stretched = stretches.reduce((sum, stretch) => (time >= stretch.at * 1000 ? sum + stretch.by : sum), 0);
    const shown = (start + stretched) * 1000 + time - first;
    moved.writeUInt32LE(Math.floor(shown / 1e6), at);
    moved.writeUInt32LE(shown % 1e6, at + 4);
    at += RECORD_HEADER + data.length;
  }
  return moved;
}
