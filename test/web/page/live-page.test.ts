// The page in real chromium while things change under it: new incidents, a lost connection, a long sleep, a removed
// browser, a device under a new address.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { SCREENS } from '../../support/browser.ts';
import { troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';

const stage = pageStage();
const headline = (page: Page) => page.locator('.hero-headline');
const tap = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const phone = SCREENS[0];

/** How many incidents the page has heard of; its clock may stand still meanwhile. */
async function listened(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const heard = { incidents: 0 };
    const Stream = EventSource;
    Object.assign(window, {
      heard,
      EventSource: class extends Stream {
        constructor(address: string) {
          super(address);
          this.addEventListener('incident', () => {
            heard.incidents++;
          });
        }
      },
    });
  });
  return () => page.evaluate<number>('heard.incidents');
}

/** So many ms of the page's time pass, with moments for answers in between. */
async function passes(page: Page, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    await page.clock.runFor(10);
    await sleep(10);
  }
}

describe('live', () => {
  it('shows a new incident without a reload', async () => {
    const home = troubledHome(Date.now());
    const incident = home.incidents.pop();
    const page = await stage.open(home, phone);
    await stage.pair(page);
    expect(await headline(page).textContent()).toMatch(/^Quiet: 13 devices watched, no/);
    if (!incident) throw new Error('the sample home has an incident');
    home.incidents.push(incident);
    home.announce(incident, 'opened');
    await page.getByText(/^Hallway camera is sending mail since/).waitFor();
  });

  it('shows news that follows closely without the pause that counts are given', async () => {
    const home = troubledHome(Date.now());
    const incident = home.incidents.pop();
    if (!incident) throw new Error('the sample home has an incident');
    const page = await stage.open(home, phone);
    const heard = await listened(page);
    await stage.pair(page);
    await page.getByText(/^Quiet:/).waitFor();
    // From here on the page's time passes only as this test lets it.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    home.announce(incident, 'updated');
    await expect.poll(heard).toBe(1);
    await passes(page, 50);
    home.incidents.push(incident);
    home.announce(incident, 'opened');
    await expect.poll(heard).toBe(2);
    await passes(page, 300);
    await page.getByText(/^Hallway camera is sending mail since/).waitFor();
  });

  it('says that the connection is lost, shows nothing old as current, and comes back by itself', async () => {
    const home = troubledHome(Date.now());
    home.incidents.pop();
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.getByText(/^Quiet:/).waitFor();
    await stage.web.web.close();
    await page.getByText('I cannot reach the sensor.').waitFor();
    await page.getByText(/^Connection lost at/).waitFor();
    expect(await page.getByText(/^Quiet:/).count()).toBe(0);
    await stage.restart(home);
    await page.getByText(/^Quiet:/).waitFor();
    expect(await page.getByText(/^Connection lost/).count()).toBe(0);
  });

  it('that slept longer than the sensor remembers shows what is now when it wakes up', async () => {
    const home = troubledHome(Date.now());
    const incident = home.incidents.pop();
    if (!incident) throw new Error('the sample home has an incident');
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.getByText(/^Quiet:/).waitFor();
    await stage.web.web.close();
    await page.getByText(/^Connection lost at/).waitFor();
    // A sensor that was started again remembers no events: the page has to read everything anew.
    home.incidents.push(incident);
    await stage.restart(home);
    await page.getByText(/^Hallway camera is sending mail since/).waitFor();
    expect(await page.getByText(/^Connection lost/).count()).toBe(0);
  });

  it('leads to the pairing view when this browser was removed elsewhere', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    const other = await stage.web.pair('Other');
    const id = stage.web.browsers.list()[0]?.id ?? '';
    await stage.web.call(`/api/browsers/${id}`, { method: 'DELETE', cookie: other });
    await page.getByText('Scan the QR code').waitFor();
    expect(await page.getByText('Hallway camera').count()).toBe(0);
  });
});

describe('a rotating address', () => {
  it('is joined with the older one by a yes, says so, and can be undone at once or later', async () => {
    const home = troubledHome(Date.now());
    const phone_ = home.devices.find(({ name }) => name === 'Phone');
    const older = home.devices.find(({ name }) => name === 'Laptop');
    if (!phone_ || !older) throw new Error('the sample home has a phone and a laptop');
    phone_.mergeSuggestion = {
      ...{ device: phone_.mac, mac: older.mac, name: older.displayName, kind: 'new-address', older: [] },
      reason: 'It announced the same name.',
    };
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/devices/${phone_.mac}`);
    await page.getByText('It announced the same name.').waitFor();
    await tap(page, 'Yes, the same device');
    await page.getByText('The same device under another address.').waitFor();
    expect(phone_.sameAs).toBe(older.mac);
    // Said is that before the device is shown so.
    await page.getByRole('button', { name: 'Not the same device' }).waitFor();
    await tap(page, 'Undo');
    await page.getByText('Undone.').waitFor();
    expect(phone_.sameAs).toBeNull();
    await page.getByText('It announced the same name.').waitFor();
    await tap(page, 'Yes, the same device');
    await page.getByText('The same device under another address.').waitFor();
    await page.getByRole('link', { name: 'Devices', exact: true }).last().click();
    await page.getByText('newer address of another').waitFor();
    await page.goto(`${stage.web.url}#/devices/${phone_.mac}`);
    await page.getByRole('link', { name: 'See Laptop' }).waitFor();
    await tap(page, 'Not the same device');
    await page.getByText('Separated.').waitFor();
    expect(phone_.sameAs).toBeNull();
    // Said once, it is not asked again, unless by a person's wish.
    await page.getByText('You said that this is not Laptop.').waitFor();
    expect(await page.getByText('It announced the same name.').count()).toBe(0);
    await tap(page, 'Ask again');
    await page.getByText('It announced the same name.').waitFor();
    await page.goto(`${stage.web.url}#/devices`);
    await page.getByText('perhaps another address of Laptop').waitFor();
    await page.goto(`${stage.web.url}#/devices/${phone_.mac}`);
    await tap(page, 'No, different devices');
    await page.getByText('Kept apart.').waitFor();
    await tap(page, 'Undo');
    await page.getByText('It announced the same name.').waitFor();
    expect(stage.problems).toEqual([]);
  });
});
