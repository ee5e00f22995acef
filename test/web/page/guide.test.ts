// The first-run guide in real chromium, before the real server and a real engine that is fed with frames: from the sensor's own
// traffic over broadcasts and one direction to the home, without a reload; then names, the end, and the way back.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english } from '../../../sensor/language/words.ts';
import { LogTail } from '../../../sensor/log.ts';
import { pageModel } from '../../../sensor/main/page-model.ts';
import { SensorHealth } from '../../../sensor/main/sensor-health.ts';
import { SCREENS } from '../../support/browser.ts';
import { complaints } from '../../support/page-check.ts';
import { troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { sightFrom } from '../../support/sight.ts';
import { CAMERA, FRIDGE, GATEWAY, MINUTE, SECOND, START, Stage } from '../../support/stage.ts';
import { arpRequest, talk } from '../../support/vantage-frames.ts';

const SENSOR = { mac: 'b8:27:eb:00:00:01', ip: '192.168.1.9' };
const [phone, desk] = SCREENS;
const stage = pageStage();

/** A sensor whose cable hangs where the test says. */
function sensorAt() {
  const { spine } = new Stage({ sensorMac: SENSOR.mac });
  let time = START;
  const health = new SensorHealth(spine, { version: '0', startedAt: START, mode: 'live', interface: null }, () => time);
  health.capture = 'running';
  const model = pageModel(spine, () => health.read(), new LogTail(10))(english);
  return {
    home: { model, run: spine.run, events: spine.events },
    /** `minutes` in which broadcasts arrive, and a connection each ten seconds of whom the port shows, in these directions. */
    hears(minutes: number, from: typeof SENSOR | null, shows: 'both' | 'from-home' = 'both'): void {
      const chatter = Array.from({ length: minutes * 12 }, (_, i) =>
        arpRequest(FRIDGE, GATEWAY.ip, time + i * 5 * SECOND),
      );
      const said = from === null ? [] : talk({ count: minutes * 6, from, shows, time, step: 10 * SECOND });
      for (const { data, time: at } of [...chatter, ...said].sort((a, b) => a.time - b.time))
        spine.engine.frame({ time: at, linkType: 1, data, originalLength: data.length });
      time += minutes * MINUTE;
      spine.engine.tick(time);
      spine.recorder.flushAll();
      health.tick();
    },
  };
}

const sees = (page: Page, what: string) => page.getByText(`The sensor sees now: ${what}`, { exact: true }).waitFor();
const steps = (page: Page) => page.locator('.steps li').allTextContents();
const tap = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

describe.each([
  { ...phone, colorScheme: 'light' as const },
  { ...desk, colorScheme: 'dark' as const },
])('the guide on a $name screen, $colorScheme', (look) => {
  it('leads from an ordinary port to the home by itself, then to names and to the end', async () => {
    const sensor = sensorAt();
    sensor.hears(2, SENSOR);
    const page = await stage.open(sensor.home, look);
    await stage.pair(page);
    await sees(page, 'own traffic only');
    await page.getByText('Only this machine’s own traffic and broadcasts arrive', { exact: false }).first().waitFor();
    expect(['nothing chosen', await complaints(page)]).toEqual(['nothing chosen', []]);

    // By keyboard alone: the list is a native one.
    const list = page.getByLabel('Your switch or router');
    await list.focus();
    await page.keyboard.type('MikroTik');
    await page.locator('.steps li').first().waitFor();
    await list.selectOption({ label: 'TP-Link Easy Smart (TL-SG105E, SG108E)' });
    await page.getByRole('heading', { name: 'Set the mirror', exact: true }).waitFor();
    const set = sensor.home.model.mirror('tplink-easy-smart')?.steps;
    await expect.poll(() => steps(page)).toEqual(set?.set);
    await page.locator('summary').click();
    expect(['own traffic only', await complaints(page)]).toEqual(['own traffic only', []]);

    sensor.hears(16, null);
    await sees(page, 'broadcasts only');
    expect(await steps(page)).toEqual(set?.set);

    sensor.hears(2, CAMERA, 'from-home');
    await sees(page, 'one way only');
    await page.getByRole('heading', { name: 'Mirror both directions', exact: true }).waitFor();
    expect(await steps(page)).toEqual(set?.directions);
    expect(['one way', await complaints(page)]).toEqual(['one way', []]);

    sensor.hears(2, CAMERA);
    await sees(page, 'the home');
    await page.locator('.sight.tone-quiet').waitFor();
    const green = look.colorScheme === 'light' ? 'rgb(223, 242, 229)' : 'rgb(20, 48, 31)';
    expect(await page.evaluate<string>("getComputedStyle(document.querySelector('.sight')).backgroundColor")).toBe(
      green,
    );
    await page.getByRole('heading', { name: 'Name your devices', exact: true }).waitFor();
    expect(['the home', await complaints(page)]).toEqual(['the home', []]);
    await page.locator('.line').first().click();
    await tap(page, 'Rename');
    await page.getByLabel('Your name for it').fill('Hallway camera');
    await tap(page, 'Save');
    await page.getByRole('heading', { level: 1, name: 'Hallway camera' }).waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.locator('.line', { hasText: 'Hallway camera' }).waitFor();
    await tap(page, 'Next');
    await page.getByRole('heading', { name: 'Does an alert reach you?', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Test alert', exact: true }).waitFor();
    expect(['test alert', await complaints(page)]).toEqual(['test alert', []]);
    await tap(page, 'Next');
    await page.getByRole('heading', { name: 'That is all', exact: true }).waitFor();
    expect(['done', await complaints(page)]).toEqual(['done', []]);
    await tap(page, 'Finish');
    await page.locator('.hero').waitFor();
    expect(await page.locator('.sight').count()).toBe(0);
    expect(stage.problems).toEqual([]);
  });
});

describe('the guide', () => {
  it('can be left and found again, keeps what was chosen, and lets an open incident stand above it', async () => {
    const home = troubledHome(Date.now());
    home.health.vantage = 'wan-side';
    home.health.sight = sightFrom('wan-side');
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await sees(page, 'the router’s outer side');
    for (const place of ['.hero-tone', '.lines']) await page.locator(place).waitFor();
    const places = await page.evaluate<number[]>(
      `['.hero', '.lines', '.sight'].map((one) => document.querySelector(one).getBoundingClientRect().top)`,
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    await page.getByText(/^Hallway camera is sending mail since/).waitFor();
    await page.getByLabel('Your switch or router').selectOption('Acme smart switches');
    await page.getByText('Mirror the port that leads to the LAN side.').waitFor();
    await tap(page, 'Leave the guide');
    await expect.poll(() => page.locator('.sight').count()).toBe(0);
    await page.reload();
    await page.locator('.u-wrap').first().waitFor();
    expect(await page.locator('.sight').count()).toBe(0);

    await page.getByRole('link', { name: 'Sensor', exact: true }).click();
    await page.getByRole('link', { name: 'Guide to a better place' }).click();
    await page.getByText('Mirror the port that leads to the LAN side.').waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await sees(page, 'the router’s outer side');
    expect(stage.problems).toEqual([]);
  });

  it('shows what strangers wrote as text, and makes no link but to the web', async () => {
    const home = troubledHome(Date.now());
    home.health.vantage = 'broadcast-only';
    home.health.sight = sightFrom('broadcast-only');
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.getByLabel('Your switch or router').selectOption('hostile-router');
    await page.getByText('<img src=x onerror=window.hacked=1> **stays** text.').waitFor();
    await page.locator('summary', { hasText: 'What it shows' }).click();
    await page.getByText('javascript:window.hacked=1', { exact: true }).waitFor();
    expect(await page.locator('main img, main script, main b, main a[href^="javascript"]').count()).toBe(0);
    expect(await page.evaluate<boolean>("'hacked' in window")).toBe(false);
    expect(['hostile', await complaints(page)]).toEqual(['hostile', []]);
    expect(stage.problems).toEqual([]);
  });

  it('does not stand in the way of a recording, which cannot be mirrored otherwise', async () => {
    const home = troubledHome(Date.now());
    home.health.mode = 'replay';
    home.health.vantage = 'nothing';
    home.health.sight = sightFrom('nothing');
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.locator('.hero-headline').waitFor();
    expect(await page.locator('.sight').count()).toBe(0);
  });
});
