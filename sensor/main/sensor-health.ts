// Gathers the sensor's health from all rooms. Belongs to main.ts.
import type { Vantage } from '../attribute/vantage.ts';
import type { Health, Warning } from '../record/health.ts';
import type { Spine } from '../spine.ts';
import type { LiveClock } from './live-clock.ts';

/** Frames per second are averaged over this long (ms). */
const RATE_WINDOW = 10_000;

export class SensorHealth {
  capture: Health['capture'] = 'starting';
  captureError: string | null = null;
  captureRestarts = 0;
  /** Each is asked anew at every reading. */
  readonly warnings: (() => readonly Warning[])[] = [];
  broker: () => Health['broker'] = () => null;
  clock: LiveClock | null = null;
  readonly #spine: Spine;
  readonly #fixed: Pick<Health, 'version' | 'startedAt' | 'mode' | 'interface'>;
  readonly #now: () => number;
  #rate = { since: 0, frames: 0, perSecond: 0 };

  constructor(spine: Spine, fixed: Pick<Health, 'version' | 'startedAt' | 'mode' | 'interface'>, now: () => number) {
    this.#spine = spine;
    this.#fixed = fixed;
    this.#now = now;
    this.#rate.since = now();
  }

  /** Call about once a second: renews the frame rate. */
  tick(): void {
    const elapsed = this.#now() - this.#rate.since;
    if (elapsed < RATE_WINDOW) return;
    const { packets } = this.#spine.engine.stats;
    this.#rate = { since: this.#now(), frames: packets, perSecond: ((packets - this.#rate.frames) * 1000) / elapsed };
  }

  read(): Health {
    const { databasePath, engine, recorder, store } = this.#spine;
    const { stats, vantage } = engine;
    const clock = this.clock?.health() ?? null;
    return {
      ...this.#fixed,
      startedAt: this.clock?.startedAt ?? this.#fixed.startedAt,
      capture: this.capture,
      captureRestarts: this.captureRestarts,
      captureError: this.captureError,
      lastFrameAt: stats.lastPacket,
      frames: stats.packets,
      framesPerSecond: Math.round(this.#rate.perSecond * 10) / 10,
      lossPercent: null,
      vantage,
      clock,
      blindSpots: [...(clock?.isCertain === false ? [CLOCK_WORDS] : []), ...blindSpots(this.#spine, vantage)],
      warnings: this.warnings.flatMap((warnings) => warnings()),
      decode: engine.counters.toJSON(),
      broker: this.broker(),
      database: { path: databasePath, bytes: sizeOf(store), error: recorder.problem },
      devices: engine.devices.size,
      openIncidents: recorder.incidents.all().filter(({ state }) => state === 'open').length,
    };
  }
}

const CLOCK_WORDS =
  "This machine's clock is not known to be right: times are marked as not certain, and are corrected once it is.";

function sizeOf(store: Spine['store']): number {
  try {
    return store.sizeBytes();
  } catch {
    return 0;
  }
}

export const VANTAGE_WORDS: Record<Vantage, string | null> = {
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
