// The page on a phone that reads German: every view in German with German dates, nothing of its own left in English, and usable as
// the English one is. And who chooses the language: the phone, a person, and what happens where the words do not come.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english as sensorEnglish } from '../../../sensor/language/words.ts';
import { LogTail } from '../../../sensor/log.ts';
import { pageModel } from '../../../sensor/main/page-model.ts';
import { SensorHealth } from '../../../sensor/main/sensor-health.ts';
import { mail } from '../../../sensor/self-test/frames/traffic.ts';
import { setLocale } from '../../../web/page/format.ts';
import { words as german } from '../../../web/page/words/de/index.ts';
import { words as english } from '../../../web/page/words/en/index.ts';
import { SCREENS } from '../../support/browser.ts';
import { complaints } from '../../support/page-check.ts';
import { troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { leftOf, textsOn, textsWithin } from '../../support/page-words.ts';
import { CAMERA, HOSTILE, HOUR, MIRRORS, NOTES, outbreak } from '../../support/sample-home.ts';
import { sampleWeek } from '../../support/sample-weeks.ts';
import { sightFrom } from '../../support/sight.ts';
import { MAIL_SERVER, MINUTE, CAMERA as STAGE_CAMERA, START, Stage } from '../../support/stage.ts';

const stage = pageStage();
const [phone] = SCREENS;
const INCIDENT = '#/incidents/a1b2c3d4e5f6a7b8';
const tap = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const lang = (page: Page) => page.locator('html').getAttribute('lang');
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

/** What a home can show at once, so that no word is missed. */
function eventfulHome(now: number) {
  const home = troubledHome(now);
  home.incidents.push(outbreak(now));
  home.incidents.push({
    ...{ ...outbreak(now), id: 'symptom', kind: 'symptom', severity: 'info', device: CAMERA },
    evidence: { measure: 'slow', value: 900, usual: 15, days: 9, ownAddress: 'probably', vantage: 'wan-side' },
  });
  home.incidents.push({
    ...{ ...outbreak(now), id: 'warned', kind: 'fleet_warning', severity: 'high', device: CAMERA },
    evidence: {
      ...{ backend: 'bad.example', role: 'store', homesMailed: 37, homesExposed: 41, among: 'family', contacts: 2 },
      ...{ seenSince: '2026-01-02', lift: 21.5, liftLow: 9, alike: ['cdn.example'], warning: 'abcdefgh12345678' },
      ...{ revision: 3, warnedOn: '2026-01-03', holdsUntil: '2026-01-10', ownMail: 0 },
    },
  });
  const [laptop, kettle, fridge] = ['Laptop', 'Kettle', 'Fridge'].map((name) =>
    home.devices.find((one) => one.name === name),
  );
  if (!laptop || !kettle || !fridge) throw new Error('the sample home has a laptop, a kettle and a fridge');
  const other = { mac: laptop.mac, name: 'Laptop' };
  Object.assign(laptop, {
    sameAs: CAMERA,
    olderName: 'Hallway camera',
    behind: { kind: 'router', mac: CAMERA, name: 'x' },
  });
  laptop.sameThing = [{ mac: CAMERA, name: 'Hallway camera', lastSeen: laptop.lastSeen }];
  kettle.mergeSuggestion = { ...other, device: kettle.mac, kind: 'two-interfaces', older: [], reason: '…' };
  kettle.distinctFrom = [other];
  Object.assign(kettle, { noteEvidence: [{ evidence: 'vendor', value: 'Kettles', weight: 1 }] });
  home.health.interfaceDrops = { dropped: 12, received: 34_567, minutes: 5 };
  Object.assign(home.health.duplicates, { identical: 1, vlan: 2, routed: 3, hairpin: 4 });
  home.health.notCovered = { count: 9, devices: [other], sentence: null };
  const target = { name: 'flow', kind: 'webhook' as const, host: '192.168.1.5', error: null, waiting: 1, dropped: 2 };
  home.health.notify = [{ ...target, heldUntil: '07:00', lastTakenAt: now - HOUR }];
  return home;
}

const VIEWS: [path: string, ready: string, tapFirst?: string][] = [
  ['#/', '.u-wrap'],
  ['#/incidents', '.line'],
  [INCIDENT, '.timeline'],
  [INCIDENT, '.covers', german.incident.expect],
  [INCIDENT, '.panel', german.incident.resolveMail.action],
  [INCIDENT, 'textarea', german.incident.share],
  ['#/incidents/outbreak', '.device-link'],
  ['#/incidents/symptom', '.facts'],
  ['#/incidents/warned', '.panel', german.incident.resolveWarning.action],
  ['#/devices', '.line'],
  [`#/devices/${CAMERA}`, '.u-wrap', german.chart.ranges.month],
  [`#/devices/${CAMERA}`, '.field', german.deviceView.rename],
  [`#/devices/${HOSTILE}`, '.panel', german.deviceView.forget],
  ['#/devices/none', '.empty'],
  ['#/expected', '.empty'],
  ['#/sensor', '.qr', german.sensor.pairAnother],
  ['#/guide', '.sight'],
];

describe.each(['light', 'dark'] as const)('on a German phone, %s', (colorScheme) => {
  it('every view is German, without a barrier, and no wider than the screen', async () => {
    setLocale('de-DE');
    const home = eventfulHome(Date.now());
    const page = await stage.open(home, { ...phone, colorScheme, locale: 'de-DE' });
    const check = async (view: string): Promise<void> => {
      const told = textsWithin(home.devices, home.incidents, home.health, home.weeks, home.log, NOTES, MIRRORS);
      const left = leftOf(english, german, await textsOn(page), told);
      expect([view, left, await complaints(page), await lang(page)]).toEqual([view, [], [], 'de']);
    };
    await page.goto(stage.web.url);
    await page.locator('form.pair').waitFor();
    await check('unpaired');
    await stage.pair(page);
    expect(await page.locator('.hero-headline').textContent()).toMatch(
      /^Hallway camera verschickt Mail seit (\d+\. \p{L}+\.?, )?\d\d:\d\d\.$/u,
    );
    const joined = home.devices.filter(({ name }) => name === 'Laptop' || name === 'Kettle');
    const views = [...VIEWS, ...joined.map(({ mac }): (typeof VIEWS)[number] => [`#/devices/${mac}`, '.notice'])];
    for (const [path, ready, tapFirst] of views) {
      await page.goto(`${stage.web.url}#/`);
      await page.goto(`${stage.web.url}${path}`);
      if (tapFirst) await tap(page, tapFirst);
      await page.locator(ready).first().waitFor();
      for (const details of await page.locator('summary').all()) await details.click();
      await check(`${path} ${tapFirst ?? ''}`);
    }
    await page.goto(`${stage.web.url}${INCIDENT}`);
    await tap(page, german.incident.expect);
    await tap(page, german.incident.expectYes);
    await page.getByText(german.incident.expectedDone).waitFor();
    await check('done');
    await page.goto(`${stage.web.url}#/expected`);
    await page.getByText(/^auf dieser Seite, \d\d:\d\d · hat noch nie gepasst$/).waitFor();
    await check('expected');
    // A device was asked for that is not there.
    expect(stage.problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  });

  it('so is the guide, whatever the sensor sees', async () => {
    setLocale('de-DE');
    const home = eventfulHome(Date.now());
    home.incidents.length = 0;
    const page = await stage.open(home, { ...phone, colorScheme, locale: 'de-DE' });
    for (const vantage of ['own-traffic-only', 'broadcast-only', 'lan-one-way', 'wan-side', 'nothing'] as const) {
      Object.assign(home.health, { vantage, sight: sightFrom(vantage) });
      await (vantage === 'own-traffic-only' ? stage.pair(page) : page.reload());
      await page.getByText(`Der Sensor sieht jetzt: ${german.guide.sees[vantage]}`).waitFor();
      await page.locator('select').selectOption(vantage === 'nothing' ? 'other' : 'acme-switch');
      await page
        .locator(vantage === 'nothing' ? '.bullets li' : '.steps li')
        .first()
        .waitFor();
      const left = leftOf(
        english,
        german,
        await textsOn(page),
        textsWithin(home.health, home.devices, MIRRORS, 'acme.example: mirror'),
      );
      expect([vantage, left, await complaints(page)]).toEqual([vantage, [], []]);
    }
  });
});

describe('the language', () => {
  const asked = async (
    page: Page,
    act: () => Promise<void>,
  ): Promise<{ api: string[]; stream: string[]; files: string[] }> => {
    const found = { api: [] as string[], stream: [] as string[], files: [] as string[] };
    const hear = (request: import('playwright-core').Request): void => {
      const url = new URL(request.url());
      if (url.pathname === '/api/events') found.stream.push(url.searchParams.get('language') ?? '');
      else if (url.pathname.startsWith('/api/')) found.api.push(request.headers()['accept-language'] ?? '');
      else if (/\.js$/.test(url.pathname)) found.files.push(url.pathname);
    };
    page.on('request', hear);
    await act();
    page.off('request', hear);
    return found;
  };

  it('is English where the phone names none that there is, and nothing of another one is loaded', async () => {
    const page = await stage.open(troubledHome(Date.now()), { ...phone, locale: 'fr-FR' });
    const { api, files, stream } = await asked(page, async () => {
      await stage.pair(page);
      await page.locator('.u-wrap').first().waitFor();
      await page.goto(`${stage.web.url}#/sensor`);
      await heading(page, 'Paired browsers');
    });
    expect([await lang(page), [...new Set(api)], [...new Set(stream)]]).toEqual(['en', ['en'], ['en']]);
    // The page, its later views and the charts.
    expect(new Set(files).size).toBe(3);
    expect(await page.getByLabel('Language of this page').inputValue()).toBe('');
  });

  it('can be chosen by hand: at once, for the sensor’s sentences too, and for the next time', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    const box = page.locator('select');
    // What the view asks for when it is opened has been asked for, and has come.
    for (const place of ['.rows li', '.log']) await page.locator(place).first().waitFor();
    const chosen = await asked(page, async () => {
      await box.focus();
      await box.selectOption('Deutsch');
      await heading(page, 'Gekoppelte Browser');
      await page.getByRole('link', { name: 'Geräte', exact: true }).waitFor();
      // What this browser was called when it was paired is its name.
      await page.getByText('Chrome on Linux').waitFor();
    });
    expect([await lang(page), [...new Set(chosen.api)], chosen.stream]).toEqual(['de', ['de'], ['de']]);
    expect(await page.evaluate('document.activeElement.localName')).toBe('select');
    const again = await asked(page, async () => {
      await page.reload();
      await heading(page, 'Gekoppelte Browser');
    });
    expect([await box.inputValue(), [...new Set(again.api)], again.stream]).toEqual(['de', ['de'], ['de']]);
    await box.selectOption('Wie dieses Handy');
    await heading(page, 'Paired browsers');
    await page.reload();
    await heading(page, 'Paired browsers');
    expect([await lang(page), await box.inputValue(), stage.problems]).toEqual(['en', '', []]);
  });

  it('goes along when the phone is set to another one, unless one was chosen', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    await heading(page, 'Paired browsers');
    const setTo = (...languages: string[]) =>
      page.evaluate(`Object.defineProperty(navigator, 'languages', { configurable: true, value: ${JSON.stringify(languages)} });
        dispatchEvent(new Event('languagechange'));`);
    await setTo('de-AT', 'en');
    await heading(page, 'Gekoppelte Browser');
    await page.locator('select').selectOption('English');
    await heading(page, 'Paired browsers');
    await setTo('de-AT');
    await page.goto(`${stage.web.url}#/devices`);
    await heading(page, 'Devices');
    expect([await lang(page), stage.problems]).toEqual(['en', []]);
  });

  it('stays what it is where the words do not come, and says so', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    await heading(page, 'Paired browsers');
    await page.locator('.u-wrap, .log').first().waitFor();
    await page.route('**/*.js', (route) => route.abort());
    await page.locator('select').selectOption('Deutsch');
    await page.getByText('The sensor does not answer.').waitFor();
    expect([await lang(page), await page.locator('select').inputValue()]).toEqual(['en', '']);
  });

  it('is English, in all that is asked, on a German phone that the words do not reach', async () => {
    const page = await stage.open(troubledHome(Date.now()), { ...phone, locale: 'de-DE' });
    let first = '';
    await page.route('**/*.js', (route, request) => {
      first ||= request.url();
      return request.url() === first ? route.continue() : route.abort();
    });
    await stage.pair(page);
    await page.getByText(/^Hallway camera is sending mail since/).waitFor();
    expect(await lang(page)).toBe('en');
  });
});

