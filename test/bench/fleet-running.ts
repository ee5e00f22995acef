// What a fleet costs a sensor that runs: its memory and its start with a fleet that takes what it is told, and without, in turn. On the
// loopback interface, with an empty database.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetEnd } from '../fleet/home/program/fleet-end.ts';
import { said, terminate } from '../lab/namespaces.ts';
import { sensorProcesses } from '../support/processes.ts';
import { median, memoryOf, THINGWATCH } from './measure.ts';

const SETTLE = 10_000;

interface Figures {
  start: number;
  resident: number;
  proportional: number;
  peak: number;
}

/** As root. */
export async function running(rounds: number): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.log('running: not measured, it needs root');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fleet-'));
  const end = await FleetEnd.start();
  try {
    const enrolment = await end.enrol(join(folder, 'fleet.json'));
    const [off, on]: [Figures[], Figures[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      off.push(await measured(join(folder, `off-${round}`), {}));
      on.push(await measured(join(folder, `on-${round}`), { THINGWATCH_FLEET_ENROLMENT: enrolment }));
    }
    console.log(`run without a fleet and in one, ${rounds} rounds in turn, load ${loadavg()[0]?.toFixed(1)}; medians`);
    for (const [name, unit] of [
      ['resident', 'MB'],
      ['proportional', 'MB'],
      ['peak', 'MB'],
      ['start', 'ms'],
    ] as const) {
      const [without, within] = [off, on].map((all) => median(all.map((one) => one[name]))) as [number, number];
      const differences = on.map((one, n) => (one[name] - (off[n]?.[name] ?? 0)).toFixed(1));
      console.log(
        `${name.padEnd(12)} ${without.toFixed(1)} and ${within.toFixed(1)} ${unit}; of each round ${differences.join(', ')} more`,
      );
    }
  } finally {
    await end.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(state: string, settings: Record<string, string>): Promise<Figures> {
  const env = {
    ...process.env,
    ...settings,
    THINGWATCH_STATE_DIR: state,
    THINGWATCH_CAPTURE_INTERFACE: 'lo',
    THINGWATCH_MQTT_LISTEN: '127.0.0.1:0',
    THINGWATCH_WEB_LISTEN: '127.0.0.1:0',
  };
  const [command, script] = THINGWATCH;
  const begun = performance.now();
  const child = spawn(command, [script, 'run'], { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    await said(child, /Capturing on/, 'sensor');
    const start = performance.now() - begun;
    await sleep(SETTLE);
    return { start, ...memoryOf(sensorProcesses(child.pid ?? 0).sensor) };
  } finally {
    await terminate(child);
  }
}
