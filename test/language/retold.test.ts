// A change of `language` tells what is stored anew, from its kind and evidence, and leaves as it is what cannot be told any more.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { english, type Words, wordsIn } from '../../sensor/language/words.ts';
import { mail } from '../../sensor/self-test/frames/traffic.ts';
import { CAMERA, FRIDGE, MAIL_SERVER, MINUTE, START, Stage } from '../support/stage.ts';

const german = await wordsIn('de');
let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-retold-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

/** What a sensor in this language has of the incidents, and what it leaves on disk. */
function sensor(words: Words, during: (stage: Stage) => void = () => {}) {
  const stage = new Stage({ stateDir, words });
  during(stage);
  const { recorder } = stage.spine;
  stage.spine.close();
  const told = recorder.incidents.all().map(({ advice, summary }) => ({ advice, summary }));
  const db = new Database(join(stateDir, 'thingwatch.db'), { readonly: true });
  const stored = db.prepare('SELECT summary, advice FROM incidents ORDER BY device, started_at').all();
  db.close();
  const rows = stored as { summary: string; advice: string }[];
  return { told, stored: rows.map(({ advice, summary }) => ({ advice: JSON.parse(advice), summary })) };
}

const mailers = (stage: Stage): void => {
  stage.play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }), mail(FRIDGE, MAIL_SERVER, START + MINUTE));
  stage.wait(START + 2 * MINUTE);
};

it('what was stored in English is German from the start on, on disk as well, and English again after that', () => {
  const before = sensor(english, mailers);
  expect(before.told[0]?.summary).toMatch(/is trying to reach mail servers/);
  const after = sensor(german);
  expect(after.told.map(({ summary }) => summary)).toEqual([
    expect.stringMatching(
      /versucht, Mailserver im Internet zu erreichen: 1 Versuch bei 1 Server \(1 ohne sichtbare Antwort\)\.$/,
    ),
    expect.stringMatching(/versucht, Mailserver im Internet zu erreichen: 1 Versuch bei 1 Server \(1 abgewiesen\)\.$/),
  ]);
  expect(after.told[1]?.advice[0]).toBe(german.advice.disconnect);
  expect(after.stored).toEqual(after.told);
  const again = sensor(english);
  expect(again.told).toEqual(before.told);
  expect(again.stored).toEqual(before.told);
});

it('what cannot be told from its evidence, or is about a device that is forgotten, stays as it is', () => {
  sensor(english, mailers);
  const db = new Database(join(stateDir, 'thingwatch.db'));
  db.prepare(`UPDATE incidents SET evidence = '{}', summary = 'An older one.' WHERE device = ?`).run(CAMERA.mac);
  db.prepare('DELETE FROM devices WHERE mac = ?').run(FRIDGE.mac);
  const [{ summary } = { summary: '' }] = db
    .prepare<[string], { summary: string }>('SELECT summary FROM incidents WHERE device = ?')
    .all(FRIDGE.mac);
  db.close();
  expect(
    sensor(german)
      .told.map((one) => one.summary)
      .sort(),
  ).toEqual(['An older one.', summary].sort());
  expect(summary).toMatch(/mail servers/);
});

it('the same language leaves the words of the version that told it', () => {
  sensor(english, mailers);
  const db = new Database(join(stateDir, 'thingwatch.db'));
  db.prepare(`UPDATE incidents SET summary = 'As it was said before.'`).run();
  db.close();
  expect(new Set(sensor(english).told.map(({ summary }) => summary))).toEqual(new Set(['As it was said before.']));
});
