// What the page shows of a fleet, in real chromium: a switch on each device that keeps it private, and a view of all that is sent, in
// plain words and as it travels. A home that reports to nobody sees nothing of it, and loads nothing of it.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { setLocale } from '../../../web/page/format.ts';
import { words as german } from '../../../web/page/words/de/index.ts';
import { words as english } from '../../../web/page/words/en/index.ts';
import { FLEET_WORDS } from '../../../web/page/words/fleet.ts';
import { SCREENS } from '../../support/browser.ts';
import { fleetHealth, sampleRecords, sampleReport } from '../../support/fleet-report.ts';
import { complaints } from '../../support/page-check.ts';
import { type MemoryHome, troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { leftOf, textsOn, textsWithin } from '../../support/page-words.ts';
import { CAMERA, NOTES } from '../../support/sample-home.ts';

const stage = pageStage();
const [phone] = SCREENS;
const LOOKS = SCREENS.flatMap((screen) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ ...screen, colorScheme })),
);
const LANGUAGES = [
  { locale: 'en-GB', own: FLEET_WORDS.en, words: english },
  { locale: 'de-DE', own: FLEET_WORDS.de, words: german },
] as const;

function homeInFleet(now: number): MemoryHome {
  const home = troubledHome(now);
  home.health.fleet = fleetHealth(now);
  return home;
}

const theSwitch = (page: Page) => page.getByRole('switch');
const isOn = (page: Page) => theSwitch(page).getAttribute('aria-checked');

describe.each(LOOKS)('on a $name screen, $colorScheme', (look) => {
  it.each(LANGUAGES)(
    'a device is kept private by its switch, and told of again: $locale',
    async ({ locale, own, words }) => {
      const home = homeInFleet(Date.now());
      const phone_ = home.devices.find(({ name }) => name === 'Phone');
      if (phone_ === undefined) throw new Error('the sample home has a phone');
      phone_.randomizedMac = true;
      const page = await stage.open(home, { ...look, locale });
      await stage.pair(page);
      await page.goto(`${stage.web.url}#/devices/${phone_.mac}`);
      await page.getByRole('switch', { name: own.device.keep, exact: true }).waitFor();
      const text = `${own.device.isTold('Seaside club')}  ${own.device.newAddress}`;
      expect([await isOn(page), await page.locator('#keep-private-hint').textContent()]).toEqual(['false', text]);
      const check = async (): Promise<void> => {
        expect(await complaints(page)).toEqual([]);
        const told = textsWithin(home.devices, home.incidents, home.health);
        const left =
          words === german
            ? leftOf(
                { ...english, fleet: FLEET_WORDS.en },
                { ...german, fleet: FLEET_WORDS.de },
                await textsOn(page),
                told,
              )
            : [];
        expect(left).toEqual([]);
      };
      await check();
      await theSwitch(page).click();
      await page.getByText(own.device.kept).waitFor();
      await expect.poll(() => isOn(page)).toBe('true');
      expect(phone_.isPrivate).toBe(true);
      await page.getByText(own.device.isKept('Seaside club')).waitFor();
      await check();
      await page.getByRole('button', { name: words.state.undo }).click();
      await expect.poll(() => isOn(page)).toBe('false');
      // By the keyboard alone.
      await theSwitch(page).focus();
      await page.keyboard.press('Space');
      await expect.poll(() => phone_.isPrivate).toBe(true);
      await expect.poll(() => isOn(page)).toBe('true');
      await page.keyboard.press('Enter');
      await page.getByText(own.device.told).waitFor();
      expect([phone_.isPrivate, stage.problems]).toEqual([false, []]);
    },
  );
});

describe('the switch', () => {
  it('says of how many addresses it speaks', async () => {
    const home = homeInFleet(Date.now());
    const [camera, other] = home.devices;
    if (camera === undefined || other === undefined) throw new Error('the sample home has devices');
    camera.isPrivate = true;
    camera.sameThing = [{ mac: other.mac, name: 'x', lastSeen: other.lastSeen }];
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/devices/${CAMERA}`);
    await page.getByText('This holds for its 2 addresses.').waitFor();
    expect(await isOn(page)).toBe('true');
  });

  it('says what went wrong, and stays as it was', async () => {
    const home = homeInFleet(Date.now());
    home.run = () => ({ ok: false, status: 409, error: 'Not now.' });
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/devices/${CAMERA}`);
    await theSwitch(page).click();
    await page.getByText('Not now.').waitFor();
    expect(await isOn(page)).toBe('false');
  });
});

