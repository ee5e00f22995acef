// One home's record as that home would see it, in real chromium: the sentences of the home's own page in the desk's language, what
// travels behind a fold, whatever it holds; and what of it the desk's API tells.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FleetRecord, fleetRecord } from '../../../sensor/fleet/record.ts';
import { words as deskGerman } from '../../../web/fleet/page/words/de.ts';
import { words as deskEnglish } from '../../../web/fleet/page/words/en.ts';
import type { RecordsPage } from '../../../web/fleet/shapes.ts';
import { setLocale } from '../../../web/page/format.ts';
import { words as german } from '../../../web/page/words/de/index.ts';
import { words as english } from '../../../web/page/words/en/index.ts';
import { FLEET_WORDS } from '../../../web/page/words/fleet.ts';
import { SCREENS } from '../../support/browser.ts';
import { sampleRecords } from '../../support/fleet-report.ts';
import { complaints } from '../../support/page-check.ts';
import { leftOf, textsOn, textsWithin } from '../../support/page-words.ts';
import { DeskPageStage } from './page-stage.ts';
import { type Population, population } from './population.ts';
import { NOW, type RunningDesk, storeRecords } from './stage.ts';

// Longer than the browser waits for what does not come (30 s), which it then names.
vi.setConfig({ testTimeout: 120_000 });

let stage: DeskPageStage;
beforeAll(async () => {
  stage = await DeskPageStage.begin();
}, 120_000);
afterAll(() => stage.end());
afterEach(() => stage.clear());

const [phone] = SCREENS;
const LOOKS = SCREENS.flatMap((screen) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ ...screen, colorScheme })),
);
const LANGUAGES = [
  { locale: 'en-GB', own: FLEET_WORDS.en, words: english, desk: deskEnglish },
  { locale: 'de-DE', own: FLEET_WORDS.de, words: german, desk: deskGerman },
] as const;
const EVIL = `<img src=x onerror="window.hacked=1">`;

/** A desk with one home, whose helper is logged in. */
async function begin(records: readonly FleetRecord[]): Promise<{ desk: RunningDesk; home: string; token: string }> {
  const made: Population = population(2, NOW, { homes: 1, outbreaks: 0 });
  const [own] = made.homes;
  if (own === undefined) throw new Error('there is a home');
  Object.assign(own, { label: 'Ada', state: 'active' });
  const desk = await stage.desk(made);
  await storeRecords(desk.owner, own.home, records);
  return { desk, home: own.home, token: desk.token('Hal', [own.home]) };
}

async function open(page: Page, home: string, token: string): Promise<void> {
  await stage.login(page, token);
  await page.evaluate((to) => void Object.assign(location, { hash: to }), `#/homes/${home}`);
  await page.locator('.records, .empty').first().waitFor();
}

