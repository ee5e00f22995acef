// How the cost of the spine grows with what is in the home, and with what is made up: user CPU time of a run over frames of so many
// devices, names, incidents …, flushes, ticks, the broker's picture and a report included. Aim: an exponent of 1.05 at most.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { english } from '../../sensor/language/words.ts';
import { LogTail, silentLog } from '../../sensor/log.ts';
import { pageModel } from '../../sensor/main/page-model.ts';
import { publishSource } from '../../sensor/main/publish-source.ts';
import { buildReport } from '../../sensor/main/replay.ts';
import { SensorHealth } from '../../sensor/main/sensor-health.ts';
import { Outbox } from '../../sensor/publish/outbox.ts';
import { Picture } from '../../sensor/publish/picture.ts';
import { Sender } from '../../sensor/publish/sender.ts';
import { suppressedIn } from '../../sensor/publish/suppressed.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import type { Spine } from '../../sensor/spine.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { conversation, GROWTH, type GrowthCase, host, NEW_SERVERS, THING } from './growth-cases.ts';
import { readArgs } from './measure.ts';
import { memorySpine } from './spine.ts';
import { WORST_FRAMES } from './worst-frames.ts';

const AIM = 1.05;
const START = Date.parse('2026-02-05T10:00:00Z');
const DAY = 24 * 60 * 60_000;
/** As the running sensor does by its own timers, here in packet time (ms). */
const MAIL_FLUSH = 200;
const FLUSH = 60_000;

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { rounds: 2, largest: 65_536 });
  const wanted = (name: string) => positions.length === 0 || positions.some((part) => name.includes(part));
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  console.log(`fastest of ${values.rounds} runs, user CPU; aim: exponents of at most ${AIM}`);
  console.log(
    `${'so many'.padEnd(32)}${'from … to'.padStart(16)}${'ms … ms'.padStart(18)}${'µs each'.padStart(9)}  exponent`,
  );
  for (const growth of GROWTH.filter(({ name }) => wanted(name))) {
    const sizes = growth.sizes.filter((size) => size <= values.largest);
    measure(growth, sizes[0] ?? 0);
    const costs = sizes.map((size) => {
      const rounds = Array.from({ length: values.rounds }, () => {
        collect();
        return measure(growth, size);
      });
      return Math.min(...rounds);
    });
    const [least = 0, most = 0] = [sizes[0], sizes.at(-1)];
    const [cheapest = 0, dearest = 0] = [costs[0], costs.at(-1)];
    const range = `${least} … ${most}`;
    const cost = `${cheapest.toFixed(0)} … ${dearest.toFixed(0)}`;
    const each = ((dearest * 1000) / most).toFixed(1);
    const exponent = exponentOf(sizes, costs).toFixed(2);
    console.log(`${growth.name.padEnd(32)}${range.padStart(16)}${cost.padStart(18)}${each.padStart(9)}  ${exponent}`);
  }
  if (wanted(NEW_SERVERS.name)) tellNewServers();
  console.log(`\n${'worst single frame'.padEnd(48)}${'ms'.padStart(8)}   aim: 50`);
  for (const { frames, name } of WORST_FRAMES.filter((worst) => wanted(worst.name)))
    console.log(
      `${name.padEnd(48)}${Math.min(...[1, 2, 3, 4].map(() => worstOf(frames())))
        .toFixed(2)
        .padStart(8)}`,
    );
}

/** One run tells. */
function tellNewServers(): void {
  const [count = 0] = NEW_SERVERS.sizes;
  const begun = performance.now();
  const user = measure(NEW_SERVERS, count);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const each = ((user * 1000) / count).toFixed(1);
  console.log(
    `\n${count} ${NEW_SERVERS.name}: ${(user / 1000).toFixed(1)} s user, ${each} us each; ${seconds} s with making the frames (20 s before)`,
  );
}

/** By least squares over logarithms. */
function exponentOf(sizes: readonly number[], costs: readonly number[]): number {
  const [x, y] = [sizes.map(Math.log), costs.map(Math.log)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - meanX) * ((y[i] ?? 0) - meanY), 0);
  return covariance / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}

/** Milliseconds of user CPU time. The frames are made and the spine is opened before. */
function measure(growth: GrowthCase, size: number): number {
  const frames: Buffer[] = [];
  for (let i = 0; i < size; i++) frames.push(...growth.frames(i, size));
  const home = new Home();
  growth.prepare?.(home.spine, size);
  home.spine.recorder.flushAll();
  const before = process.cpuUsage();
  for (const frame of frames) home.take(frame, growth.step);
  home.end();
  return process.cpuUsage(before).user / 1000;
}

