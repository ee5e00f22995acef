// The desk's page in real chromium over a real database: from login to one home's record on a phone and a desk screen, in both schemes
// and both languages; what is empty, hostile, rare, or away; by keyboard alone.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetRecord } from '../../../sensor/fleet/record.ts';
import { dayOf } from '../../../web/fleet/days.ts';
import { SCREENS } from '../../support/browser.ts';
import { complaints } from '../../support/page-check.ts';
import { DeskPageStage } from './page-stage.ts';
import { type Population, population } from './population.ts';
import { NOW, type RunningDesk } from './stage.ts';

// Longer than the browser waits for what does not come (30 s), which it then names.
vi.setConfig({ testTimeout: 120_000 });

let stage: DeskPageStage;
beforeAll(async () => {
  stage = await DeskPageStage.begin();
}, 120_000);
afterAll(() => stage.end());
afterEach(() => stage.clear());

const [phone] = SCREENS;
const HOSTILE = `<img src=x onerror="document.title='owned'"> \u202Ebad.example`;
const LOOKS = SCREENS.flatMap((screen) => [
  { ...screen, colorScheme: 'light' as const, locale: 'en-GB' },
  { ...screen, colorScheme: 'dark' as const, locale: 'de-DE' },
]);
const EMPTY: Population = { homes: [], incidents: [], outbreaks: [] };
const view = (page: Page, address: string) =>
  page.evaluate((to) => void Object.assign(location, { hash: to }), `#/${address}`);
const tap = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click();

function ofMany(): { made: Population; home: string } {
  const made = population(1, NOW, { homes: 400 });
  made.outbreaks.push({
    ...{ id: 'hostile000000000', backend: HOSTILE, families: [HOSTILE], mailed: 37, exposed: 41, devices: 52 },
    ...{ state: 'open', alike: [HOSTILE] },
  });
  const own = made.homes.find(({ label, state }) => label !== null && state === 'active');
  if (own === undefined) throw new Error('the population has such a home');
  own.label = `Ada’s home ${HOSTILE}`;
  return { made, home: own.home };
}

async function sendRecord(desk: RunningDesk, home: string): Promise<string> {
  const day = dayOf(NOW);
  const record = fleetRecord.parse({
    ...{ schema: 'thingwatch.fleet/1', id: `usage:${day}:abc`, revision: 2, kind: 'usage' },
    body: {
      ...{ day, family: 'sonos', vendor: HOSTILE.slice(0, 64), class: 'thing', devices: 2 },
      backends: [{ backend: 'update.sonos.example', role: 'update', devices: 2 }],
    },
  });
  await desk.owner.query('INSERT INTO records VALUES ($1, $2, $3, 2, $4, now(), $5)', [
    ...[home, `${day.slice(0, 7)}-01`, record.id, record.kind, JSON.stringify(record.body)],
  ]);
  return JSON.stringify(record);
}

describe.each(LOOKS)('on a $name screen, $colorScheme, $locale', (look) => {
  it('it goes from login to each view and to one home’s record, and nobody stumbles over any of them', async () => {
    const { home, made } = ofMany();
    const desk = await stage.desk(made);
    const sent = await sendRecord(desk, home);
    const page = await stage.open(desk, look);
    const wrong: string[] = [];
    const check = async (name: string) => wrong.push(...(await complaints(page)).map((one) => `${name}: ${one}`));
    await page.locator('form.pair').waitFor();
    await check('login');
    await stage.login(page, desk.token('Ada', [home]));
    await page.locator('.outbreak').first().waitFor();
    await check('outbreaks');
    await view(page, 'homes');
    await page.locator('.lines .strip').first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    await check('homes');
    await view(page, `homes/${home}`);
    await page.locator('.segments button').last().click();
    await page.locator('.records summary').first().click();
    for (const summary of await page.locator('section.card > details > summary').all()) await summary.click();
    await check('home');
    expect(JSON.stringify(JSON.parse((await page.locator('.raw').textContent()) ?? ''))).toBe(sent);
    await view(page, 'incidents');
    await page.locator('.bars').first().waitFor();
    await page.locator('summary').click();
    await check('incidents');
    await view(page, 'session');
    await page.locator('select').waitFor();
    await check('session');
    expect(wrong).toEqual([]);
    expect(await page.title()).toBe('thingwatch fleet');
    expect(await page.locator('img').count()).toBe(0);
    expect(stage.problems).toEqual([]);
  });
});

