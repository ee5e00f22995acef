// What a port brings, how much of it does the sensor take in, and at what cost? tcpreplay plays captures into a veth at rising
// rates, offloads off as the service has them or with `--offloads 1` as found, beside tcpdump with the same filter; what the sensor
// found is compared with a replay of the file.
import { rmSync, statSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { offloadsOn } from '../../sensor/capture/offloads.ts';
import { databaseIn } from '../../sensor/spine.ts';
import { EVERYTHING, generatedCapture } from './generate.ts';
import { outputOf, readArgs, THINGWATCH, UsageError } from './measure.ts';
import { cpuTimeOf, lostText, MirrorLab, type Played, PORT, passing } from './mirror-lab.ts';

/** Mbit/s. */
const MIXED = [500, 1000, 2000, 4000];
const ALL_PASS = [50, 100, 200, 400];

/** Connections by device and what they led to. */
type Found = Map<string, number>;

interface Task {
  file: string;
  rates: number[];
}

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { offloads: 0 });
  const lab = await MirrorLab.open();
  try {
    const found = await offloadsOf(lab);
    if (values.offloads === 0)
      await lab.script('sensor', [`ethtool -K ${PORT} ${found.map((name) => `${name} off`).join(' ')}`]);
    const left = (await offloadsOf(lab)).join(', ') || 'none';
    console.log(
      `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; offloads on: ${left}; CPU time as a share of one core while it was played`,
    );
    for (const task of tasksOf(positions)) await play(lab, task);
  } finally {
    await lab.close();
  }
}

async function offloadsOf(lab: MirrorLab): Promise<string[]> {
  return offloadsOn(await lab.script('sensor', [`ethtool -k ${PORT}`])).switchable;
}

function tasksOf([file, ...rest]: string[]): Task[] {
  const rates = rest.map(Number);
  if (rates.some((rate) => !(rate > 0))) throw new UsageError('rates are Mbit/s, as in: live FILE 1000 2500');
  const of = (usual: number[]) => (rates.length > 0 ? rates : usual);
  if (file !== undefined && file !== 'mixed' && file !== 'everything') return [{ file, rates: of(MIXED) }];
  const mixed = () => ({ file: generatedCapture(), rates: of(MIXED) });
  const everything = () => ({ file: generatedCapture(EVERYTHING, 'everything'), rates: of(ALL_PASS) });
  if (file === undefined) return [mixed(), everything()];
  return [file === 'mixed' ? mixed() : everything()];
}

async function play(lab: MirrorLab, { file, rates }: Task): Promise<void> {
  const expected = await replayed(file, join(lab.directory, 'replay'));
  const pass = await passing(file);
  console.log(
    `\n${file}: ${(statSync(file).size / 1e6).toFixed(0)} MB, ${pass.packets} packets pass the filter; by replay ${total(expected)} connections with ${expected.size} backends and mail servers of devices`,
  );
  for (const rate of rates) {
    await live(lab, file, rate, pass.bytes, expected);
    await beside(lab, file, rate, pass.packets);
  }
}

async function replayed(file: string, state: string): Promise<Found> {
  rmSync(state, { recursive: true, force: true });
  await outputOf([...THINGWATCH, 'replay', file, '--format', 'json', '--state', state]);
  return foundIn(state);
}

function foundIn(state: string): Found {
  const db = new Database(databaseIn(state), { readonly: true });
  try {
    const rows = db
      .prepare(
        `SELECT mac || ' ' || name || ' ' || role AS what, connections AS count FROM backends
         UNION ALL SELECT mac || ' mail ' || ip || ' ' || port, attempts FROM mail_destinations`,
      )
      .all() as { what: string; count: number }[];
    return new Map(rows.map(({ count, what }) => [what, count]));
  } finally {
    db.close();
  }
}

const total = (found: Found): number => [...found.values()].reduce((sum, count) => sum + count, 0);

/** Of the connections that `expected` has, those that `found` has as well. */
function inBoth(expected: Found, found: Found): number {
  return [...expected].reduce((sum, [what, count]) => sum + Math.min(count, found.get(what) ?? 0), 0);
}

async function live(lab: MirrorLab, file: string, rate: number, bytes: number, expected: Found): Promise<void> {
  const state = join(lab.directory, 'live');
  rmSync(state, { recursive: true, force: true });
  const sensor = await lab.startSensor(state);
  const { child, handedOn, parent, result: played } = await sensor.during(() => lab.play(file, rate));
  await sensor.stop();
  const found = foundIn(state);
  const both = inBoth(expected, found);
  const missed = total(expected) - both;
  tell(
    `${rate} Mbit/s, sensor`,
    played,
    `parent ${share(parent.cpu, played)}, child ${share(child.cpu, played)}; of what passes ${lostText(bytes, handedOn)}; ${missed === 0 ? 'all' : `${both} of ${total(expected)}`} connections found`,
  );
  const which = [...expected].filter(([one, count]) => (found.get(one) ?? 0) < count).map(([one]) => one);
  if (which.length > 0) console.log(`${' '.repeat(24)} missed of: ${which.slice(0, 5).join('; ')}`);
}

async function beside(lab: MirrorLab, file: string, rate: number, packets: number): Promise<void> {
  const tcpdump = await lab.startTcpdump('/dev/null');
  const before = cpuTimeOf(tcpdump.pid);
  const played = await lab.play(file, rate);
  const cpu = cpuTimeOf(tcpdump.pid) - before;
  const { captured, dropped } = await tcpdump.stop();
  const lost = captured >= packets ? 'nothing lost' : `${((100 * (packets - captured)) / packets).toFixed(2)} % lost`;
  tell(`${rate} Mbit/s, tcpdump`, played, `${share(cpu, played)}; of what passes ${lost}, ${dropped} dropped`);
}

function share(cpu: number, { seconds }: Played): string {
  return (cpu / (seconds * 1000)).toFixed(2);
}

function tell(what: string, { arrived, rate, seconds, sent }: Played, more: string): void {
  const reached = `${rate.toFixed(0)} Mbit/s, ${(sent / seconds / 1000).toFixed(0)} kpps reached`;
  const brought = arrived >= sent ? '' : `, ${sent - arrived} did not arrive`;
  console.log(`${what.padEnd(24)} ${reached}${brought}: ${more}`);
}