describe.each(LOOKS)('what the fleet gets, on a $name screen, $colorScheme', (look) => {
  it.each(LANGUAGES)('is all there, in plain words and as it travels: $locale', async ({ locale, own, words }) => {
    setLocale(locale);
    const now = Date.now();
    const home = homeInFleet(now);
    const camera = home.devices[0];
    if (camera === undefined || home.health.fleet === null) throw new Error('the sample home has a camera and a fleet');
    Object.assign(home.health.fleet, { connected: false, waiting: 3, dropped: 2, error: '…' });
    const records = sampleRecords(now);
    const page = await stage.open(home, { ...look, locale }, { fleet: () => sampleReport(now, records) });
    await stage.pair(page);
    const raw = records.map((record) => JSON.stringify(record, null, 1));
    const check = async (view: string): Promise<void> => {
      const told = textsWithin(home.devices, home.incidents, home.health, home.weeks, home.log, raw, records, NOTES);
      const all = [english, german].map((one) => ({ ...one, fleet: FLEET_WORDS[one === german ? 'de' : 'en'] }));
      const left = words === german ? leftOf(all[0] ?? {}, all[1] ?? {}, await textsOn(page), told) : [];
      expect([view, left, await complaints(page)]).toEqual([view, [], []]);
    };
    await page.goto(`${stage.web.url}#/sensor`);
    await page.getByText(own.card.reportsTo('Seaside club')).waitFor();
    await page.getByText(`${own.whom.waiting(3)} · ${own.whom.dropped(2)}`).waitFor();
    await check('sensor');
    await page.getByRole('link', { name: own.card.open }).click();
    await page.getByRole('heading', { level: 1, name: own.list.title }).waitFor();
    for (const text of [
      own.list.intro('Seaside club'),
      own.whom.away,
      own.whom.address,
      own.privates.none,
      own.leave.how,
    ])
      await page.getByText(text).first().waitFor();
    for (const sentence of own.never.list) await page.getByText(sentence).waitFor();
    await page.getByText('thingwatch fleet withdraw', { exact: true }).waitFor();
    // In plain words.
    const shown = page.locator('.records > li');
    const incident = shown.filter({ hasText: words.kind.mail_started });
    await incident.getByText(words.severity.critical, { exact: true }).waitFor();
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
    // As they travel, every one of them, once. Each kind is asked for by itself, and comes when it comes.
    const more = page.getByRole('button', { name: own.list.older });
    for (let before = await shown.count(); before < records.length; before = await shown.count()) {
      await more.first().click();
      await expect.poll(() => shown.count()).toBeGreaterThan(before);
    }
    expect(await more.count()).toBe(0);
    const seen = await page.locator('.raw').allTextContents();
    const byId = (a: FleetRecord, b: FleetRecord) => (a.id < b.id ? -1 : 1);
    expect(seen.map((text) => JSON.parse(text) as FleetRecord).sort(byId)).toEqual(records.toSorted(byId));
    await page.getByText(own.record.seen(words.guide.sees['lan-one-way'], words === german ? '3,5' : '3.5')).waitFor();
    await incident.locator('summary').click();
    await incident.getByText('"id": "incident:0000000000000001"').waitFor();
    await check('report');
    expect(stage.problems).toEqual([]);
  });
});

describe('the view of what the fleet gets', () => {
  it('names what is kept private, and leads there', async () => {
    const home = homeInFleet(Date.now());
    Object.assign(home.devices[0] ?? {}, { isPrivate: true });
    const page = await stage.open(home, phone, { fleet: () => sampleReport(Date.now()) });
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/devices/${CAMERA}`);
    await page.getByRole('link', { name: 'What the fleet gets' }).click();
    await page.getByRole('link', { name: 'Hallway camera' }).click();
    await theSwitch(page).waitFor();
    expect([new URL(page.url()).hash, stage.problems]).toEqual([`#/devices/${encodeURIComponent(CAMERA)}`, []]);
  });

  it('says where there is nothing to tell yet', async () => {
    const page = await stage.open(homeInFleet(Date.now()), phone, { fleet: () => sampleReport(Date.now(), []) });
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/fleet`);
    for (const text of Object.values(FLEET_WORDS.en.list.none)) await page.getByText(text).waitFor();
    await page.getByText('0 records, 0 byte in all').waitFor();
  });

  it('is not there where the sensor reports to nobody', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/fleet`);
    await page.getByText(english.state.missing).waitFor();
  });

  it('takes what a backend or a maker is called as text', async () => {
    const now = Date.now();
    const evil = '<img src=x onerror=window.hacked=1>';
    const records = sampleRecords(now).map((record) =>
      record.kind === 'usage'
        ? {
            ...record,
            body: {
              ...record.body,
              vendor: evil,
              backends: record.body.backends.map((one) => ({ ...one, backend: evil })),
            },
          }
        : record,
    );
    const page = await stage.open(homeInFleet(now), phone, { fleet: () => sampleReport(now, records) });
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/fleet`);
    await page.getByText(evil).first().waitFor();
    expect([await page.locator('main img').count(), await page.evaluate<boolean>("'hacked' in window")]).toEqual([
      0,
      false,
    ]);
  });
});

it('a home that reports to nobody sees nothing of it, and loads nothing of it', async () => {
  const loaded: Set<string>[] = [];
  for (const home of [troubledHome(Date.now()), homeInFleet(Date.now())]) {
    await stage.clear();
    const page = await stage.open(home, phone);
    const files = new Set<string>();
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (/\.(?:js|css)$/.test(pathname)) files.add(pathname);
    });
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/devices/${CAMERA}`);
    await page.locator('.u-wrap').first().waitFor();
    if (home.health.fleet !== null) await theSwitch(page).waitFor();
    else await page.waitForTimeout(500);
    expect(await theSwitch(page).count()).toBe(home.health.fleet === null ? 0 : 1);
    loaded.push(files);
  }
  const [alone, inFleet] = loaded;
  // A script with its words, and its style.
  expect(
    [...(inFleet ?? [])]
      .filter((file) => !alone?.has(file))
      .map((file) => file.slice(file.lastIndexOf('.')))
      .sort(),
  ).toEqual(['.css', '.js']);
  expect([...(alone ?? [])].filter((file) => !inFleet?.has(file))).toEqual([]);
});
