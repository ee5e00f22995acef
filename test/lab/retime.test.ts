import { expect, it } from 'vitest';
import { readRecords, retime } from './retime.ts';

const minute = 60_000;

/** A classic pcap file, little-endian, microseconds: one frame `aa`, `bb`, … per given time in milliseconds. */
function pcapAt(...times: readonly number[]): Buffer {
  const records = times.map((time, index) => {
    const record = Buffer.from('00000000' + '00000000' + '02000000' + '40000000' + 'aabb', 'hex');
    record.writeUInt32LE(Math.floor(time / 1000), 0);
    record.writeUInt32LE((time % 1000) * 1000 + index, 4);
    return record;
  });
  return Buffer.concat([Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'), ...records]);
}

const start = Date.parse('2026-01-05T10:00:00Z');
const recorded = Date.parse('2031-03-01T00:00:00Z');

it('moves the first frame to the given time and keeps the distances, to the microsecond', () => {
  const moved = retime(pcapAt(recorded, recorded + 1500), start);
  expect(readRecords(moved).map((record) => record.time)).toEqual([start * 1000, (start + 1500) * 1000 + 1]);
});

it('stretches silences: what comes at or after a mark is later, and marks add up', () => {
  const pcap = pcapAt(recorded, recorded + 10, recorded + 20, recorded + 30);
  const marks = [
    { at: recorded + 15, by: 60 * minute },
    { at: recorded + 30, by: 5 * minute },
  ];
  const times = readRecords(retime(pcap, start, marks)).map((record) => Math.floor(record.time / 1000) - start);
  expect(times).toEqual([0, 10, 60 * minute + 20, 65 * minute + 30]);
});

it('changes nothing but the times', () => {
  const pcap = pcapAt(recorded, recorded + 1);
  const moved = retime(pcap, start);
  expect(readRecords(moved).map((record) => record.data.toString('hex'))).toEqual(['aabb', 'aabb']);
  expect(readRecords(pcap)[0]?.time).toBe(recorded * 1000);
});

it('refuses what is not such a file, or is cut off', () => {
  expect(() => readRecords(Buffer.from('not a capture, but long enough'))).toThrow('classic pcap');
  expect(() => readRecords(pcapAt(recorded).subarray(0, -1))).toThrow('cut off in the record at byte 24');
  expect(() => readRecords(pcapAt(recorded).subarray(0, 30))).toThrow('cut off');
});
