// Gathers the sensor's health from all rooms. Belongs to main.ts.
import type { Vantage } from '../attribute/vantage.ts';
import { InterfaceCounters } from '../capture/interface-drops.ts';
import type { Health } from '../record/health.ts';
import type { Spine } from '../spine.ts';

/** Frames per second are averaged over this long (ms). */
const RATE_WINDOW = 10_000;

export class SensorHealth {
  capture: Health['capture'] = 'starting';
  captureError: string | null = null;
  captureRestarts = 0;
  broker: () => Health['broker'] = () => null;
  readonly #spine: Spine;
  readonly #fixed: Pick<Health, 'version' | 'startedAt' | 'mode' | 'interface'>;
  readonly #now: () => number;
  readonly #counters: InterfaceCounters | null;
  #rate = { since: 0, frames: 0, perSecond: 0 };

  constructor(spine: Spine, fixed: Pick<Health, 'version' | 'startedAt' | 'mode' | 'interface'>, now: () => number) {
    this.#spine = spine;
    this.#fixed = fixed;
    this.#now = now;
    const { interface: name, mode } = fixed;
    this.#counters = mode === 'live' && name !== null ? new InterfaceCounters(name) : null;
    this.#counters?.tick(now());
    this.#rate.since = now();
  }

  /** Call about once a second: renews the frame rate. */
  tick(): void {
    this.#counters?.tick(this.#now());
    const elapsed = this.#now() - this.#rate.since;
    if (elapsed < RATE_WINDOW) return;
    const { packets } = this.#spine.engine.stats;
    this.#rate = { since: this.#now(), frames: packets, perSecond: ((packets - this.#rate.frames) * 1000) / elapsed };
  }

  read(): Health {
    const { databasePath, engine, recorder, store } = this.#spine;
    const { stats, vantage } = engine;
    const loss = engine.loss[this.#fixed.mode === 'live' ? 'recent' : 'overall'];
    return {
      ...this.#fixed,
      capture: this.capture,
      captureRestarts: this.captureRestarts,
      captureError: this.captureError,
      lastFrameAt: stats.lastPacket,
      frames: stats.packets,
      framesPerSecond: Math.round(this.#rate.perSecond * 10) / 10,
      duplicates: stats.duplicatesByKind,
      lossPercent: loss.percent,
      loss,
      interfaceDrops: this.#counters?.read() ?? null,
      vantage,
      blindSpots: blindSpots(this.#spine, vantage),
      decode: engine.counters.toJSON(),
      broker: this.broker(),
      database: { path: databasePath, bytes: sizeOf(store), error: recorder.problem },
      devices: engine.devices.size,
      openIncidents: recorder.incidents.all().filter(({ state }) => state === 'open').length,
    };
  }
}

function sizeOf(store: Spine['store']): number {
  try {
    return store.sizeBytes();
  } catch {
    return 0;
  }
}

const VANTAGE_WORDS: Record<Vantage, string | null> = {
  'lan-both-ways': null,
  'lan-one-way': 'The mirror shows one direction only: whether mail was answered cannot be seen.',
  'wan-side': 'The sensor hangs on the Internet side of the router: devices cannot be told apart there.',
  'own-traffic-only': "Only this machine's own traffic is seen: the port is not a mirror port, or the mirror is off.",
  'broadcast-only': 'Only broadcasts are seen: the port is not a mirror port, or the mirror is off.',
  nothing: 'No traffic has been seen yet.',
};

function blindSpots({ engine }: Spine, vantage: Vantage): string[] {
  const words = VANTAGE_WORDS[vantage];
  const silent = engine.devices.all().filter((device) => device.broadcastOnly && device.role === 'device').length;
  return [
    ...(words === null ? [] : [words]),
    ...(silent === 0
      ? []
      : [
          `${silent} ${silent === 1 ? 'device is' : 'devices are'} seen only by broadcast: their Internet traffic does not cross the mirror.`,
        ]),
    'What the router itself sends to the Internet cannot be judged from inside the home.',
  ];
}
