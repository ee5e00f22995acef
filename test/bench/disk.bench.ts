// What the sensor writes: a day of a busy home, a year of packet time, a flood of incidents. One process, a database in a file,
// flushed as the running sensor does by its timers but in packet time, counted by the kernel (write_bytes of /proc/self/io). It
// counts a page once until that is on the disk, which in a day takes half a minute at most: so each flush is brought there.
import { readFileSync } from 'node:fs';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { FLOODS } from './floods.ts';
import { Household } from './household.ts';
import { readArgs, UsageError } from './measure.ts';
import { PacketTimeSensor } from './packet-time.ts';
import { Random } from './random.ts';

const DEFAULTS = { devices: 100, days: 365 };
const START = Date.parse('2026-01-05T00:00:00Z');
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
/** Connections of a thing in a day; a person's device makes ten times as many. In a year fewer, so that it ends today. */
const BUSY = 150;
const SPARSE = 8;
/** Pairs of frames a second in a flood of incidents, and for how long. */
const ATTACKS = 5;

const PARTS: Readonly<Record<string, (options: typeof DEFAULTS) => void>> = { day, year, incidents };

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, DEFAULTS);
  const unknown = positions.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) throw new UsageError(`${unknown} is none of ${Object.keys(PARTS).join(', ')}`);
  for (const [name, part] of Object.entries(PARTS))
    if (positions.length === 0 || positions.includes(name)) part(values);
}

/** The second of two days: the first fills an empty database. */
function day({ devices }: typeof DEFAULTS): void {
  const home = new Household({ devices, connections: BUSY, seed: 1 });
  const sensor = new PacketTimeSensor({ start: START, isSynced: true });
  sensor.play(home.day(START), START + DAY);
  const before = written();
  const frames = home.day(START + DAY);
  sensor.play(frames, START + 2 * DAY);
  const bytes = written() - before;
  console.log(
    `a day of a busy home, ${devices} devices, ${frames.length} frames: ${megabytes(bytes)} written (aim 10 MB); database ${megabytes(sensor.spine.store.sizeBytes())}`,
  );
  sensor.close();
}

function year({ days, devices }: typeof DEFAULTS): void {
  const home = new Household({ devices, connections: SPARSE, presenceEvery: 6 * HOUR, seed: 2 });
  const sensor = new PacketTimeSensor({ start: START, isSynced: false });
  for (let n = 0; n < days; n++) {
    sensor.play(home.day(START + n * DAY), START + (n + 1) * DAY);
    if ((n + 1) % 73 === 0 || n + 1 === days)
      console.log(
        `day ${String(n + 1).padStart(3)}: database ${megabytes(sensor.spine.store.sizeBytes())}, ${sensor.spine.recorder.incidents.all().length} incidents (aim: 100 MB after a year of ${devices} devices)`,
      );
  }
  sensor.close();
}

/** Ever new things mail, for an hour. */
function incidents(): void {
  const sensor = new PacketTimeSensor({ start: START, isSynced: true });
  const flood = FLOODS.mail?.(new Random(1));
  const before = written();
  for (let second = 0; second < HOUR; second += SECOND) {
    const frames: CapturedFrame[] = [];
    for (let n = 0; n < 2 * ATTACKS; n++)
      frames.push({
        time: START + second + Math.floor((n * SECOND) / (2 * ATTACKS)),
        data: flood?.next().value ?? Buffer.alloc(60),
      });
    sensor.play(frames, START + second + SECOND);
  }
  const bytes = written() - before;
  console.log(
    `an hour of ${ATTACKS} new mailers a second: ${sensor.opened} incidents opened, ${sensor.spine.recorder.incidents.all().length} known at the end; ${megabytes(bytes)} written (aim 50 MB), ${(bytes / 1000 / Math.max(1, sensor.opened)).toFixed(1)} KB an incident`,
  );
  sensor.close();
}

function written(): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
