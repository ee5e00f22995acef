// Doctor's look at live traffic: the sensor's own path from the source to the engine, for some seconds, with nothing kept and
// nobody told. Belongs to main.ts.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError } from '../capture/errors.ts';
import type { PortCounts, Watched, WatchedTraffic } from '../deploy/doctor-traffic.ts';
import type { Engine } from '../engine.ts';
import { english } from '../language/words.ts';
import { silentLog } from '../log.ts';
import type { RecordStore } from '../record/record-store.ts';
import { vantageAdvice, vantageSentence } from '../record/wording-vantage.ts';
import { openPassingSpine, type Spine } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { type LivePlan, planSource } from './live.ts';
import { macOf, ownMacs, type Session } from './session.ts';

export async function watchTraffic(session: Session, seconds: number, signal: AbortSignal): Promise<Watched> {
  const quiet: Session = { ...session, log: () => silentLog };
  let plan: LivePlan;
  try {
    plan = planSource(quiet);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  const spine = openPassingSpine({
    ...quiet,
    homeNet: session.config.capture.home_net,
    sensorMac: macOf(plan.port),
    ownMacs: ownMacs(),
    alerts: () => [],
  });
  try {
    return await listen(quiet, plan, spine, { seconds, signal });
  } finally {
    spine.close();
  }
}

async function listen(
  { now }: Session,
  plan: LivePlan,
  spine: Spine<RecordStore>,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Watched> {
  const { engine } = spine;
  let problem: string | null = null;
  const source = await plan.open({
    onFrame: (frame) => engine.frame(frame),
    onState: (_state, error) => {
      problem = error ?? problem;
    },
    log: silentLog,
    now,
  });
  const ticking = setInterval(() => engine.tick(now()), 250);
  let before: PortCounts | null = null;
  let begun = performance.now();
  try {
    await source.start();
    before = countsOf(plan.port);
    begun = performance.now();
    await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
  } catch (error) {
    return { problem: reasonOf(error) };
  } finally {
    clearInterval(ticking);
    await source.stop();
  }
  if (problem !== null && engine.stats.packets === 0) return { problem };
  const after = countsOf(plan.port);
  const watched = Math.round((performance.now() - begun) / 100) / 10;
  return { ...factsOf(spine, watched), port: before === null || after === null ? null : difference(before, after) };
}

function factsOf({ engine, knowledge }: Spine<RecordStore>, seconds: number): Omit<WatchedTraffic, 'port'> {
  const devices = engine.devices.all().filter(({ role }) => role === 'device');
  return {
    seconds,
    packets: engine.stats.packets,
    duplicates: engine.stats.duplicates,
    devices: engine.devices.size,
    broadcastOnly: devices
      .filter(({ broadcastOnly }) => broadcastOnly)
      .map((device) => knowledge.displayName(device, engine.devices, english)),
    vantage: seenFrom(engine),
    lossPercent: engine.loss.overall.percent,
  };
}

function seenFrom({ judgement }: Engine): WatchedTraffic['vantage'] {
  const { confidence, direction, vantage } = judgement;
  const isUseless = vantage !== 'lan-both-ways' && vantage !== 'lan-one-way';
  // Where nothing came in all that time, there is nothing to doubt.
  const isClear = vantage === 'nothing' || confidence !== 'unsure';
  const isGood = vantage === 'lan-both-ways' ? 'yes' : isUseless && isClear ? 'useless' : 'poor';
  return { isGood, sentence: vantageSentence(english, judgement), fix: vantageAdvice(english, vantage, direction).fix };
}

function reasonOf(error: unknown): string {
  if (error instanceof CaptureError || error instanceof EdgeError) return error.message;
  throw error;
}

/** The port's own counters (Linux, Documentation/ABI/testing/sysfs-class-net-statistics). */
function countsOf(port: string | null): PortCounts | null {
  if (port === null) return null;
  const read = (name: string) => {
    try {
      return Number(readFileSync(`/sys/class/net/${port}/statistics/${name}`, 'utf8'));
    } catch {
      return null;
    }
  };
  const arrived = read('rx_packets');
  if (arrived === null) return null;
  const dropped = ['rx_missed_errors', 'rx_fifo_errors', 'rx_over_errors'].reduce(
    (sum, name) => sum + (read(name) ?? 0),
    0,
  );
  return { arrived, dropped, tooLong: read('rx_length_errors') ?? 0 };
}

function difference(before: PortCounts, after: PortCounts): PortCounts {
  return {
    arrived: after.arrived - before.arrived,
    dropped: after.dropped - before.dropped,
    tooLong: after.tooLong - before.tooLong,
  };
}