/** All of a kind, page after page. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  await page.locator('.records > li').first().waitFor();
}

describe.each(LOOKS)('on a $name screen, $colorScheme', (look) => {
  it.each(LANGUAGES)(
    'a home’s record stands as its own page tells it: $locale',
    async (language) => {
      const { desk: deskWords, locale, own, words } = language;
      setLocale(locale);
      const records = sampleRecords(NOW);
      const { desk, home, token } = await begin(records);
      const page = await stage.open(desk, { ...look, locale });
      await open(page, home, token);
      const shown = page.locator('.records > li');
      const raw = records.map((record) => JSON.stringify(record, null, 1));
      const told = [...textsWithin(records, raw), 'Ada', 'Hal', home, 'Test fleet', 'Example cameras'];
      const seen: string[] = [];
      const check = async (what: string): Promise<void> => {
        seen.push(...(await page.locator('.raw').allTextContents()));
        const all = LANGUAGES.map((one) => ({ ...one.words, fleet: one.own, desk: one.desk }));
        const left = words === german ? leftOf(all[0] ?? {}, all[1] ?? {}, await textsOn(page), told) : [];
        expect([what, left, await complaints(page)]).toEqual([what, [], []]);
      };
      const incident = shown.filter({ hasText: words.kind.mail_started });
      await incident.waitFor();
      expect(await incident.locator('p').allTextContents()).toEqual([
        `${words.kind.mail_started}${words.severity.critical}`,
        expect.stringContaining(own.record.period('', '').trim()),
        `Example cameras (Example Electronics, ${own.record.class.thing})`,
        expect.stringMatching(/^27 .*: 12 .*, 3 .*, 12 .*, 9 .*\.$/),
        own.record.hash('c0ffee0123456789'),
      ]);
      await incident.getByText(own.record.step.firmware_download('updates-of-a-vendor-with-a-long-name.com')).waitFor();
      await shown.filter({ hasText: words.kind.mail_lookup }).getByText(own.list.takenBack).waitFor();
      await shown.filter({ hasText: words.kind.sensor_blind }).getByText(own.record.ofHome).waitFor();
      // What travels is behind a fold.
      expect(await page.locator('.raw:visible').count()).toBe(0);
      await incident.getByText(own.list.raw, { exact: true }).click();
      await incident.getByText('"id": "incident:0000000000000001"').waitFor();
      await check('incidents');
      await choose(page, deskWords.home.kinds.coverage);
      await page
        .getByText(own.record.seen(words.guide.sees['lan-one-way'], words === german ? '3,5' : '3.5'))
        .waitFor();
      await check('coverage');
      await choose(page, deskWords.home.kinds.usage);
      await page.getByText(`Example cameras (Example Electronics, ${own.record.class.thing})`).first().waitFor();
      await page.getByText(`Gone Ltd (${own.record.class.infrastructure})`).first().waitFor();
      await check('usage');
      const byId = (a: FleetRecord, b: FleetRecord) => (a.id < b.id ? -1 : 1);
      expect(seen.map((text) => JSON.parse(text) as FleetRecord).sort(byId)).toEqual(records.toSorted(byId));
      expect(stage.problems).toEqual([]);
    },
    60_000,
  );
});

describe('the record', () => {
  it('takes what a backend, a maker or a family is called as text', async () => {
    const records = sampleRecords(NOW).flatMap((record): FleetRecord[] => {
      const vendor = EVIL;
      if (record.kind === 'usage') {
        // A family that no note knows, called as something that every object has.
        const family = record.body.family === null ? null : 'constructor';
        const backends = record.body.backends.map((one) => ({ ...one, backend: EVIL }));
        return [{ ...record, body: { ...record.body, family, vendor, backends } }];
      }
      if (record.kind !== 'incident' || record.body.device === null) return [];
      const before = record.body.before.map((step) => ({ ...step, backend: EVIL }));
      return [{ ...record, body: { ...record.body, device: { ...record.body.device, vendor, family: null }, before } }];
    });
    const { desk, home, token } = await begin(records);
    const page = await stage.open(desk, phone);
    await open(page, home, token);
    await page.getByText(`firmware from ${EVIL}`).waitFor();
    await page.getByText(`${EVIL} (a thing)`).waitFor();
    expect(await complaints(page)).toEqual([]);
    await choose(page, 'Usage');
    await page.getByText(`constructor (${EVIL}, a thing)`).first().waitFor();
    expect([await page.locator('main img').count(), await page.evaluate<boolean>("'hacked' in window")]).toEqual([
      0,
      false,
    ]);
    expect(stage.problems).toEqual([]);
  });

  it('of a newer sensor, which the desk does not know, is shown as it stands', async () => {
    const { desk, home, token } = await begin([]);
    const body = { day: '2026-11-30', weather: EVIL };
    await desk.owner.query("INSERT INTO records VALUES ($1, $2, 'usage:later', 1, 'usage', now(), $3)", [
      ...[home, '2026-11-01', JSON.stringify(body)],
    ]);
    const page = await stage.open(desk, phone);
    await open(page, home, token);
    await choose(page, 'Usage');
    await page.getByText(deskEnglish.home.newer).waitFor();
    await page.getByText(FLEET_WORDS.en.list.raw, { exact: true }).click();
    const { body: shown } = JSON.parse((await page.locator('.raw').textContent()) ?? '') as { body: unknown };
    expect([shown, await complaints(page), stage.problems]).toEqual([body, [], []]);
  });

  it('changes its language with the page', async () => {
    const { desk, home, token } = await begin(sampleRecords(NOW));
    const page = await stage.open(desk, phone);
    await open(page, home, token);
    await page.getByText(english.kind.mail_started, { exact: true }).waitFor();
    await page.evaluate(() => void Object.assign(location, { hash: '#/session' }));
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { name: 'Sitzung' }).waitFor();
    await page.evaluate((to) => void Object.assign(location, { hash: to }), `#/homes/${home}`);
    await page.getByText(german.kind.mail_started, { exact: true }).waitFor();
  });

  it('and its words are loaded by its helper alone', async () => {
    const { desk, home, token } = await begin(sampleRecords(NOW));
    const reader = desk.token('Ada');
    const files: string[] = [];
    for (const own of [reader, token]) {
      const page = await stage.open(desk, phone);
      page.on('request', (request) => files.push(new URL(request.url()).pathname));
      await stage.login(page, own);
      await page.evaluate((to) => void Object.assign(location, { hash: to }), `#/homes/${home}`);
      if (own === reader) {
        await page.getByText('Only a helper of this home may open its record.').waitFor();
        expect(files.filter((file) => /records-[^/]*\.js$/.test(file))).toEqual([]);
      } else await page.locator('.records > li').first().waitFor();
    }
    expect(files.filter((file) => /records-[^/]*\.js$/.test(file))).toHaveLength(1);
  });
});

it('the API tells what the families in it are called, and whether it knows a record', async () => {
  const records = sampleRecords(NOW, 1);
  const { desk, home, token } = await begin(records);
  await desk.owner.query("INSERT INTO records VALUES ($1, $2, 'usage:later', 1, 'usage', now(), '{}')", [
    ...[home, '2026-11-01'],
  ]);
  const cookie = await desk.login(token);
  const ask = async (kind: string): Promise<RecordsPage> =>
    (await desk.call(`/api/homes/${home}/records?kind=${kind}`, { cookie })).json as RecordsPage;
  const [usage, coverage] = [await ask('usage'), await ask('coverage')];
  expect([usage.families, coverage.families]).toEqual([{ 'example-camera': 'Example cameras' }, {}]);
  expect(usage.records.map(({ id, isKnown }) => [id === 'usage:later', isKnown])).toEqual(
    usage.records.map(({ id }) => [id === 'usage:later', id !== 'usage:later']),
  );
  for (const { isKnown, text } of usage.records) expect(fleetRecord.safeParse(JSON.parse(text)).success).toBe(isKnown);
});
