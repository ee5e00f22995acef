// What a fleet costs a home. Pauses: how long it stands still while it works out what to tell, in slices, as a sensor that runs does it,
// beside the same all at once, in alternating rounds of one run (aim: 20 ms, which nobody notices). Running: memory and start.
import { cpus, loadavg } from 'node:os';
import { Reporter } from '../../sensor/fleet/report.ts';
import { SLICE, Slices } from '../../sensor/fleet/steps.ts';
import { FLEET_TARGET } from '../../sensor/record/outbox.ts';
import { busyHome } from './fleet-home.ts';
import { running } from './fleet-running.ts';
import { median, readArgs, UsageError } from './measure.ts';

const CASES = ['nothing is new', 'all is new'] as const;

const DEFAULTS = { devices: 100, incidents: 400, connections: 30, rounds: 5 };
const PARTS: Readonly<Record<string, (options: typeof DEFAULTS) => Promise<void>>> = {
  pauses,
  running: ({ rounds }) => running(rounds),
};

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, DEFAULTS);
  const unknown = positions.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) throw new UsageError(`${unknown} is none of ${Object.keys(PARTS).join(', ')}`);
  for (const [name, part] of Object.entries(PARTS))
    if (positions.length === 0 || positions.includes(name)) await part(values);
}

async function pauses(values: typeof DEFAULTS): Promise<void> {
  const { books, spine } = busyHome(values);
  const queue = spine.store.outbox.of(FLEET_TARGET);
  const take = () => {
    for (let rows = queue.peek(500); rows.length > 0; rows = queue.peek(500)) queue.remove(...rows.map(({ id }) => id));
  };
  const reporter = new Reporter({
    ...{ books: () => books, store: spine.store, queue, topic: 'fleet/v1/records/bench' },
    // Rounds follow each other faster than a home may tell.
    ticks: () => performance.now() * 1e6,
  });
  const records = reporter.records().length;
  reporter.sync('all');
  take();
  console.log(
    `${values.devices} devices, ${values.incidents} incidents, ${records} records; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; ${values.rounds} alternating rounds, slices of ${SLICE} ms`,
  );
  for (const name of CASES) {
    const once: number[] = [];
    const sliced: number[] = [];
    const whole: number[] = [];
    for (let round = 0; round < values.rounds; round++) {
      if (name === 'all is new') reporter.forget();
      const from = performance.now();
      reporter.sync('all');
      once.push(performance.now() - from);
      take();
      if (name === 'all is new') reporter.forget();
      const { longest, took } = await inSlices(reporter);
      sliced.push(longest);
      whole.push(took);
      take();
    }
    const [at, slice] = [Math.max(...once), Math.max(...sliced)];
    console.log(
      `${name.padEnd(16)} longest pause at once ${at.toFixed(1)} ms (median ${median(once).toFixed(1)}), in slices ${slice.toFixed(1)} ms (median ${median(sliced).toFixed(1)}): ${(median(once) / median(sliced)).toFixed(1)} times shorter; all of it ${median(whole).toFixed(0)} ms`,
    );
  }
  spine.close();
}

/** The longest that anything else had to wait, and how long it took altogether (ms). */
function inSlices(reporter: Reporter): Promise<{ longest: number; took: number }> {
  return new Promise((resolve, reject) => {
    const slices = new Slices();
    const begun = performance.now();
    let [longest, before, isDone] = [0, begun, false];
    const other = (): void => {
      const now = performance.now();
      longest = Math.max(longest, now - before);
      before = now;
      if (isDone) resolve({ longest, took: now - begun });
      else setImmediate(other);
    };
    slices.begin({
      steps: reporter.steps('all'),
      isStale: () => false,
      onDone() {
        isDone = true;
      },
      onError: reject,
    });
    setImmediate(other);
  });
}