describe('the views', () => {
  it('say what to do where there is nothing yet', async () => {
    const desk = await stage.desk(EMPTY);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    await page.getByText('No outbreak is open.').waitFor();
    await page.getByText(/at least five homes/).waitFor();
    await page.getByRole('link', { name: 'Homes' }).click();
    await page.getByText('No home is enrolled yet.').waitFor();
    await page.locator('.empty code', { hasText: 'npm run fleet -- enrol' }).waitFor();
    await page.getByRole('link', { name: 'Incidents' }).click();
    await page.getByText(/In no group of five homes/).waitFor();
    expect(await complaints(page)).toEqual([]);
    expect(stage.problems).toEqual([]);
  });

  it('tell numbers in fives, and which ones they are', async () => {
    const { made } = ofMany();
    made.outbreaks = made.outbreaks.slice(-1);
    const desk = await stage.desk(made);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    await page
      .getByText('Mail began in 35 or more homes after contact with it, of 40 or more homes that used it.')
      .waitFor();
    await page.getByText('40 or more homes told of the contact only together with the mail').waitFor();
    await page.getByText('Numbers of homes are rounded down to fives').waitFor();
  });

  it('find a home by part of its name, by sight, and one that is rare among thousands', async () => {
    const made = population(5, NOW, { homes: 9000, outbreaks: 0 });
    for (const home of made.homes)
      Object.assign(home, { label: 'Row house', state: 'active', days: home.days.slice(0, 2) });
    const last = made.homes.at(-1);
    if (last === undefined) throw new Error('there are homes');
    last.label = 'Zum Leuchtturm';
    const desk = await stage.desk(made);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    await view(page, 'homes');
    await page.locator('.line').nth(49).waitFor();
    expect(await page.locator('.line').count()).toBe(50);
    await tap(page, 'Show more');
    await page.locator('.line').nth(99).waitFor();
    await page.getByLabel('Search by name or id').fill('leucht');
    await page.getByText('Zum Leuchtturm').waitFor();
    expect(await page.locator('.line').count()).toBe(1);
    await page.getByLabel('Search by name or id').fill('nobody is called this');
    await page.getByText('No home fits.').waitFor();
    expect(stage.problems).toEqual([]);
  });

  it('open a home’s record to its helper alone, and say how one becomes that', async () => {
    const { home, made } = ofMany();
    const desk = await stage.desk(made);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    await view(page, `homes/${home}`);
    await page.getByText('Only a helper of this home may open its record.').waitFor();
    await page.getByText(`--add-token NAME --home ${home}`).waitFor();
    expect(await page.locator('.records').count()).toBe(0);
    await view(page, 'homes/h999999999999999');
    await page.getByText('There is nothing at this address.').waitFor();
  });
});

describe('a person', () => {
  it('with a wrong token is told so, with a link is in at once, and out when she wants', async () => {
    const desk = await stage.desk(EMPTY);
    const token = desk.token('Ada');
    const page = await stage.open(desk, phone);
    await page.locator('input[type=password]').fill('wrong');
    await tap(page, 'Log in');
    await page.getByText('That is no token of this desk.').waitFor();
    await page.goto(`http://127.0.0.1:${desk.port}/#/login/${token}`);
    await page.reload();
    await tap(page, 'Log in');
    await page.locator('nav').waitFor();
    expect(page.url()).not.toContain(token);
    await view(page, 'session');
    await tap(page, 'Log out');
    await page.locator('form.pair').waitFor();
    expect((await page.context().cookies()).filter(({ value }) => value !== '')).toEqual([]);
  });

  it('whose token is taken away is out at the next question', async () => {
    const desk = await stage.desk(EMPTY);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    const { removeToken } = await import('../../../web/fleet/tokens.ts');
    removeToken(desk.tokenFile, 'Ada', null);
    desk.clock.now += 2000;
    await view(page, 'homes');
    await page.locator('form.pair').waitFor();
  });

  it('with a keyboard alone reaches views, choices and homes, and sees where she is', async () => {
    const { made } = ofMany();
    const desk = await stage.desk(made);
    const page = await stage.open(desk, SCREENS[1]);
    await page.locator('input[type=password]').focus();
    await page.keyboard.type(desk.token('Ada'));
    await page.keyboard.press('Enter');
    await page.locator('.outbreak').first().waitFor();
    const focused = () => page.evaluate(() => document.querySelector(':is(a, button, h1):focus')?.textContent ?? null);
    const press = async (key: string, until: string) => {
      for (let times = 0; times < 40 && !(await focused())?.includes(until); times += 1) await page.keyboard.press(key);
      expect(await focused()).toContain(until);
    };
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await press('Tab', 'Skip to content');
    await press('Tab', 'Incidents');
    await page.keyboard.press('Enter');
    await page.locator('.bars').first().waitFor();
    await expect.poll(focused).toBe('Incidents over time');
    await press('Tab', 'Backend');
    await page.keyboard.press('Space');
    await page.getByText('Of each incident the backends').waitFor();
    expect(stage.problems).toEqual([]);
  });

  it('who chooses German has all of it in German', async () => {
    const { made } = ofMany();
    const desk = await stage.desk(made);
    const page = await stage.open(desk, phone);
    await stage.login(page, desk.token('Ada'));
    await view(page, 'session');
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { name: 'Sitzung' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.getByRole('link', { name: 'Ausbrüche' }).click();
    await page
      .getByText(/Nach Kontakt mit ihm begann Mail in/)
      .first()
      .waitFor();
  });
});

it('what the desk no longer answers is told as old', async () => {
  const { made } = ofMany();
  const desk = await stage.desk(made);
  const page = await stage.open(desk, phone);
  await stage.login(page, desk.token('Ada'));
  await page.locator('.outbreak').first().waitFor();
  await page.route('**/api/**', (route) => route.abort());
  await view(page, 'homes');
  await page.getByText('The desk does not answer.').first().waitFor();
  await page.unroute('**/api/**');
  await tap(page, 'Try again');
  await page.locator('.lines .strip').first().waitFor();
});

it('the first load is small', async () => {
  const desk = await stage.desk(EMPTY);
  const page = await stage.open(desk, phone);
  await page.locator('form.pair').waitFor();
  await page.waitForLoadState('networkidle');
  const octets = await page.evaluate(async () => {
    const places = [...document.querySelectorAll('script[src], link[rel=stylesheet]')];
    const texts = places.map(async (one) =>
      (await fetch(one.getAttribute('src') ?? one.getAttribute('href') ?? '')).text(),
    );
    return (await Promise.all(texts)).join('').length;
  });
  expect(octets).toBeGreaterThan(10_000);
  expect(octets).toBeLessThan(90_000);
});