function worstOf(frames: readonly Buffer[]): number {
  const home = new Home();
  let worst = 0;
  for (const frame of frames) {
    const before = process.cpuUsage();
    home.take(frame, 5);
    worst = Math.max(worst, process.cpuUsage(before).user / 1000);
  }
  home.end();
  return worst;
}

/** A home whose router and one thing were known for a month, watched by a spine whose changes go to a broker. */
class Home {
  readonly spine: Spine = memorySpine();
  readonly #timers = new FakeTimers();
  readonly #health: SensorHealth;
  #time = START - 30 * DAY;
  #flushMailAt = START;
  #flushAt = START;

  constructor() {
    const { events } = this.spine;
    const fixed = { version: '0', startedAt: 0, mode: 'demo' as const, interface: null };
    this.#health = new SensorHealth(this.spine, fixed, () => this.#time);
    for (let i = 0; i < 20; i++)
      for (const frame of conversation({ ...THING, port: 50_000 + i }, host(1_000_000 + (i % 4), 443)))
        this.#frame(frame, 10);
    this.#time = START;
    const picture = this.#picture();
    const device = (mac: string | null) => {
      const view = mac === null ? null : picture.source.device(mac);
      if (view !== null) picture.refresh(view);
    };
    events.on('incident', ({ change, incident }) => {
      device(incident.device);
      if (change !== 'updated') picture.refreshSensor();
      picture.alerts.drain();
    });
    events.on('device', ({ mac }) => device(mac));
    events.on('forgotten', (mac) => picture.forget(mac));
  }

  take(data: Buffer, step: number): void {
    this.#frame(data, step);
    this.#timers.advance(step);
    if (this.#time >= this.#flushMailAt) {
      this.#flushMailAt = this.#time + MAIL_FLUSH;
      this.spine.recorder.flushMail();
    }
    if (this.#time >= this.#flushAt) {
      this.#flushAt = this.#time + FLUSH;
      this.spine.recorder.flushAll();
      this.#health.tick();
    }
  }

  /** A report, and the page as a person opens it. */
  end(): void {
    const { engine, recorder } = this.spine;
    engine.tick(this.#time + 60_000);
    recorder.flushAll();
    const page = pageModel(this.spine, () => this.#health.read(), new LogTail(1))(english);
    JSON.stringify([page.devices(), page.suggestions(), page.activity(), page.incidents({ limit: 50 })]);
    engine.finish();
    JSON.stringify(buildReport(this.spine, { files: [], cutFiles: 0, damagedFiles: 0 }));
    this.spine.close();
  }

  #frame(data: Buffer, step: number): void {
    this.#time += step;
    const frame: Frame = { time: this.#time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length };
    this.spine.engine.frame(frame);
  }

  /** What a broker is told, without the broker. */
  #picture() {
    const { store } = this.spine;
    const facts = {
      health: () => this.#health.read(),
      sensorMac: null,
      weeks: () => [],
      pageUrl: () => null,
      holdMs: DAY,
    };
    const source = publishSource(this.spine, facts);
    const acknowledge = (_topic: string, _payload: string, _retain: boolean, done: (refused: null) => void) =>
      done(null);
    const session = {
      version: 5 as const,
      receiveMaximum: 100,
      publish: acknowledge,
      subscribe() {},
      unsubscribe() {},
    };
    const alerts = new Outbox({ store: store.outbox, timers: this.#timers, onRefusal() {} });
    const picture = new Picture({
      words: english,
      topics: createTopics({ baseTopic: 'thingwatch', sensorId: 'bench', discoveryPrefix: 'homeassistant' }),
      version: '0',
      homeAssistant: { enabled: true, statusTopic: 'homeassistant/status', devices: 'all', linkByMac: false },
      holdMs: DAY,
      source,
      alerts,
      timers: this.#timers,
      log: silentLog,
      outbox: store.outbox,
      topicStore: store.topics,
      suppressed: suppressedIn({ read: () => null, write() {} }),
      onRefusal() {},
      onAnnounced() {},
    });
    const sender = new Sender(session);
    alerts.open(sender);
    picture.open(session, sender);
    return Object.assign(picture, { source, alerts });
  }
}
