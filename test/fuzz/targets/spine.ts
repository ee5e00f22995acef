// Sequences of frames through all that keeps something: attribute and detect by themselves, and the whole spine with a recorder and
// its database in memory, the picture for the broker and the report at its end.

import { KnownTime } from '../../../sensor/attribute/known-time.ts';
import type { LinkType } from '../../../sensor/capture/frame.ts';
import { loadConfig } from '../../../sensor/config.ts';
import { Engine } from '../../../sensor/engine.ts';
import { english } from '../../../sensor/language/words.ts';
import { silentLog } from '../../../sensor/log.ts';
import { newRecordEvents } from '../../../sensor/record/events.ts';
import { Recorder } from '../../../sensor/record/recorder.ts';
import { StoreKeeper } from '../../../sensor/record/store-keeper.ts';
import { openKnowledge } from '../../../sensor/spine.ts';
import type { Material } from '../material.ts';
import { joinPieces, type Piece, splitPieces } from '../pieces.ts';
import { mustHold, type Target } from '../target.ts';

const START = Date.parse('2026-02-05T10:00:00Z');
const LINKS: readonly LinkType[] = [1, 1, 1, 1, 1, 1, 113, 276];
/** What goes by before a frame, ms, by the upper bits of its kind. */
const STEPS = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 31_000, 60_000, 300_000, 3_600_000, 40_000_000, -120_000];
/** Frames of an input that is a seed. */
const LONGEST_SEED = 60;

const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
const knowledge = openKnowledge({ config, log: () => silentLog });

function settings() {
  const { learning_days: learningDays, updates_overdue_days: overdueDays } = config.detect;
  return { learningDays, overdueDays, time: new KnownTime(), recorded: false };
}

function play(engine: Engine, input: Buffer, frame: () => void): void {
  let time = START;
  for (const { bytes, kind } of splitPieces(input)) {
    time += STEPS[kind >> 4] ?? 0;
    const linkType = LINKS[kind & 7] ?? 1;
    engine.frame({ time, linkType, data: bytes, originalLength: bytes.length + ((kind & 8) === 0 ? 0 : 40) });
    if ((kind & 0xf0) === 0xc0) engine.tick(time + 1);
    frame();
  }
  engine.tick(time + 120_000);
  frame();
}

/** Each recording in parts, and mixed with others. */
function sequences({ recordings }: Material): Buffer[] {
  const asPiece = (bytes: Buffer): Piece => ({ kind: 0x30, bytes });
  const parts = recordings.flatMap((frames) => {
    const own = frames.filter(({ length }) => length < 1600);
    const starts = own.length <= LONGEST_SEED ? [0] : [0, Math.floor(own.length / 2)];
    return starts.map((from) => joinPieces(own.slice(from, from + LONGEST_SEED).map(asPiece)));
  });
  return parts.slice(0, 400);
}

const engine: Target = {
  inPieces: true,
  longest: 48_000,
  run(input, frame) {
    const options = { homeNet: [], sensorMac: null, onFinding: () => true, knowledge, settings: settings() };
    const made = new Engine(options);
    play(made, input, frame);
    made.finish();
    frame();
  },
  seeds: sequences,
};

const spine: Target = {
  inPieces: true,
  longest: 48_000,
  run(input, frame) {
    const store = StoreKeeper.open({ path: ':memory:', now: () => START, log: silentLog });
    try {
      const time = new KnownTime();
      const events = newRecordEvents();
      const recorder = new Recorder({
        store,
        events,
        knowledge,
        time,
        log: silentLog,
        words: english,
        alerts: () => [],
        paced: false,
      });
      const made = new Engine({
        homeNet: [],
        sensorMac: null,
        onFinding: (finding, device) => recorder.finding(finding, device),
        watcher: recorder.evidence,
        onFinish: () => recorder.outbreaks.settle(),
        knowledge,
        settings: settings(),
      });
      recorder.attach(made);
      play(made, input, frame);
      recorder.flushMail();
      frame();
      made.finish();
      frame();
      recorder.flushAll();
      frame();
      const incidents = [...recorder.incidents.all()];
      mustHold(new Set(incidents.map(({ id }) => id)).size === incidents.length, 'two incidents with one id');
    } finally {
      store.close();
    }
  },
  seeds: (material) => sequences(material).slice(0, 120),
};

export const SPINE: Readonly<Record<string, () => Target>> = { engine: () => engine, spine: () => spine };
