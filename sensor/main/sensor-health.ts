// Gathers the sensor's health from all rooms. Belongs to main.ts.
import { InterfaceCounters } from '../capture/interface-drops.ts';
import { linkState } from '../capture/interfaces.ts';
import type { Warning } from '../capture/live-source.ts';
import type { Words } from '../language/words.ts';
import type { Health, NotCovered } from '../record/health.ts';
import type { Incident } from '../record/incident.ts';
import { notCoveredText, sightOf } from '../record/wording-vantage.ts';
import type { Spine } from '../spine.ts';
import type { LiveClock } from './live-clock.ts';

/** Frames per second are averaged over this long (ms). */
const RATE_WINDOW = 10_000;
/** Devices that are named as not covered; the rest are counted. */
const NOT_COVERED_NAMED = 32;
/** In a sentence. */
const NOT_COVERED_TOLD = 8;

export class SensorHealth {
  capture: Health['capture'] = 'starting';
  captureError: string | null = null;
  captureRestarts = 0;
  /** Each is asked anew at every reading. */
  readonly warnings: (() => readonly Warning[])[] = [];
  broker: () => Health['broker'] = () => null;
  coverage: () => Health['coverage'] = () => null;
  notify: () => Health['notify'] = () => [];
  fleet: () => Health['fleet'] = () => null;
  clock: LiveClock | null = null;
  readonly #spine: Spine;
  readonly #fixed: Pick<Health, 'version' | 'startedAt' | 'mode' | 'interface'>;
  readonly #now: () => number;
  #told = '';
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

  /** Call about once a second: renews the frame rate, and looks at the capture's cable. */
  tick(): void {
    this.#counters?.tick(this.#now());
    const { interface: device, mode } = this.#fixed;
    if (mode === 'live' && device !== null) this.#spine.engine.link(linkState(device));
    this.#tellVantage();
    const elapsed = this.#now() - this.#rate.since;
    if (elapsed < RATE_WINDOW) return;
    const { packets } = this.#spine.engine.stats;
    this.#rate = { since: this.#now(), frames: packets, perSecond: ((packets - this.#rate.frames) * 1000) / elapsed };
  }

  #tellVantage(): void {
    const { confidence, direction, vantage } = this.#spine.engine.judgement;
    const told = `${vantage} ${direction} ${confidence === 'unsure'} ${this.capture}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#spine.events.emit('vantage');
  }

  /** Told in the language of `words`. */
  read(words = this.#spine.words): Health {
    const { databasePath, engine, recorder, store } = this.#spine;
    const { judgement, stats } = engine;
    const silent = notCovered(words, this.#spine);
    const clock = this.clock?.health() ?? null;
    const loss = engine.loss[this.#fixed.mode === 'live' ? 'recent' : 'overall'];
    return {
      ...this.#fixed,
      startedAt: this.clock?.startedAt ?? this.#fixed.startedAt,
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
      vantage: judgement.vantage,
      sight: sightOf(words, judgement),
      coverage: this.coverage(),
      notCovered: silent,
      clock,
      blindSpots: [
        ...(clock?.isCertain === false ? [words.health.clock] : []),
        ...(silent.sentence === null ? [] : [silent.sentence]),
        words.health.router,
      ],
      warnings: this.warnings.flatMap((warnings) => warnings().map(({ key, say }) => ({ key, ...say(words) }))),
      decode: engine.counters.toJSON(),
      broker: this.broker(),
      notify: this.notify(),
      fleet: this.fleet(),
      database: {
        path: databasePath,
        bytes: store.sizeBytes(),
        error: recorder.problem,
        refused: recorder.refused,
      },
      devices: engine.devices.size,
      openIncidents: openOf(recorder.incidents.values()),
    };
  }
}

function openOf(incidents: Iterable<Incident>): number {
  let count = 0;
  for (const { state } of incidents) if (state === 'open') count++;
  return count;
}

function notCovered(words: Words, { engine, knowledge }: Spine): NotCovered {
  const silent = engine.devices.all().filter(({ broadcastOnly, role }) => broadcastOnly && role === 'device');
  const devices = silent.slice(0, NOT_COVERED_NAMED).map((device) => ({
    mac: device.mac,
    name: knowledge.displayName(device, engine.devices, words),
  }));
  const names = devices.slice(0, NOT_COVERED_TOLD).map(({ name }) => name);
  const text = notCoveredText(words, silent.length, names);
  return { count: silent.length, devices, sentence: text === null ? null : `${text}.` };
}