describe('the sensor’s own sentences', () => {
  it('are in the language of the page, and in the other one at once when that is chosen', async () => {
    const { spine } = new Stage()
      .play(mail(STAGE_CAMERA, MAIL_SERVER, START, { outcome: 'refused' }))
      .wait(START + MINUTE);
    spine.recorder.flushMail();
    const sensor = new SensorHealth(
      spine,
      { version: '1', startedAt: START, mode: 'demo', interface: null },
      () => START,
    );
    sensor.capture = 'ended';
    const weeks = () => [sampleWeek(START)];
    const model = pageModel(spine, (words) => sensor.read(words), new LogTail(1), { weeks });
    const home = { model: model(sensorEnglish), run: spine.run, events: spine.events };
    const page = await stage.open(home, { ...phone, locale: 'de-AT' }, { model });
    await stage.pair(page);
    const views = [
      ['#/', '.bullets'],
      ['#/incidents', '.line'],
      ['#/devices', '.line'],
      [`#/devices/${STAGE_CAMERA.mac}`, '.facts'],
      ['#/sensor', '.rows li'],
    ] as const;
    for (const [path, ready] of views) {
      await page.goto(`${stage.web.url}${path}`);
      await page.locator(ready).first().waitFor();
      const english = (await textsOn(page)).filter((text) => /\b(the|is|are|and|of|from|it)\b/i.test(text));
      expect([path, english]).toEqual([path, []]);
    }
    await page.goto(`${stage.web.url}#/incidents`);
    await page.locator('.line').first().click();
    await page.getByText(/versucht.* Mailserver im Internet/).waitFor();
    await page.goto(`${stage.web.url}#/sensor`);
    await page.locator('select').selectOption('English');
    await heading(page, 'Paired browsers');
    await page.goBack();
    await page.getByText(/is trying to reach mail servers on the Internet/).waitFor();
    expect(stage.problems).toEqual([]);
    spine.close();
  });
});
