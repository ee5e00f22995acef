// Writes days of a made-up busy home to standard output as a capture: what `bench -- memory` reads from a process of its own.
import { PCAP_START, PcapWriter } from './generate.ts';
import { Household } from './household.ts';
import { readArgs } from './measure.ts';

export const HOUSEHOLD = { devices: 100, days: 30, connections: 150 };
const DAY = 24 * 60 * 60_000;

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, HOUSEHOLD);
  const home = new Household({ ...values, seed: 1 });
  const writer = new PcapWriter('/dev/stdout');
  let before = PCAP_START;
  for (let day = 0; day < values.days; day++) {
    for (const { data, time } of home.day(PCAP_START + day * DAY)) {
      writer.write(data, Math.max(0, time - before) * 1000);
      before = Math.max(before, time);
    }
  }
  writer.close();
}
