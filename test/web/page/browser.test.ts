// The page in real chromium against the real server: the whole story by tap, on a phone and a desk screen, in both
// schemes; hostile names; accessibility; a large home. What happens live is in live-page.test.ts, what the first load costs in
// first-load.test.ts.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { SCREENS } from '../../support/browser.ts';
import { complaints } from '../../support/page-check.ts';
import { newMemoryHome, troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { CAMERA, HOSTILE, HOSTILE_NAME, HOUR, mailIncident, outbreak, plainDevice } from '../../support/sample-home.ts';

const SCHEMES = ['light', 'dark'] as const;
const INCIDENT = '#/incidents/a1b2c3d4e5f6a7b8';
const stage = pageStage();

const headline = (page: Page) => page.locator('.hero-headline');
const tap = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const phone = SCREENS[0];

describe.each(SCREENS.flatMap((screen) => SCHEMES.map((colorScheme) => ({ ...screen, colorScheme }))))(
  'on a $name screen, $colorScheme',
  (look) => {
    it('goes from pairing to the incident, expected, undo, acknowledge and a new name', async () => {
      const home = troubledHome(Date.now());
      const page = await stage.open(home, look);
      await page.goto(stage.web.url);
      await page.getByText('Scan the QR code').waitFor();
      await stage.pair(page);
      expect(page.url()).not.toContain('pair');
      expect(await headline(page).textContent()).toMatch(/^Hallway camera is sending mail since/);

      // Alert to expected: three taps.
      await page.locator('a.hero-main').click();
      await tap(page, 'This is expected');
      // Its name comes with the device, what is covered with the incident.
      await page.getByText('from Hallway camera').waitFor();
      expect(await page.locator('.covers li').allTextContents()).toEqual([
        'from Hallway camera',
        'to mx1.mail.example, port 25',
        'to mx.other.example, port 25',
        'to 192.0.2.25, port 25',
      ]);
      await page.getByText('It would have hidden 27 past findings.').waitFor();
      await tap(page, 'Yes, expected');
      await page.getByText('Marked as expected.').waitFor();
      expect(home.expectations).toMatchObject([{ device: CAMERA, ports: [25], until: null, createdBy: 'page' }]);

      await tap(page, 'Undo');
      await page.getByText('Undone.').waitFor();
      expect(home.expectations).toEqual([]);

      await tap(page, 'Acknowledge');
      await page.locator('.state-acknowledged').waitFor();
      expect(home.incidents[0]?.state).toBe('acknowledged');

      await page.locator('a.who').click();
      await tap(page, 'Rename');
      await page.getByLabel('Your name for it').fill('Front door camera');
      await tap(page, 'Save');
      await page.getByRole('heading', { level: 1, name: 'Front door camera' }).waitFor();
      expect(home.devices[0]).toMatchObject({ label: 'Front door camera', nameFrom: 'user' });

      await page.getByRole('link', { name: 'Home' }).click();
      await page.getByText('Front door camera: acknowledged, not yet resolved.').waitFor();
      const wide = await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
      expect(wide).toBe(false);
      expect(stage.problems).toEqual([]);
    });

    it('has no accessibility violation on any view, and no target smaller than 44 pixels', async () => {
      const home = troubledHome(Date.now());
      home.incidents.push(outbreak(Date.now()));
      const joined = home.devices.find(({ name }) => name === 'Phone');
      const [laptop, kettle] = ['Laptop', 'Kettle'].map((wanted) => home.devices.find(({ name }) => name === wanted));
      if (!joined || !laptop || !kettle) throw new Error('the sample home has a phone, a laptop and a kettle');
      const other = { mac: laptop.mac, name: 'Laptop' };
      const sameThing = [{ ...other, lastSeen: laptop.lastSeen }];
      Object.assign(joined, { sameAs: CAMERA, olderName: 'Hallway camera', sameThing });
      kettle.mergeSuggestion = {
        ...{ ...other, device: kettle.mac, kind: 'two-interfaces', older: [] },
        reason: 'It gave the router the same identifier.',
      };
      kettle.distinctFrom = [other];
      const page = await stage.open(home, look);
      const check = async (view: string): Promise<void> => expect([view, await complaints(page)]).toEqual([view, []]);
      await page.goto(stage.web.url);
      await page.locator('form.pair').waitFor();
      await check('unpaired');
      await page.goto(stage.web.web.pairingLink().link);
      await page.getByLabel('Name of this browser').waitFor();
      await check('pair');
      await tap(page, 'Pair this browser');
      const views: [path: string, ready: string, tapFirst?: string][] = [
        ['#/', '.u-wrap'],
        ['#/incidents', '.line'],
        [INCIDENT, '.timeline'],
        [INCIDENT, '.covers', 'This is expected'],
        [INCIDENT, '.panel', 'Resolved: I reset it'],
        [INCIDENT, 'textarea', 'Share as text'],
        ['#/incidents/outbreak', '.device-link'],
        ['#/devices', '.line'],
        [`#/devices/${joined.mac}`, '.notice'],
        [`#/devices/${kettle.mac}`, '.notice'],
        [`#/devices/${CAMERA}`, '.u-wrap', '30 days'],
        [`#/devices/${CAMERA}`, '.field', 'Rename'],
        [`#/devices/${HOSTILE}`, '.u-wrap'],
        ['#/devices/none', '.empty'],
        ['#/expected', '.empty'],
        ['#/sensor', '.qr', 'Pair another phone'],
        ['#/guide', '.sight'],
      ];
      for (const [path, ready, tapFirst] of views) {
        await page.goto(`${stage.web.url}#/`);
        await page.goto(`${stage.web.url}${path}`);
        if (tapFirst) await tap(page, tapFirst);
        await page.locator(ready).first().waitFor();
        for (const details of await page.locator('summary').all()) await details.click();
        await check(`${path} ${tapFirst ?? ''}`);
      }
    });
  },
);

describe('hostile text', () => {
  it('in a host name, a note or an incident is only text', async () => {
    const home = troubledHome(Date.now());
    const incident = mailIncident(Date.now(), 'hostile');
    home.incidents.push({
      ...incident,
      device: HOSTILE,
      summary: HOSTILE_NAME,
      advice: ['<b onclick=alert(1)>bold</b>'],
    });
    const page = await stage.open(home, phone);
    await stage.pair(page);
    for (const path of ['#/', '#/devices', '#/incidents', '#/incidents/hostile', `#/devices/${HOSTILE}`, INCIDENT]) {
      await page.goto(`${stage.web.url}${path}`);
      await page.locator('.line, .summary').first().waitFor();
      expect(await page.locator('main img, main script, main b').count()).toBe(0);
    }
    await page.locator('summary', { hasText: 'Example cameras' }).click();
    await page.getByText('<script>window.hacked=1</script> **stays** text.').waitFor();
    expect(await page.evaluate<boolean>("'hacked' in window")).toBe(false);
    expect(stage.problems).toEqual([]);
  });
});

describe('the page', () => {
  it('says who is told of alerts beside the broker and what keeps them from it, and sends a test alert', async () => {
    const home = troubledHome(Date.now());
    const target = { error: null, waiting: 0, heldUntil: null, dropped: 0, lastTakenAt: Date.now() - HOUR };
    home.health.notify = [
      { ...target, name: 'phone', kind: 'ntfy', host: 'ntfy.sh', waiting: 2, heldUntil: '07:00' },
      {
        ...{ ...target, name: 'flow', kind: 'webhook', host: '192.168.1.5:1880', waiting: 1, lastTakenAt: null },
        error: 'nothing listens at 192.168.1.5:1880 (notify.flow.url)',
      },
    ];
    const orders: string[] = [];
    const run = home.run;
    home.run = (command, actor) => {
      orders.push(command.type);
      return run(command, actor);
    };
    const page = await stage.open(home, phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    const told = (name: string) =>
      page
        .locator('.facts div', { hasText: `Alerts to ${name}` })
        .locator('dd')
        .textContent();
    await page.getByText('Alerts to flow').waitFor();
    expect(await told('phone')).toMatch(/^ntfy at ntfy\.sh · took an alert .* · 2 alerts waiting · held until 07:00$/);
    expect(await told('flow')).toBe(
      'Webhook at 192.168.1.5:1880 · nothing listens at 192.168.1.5:1880 (notify.flow.url) · 1 alert waiting',
    );
    await tap(page, 'Test alert');
    await page.getByText('A test alert is on its way.').waitFor();
    expect(orders).toEqual(['test_alert']);
    const wide = await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
    expect([wide, stage.problems]).toEqual([false, []]);
  });

  it('says on the sensor’s own page what can be mended, and how', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    await page.getByText('The port eth0 merges segments (gro): under load frames get lost.').waitFor();
    await page.getByText('To mend it: sudo ethtool -K eth0 gro off').waitFor();
  });

  it('works behind a path prefix', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone, { basePath: '/watch/' });
    await stage.pair(page);
    expect(new URL(page.url()).pathname).toBe('/watch/');
    await page.goto(`${stage.web.url}#/sensor`);
    await page.getByText('this one').waitFor();
    expect(stage.problems).toEqual([]);
  });
});

describe('a large home', () => {
  it('with 500 devices and 5,000 incidents answers a tap and a search at once', async () => {
    const now = Date.now();
    const devices = Array.from({ length: 500 }, (_, index) =>
      plainDevice(
        `3c:84:6a:10:${Math.floor(index / 256)
          .toString(16)
          .padStart(2, '0')}:${(index % 256).toString(16).padStart(2, '0')}`,
        `Device ${index}`,
        now,
      ),
    );
    const incidents = Array.from({ length: 5000 }, (_, index) => ({
      ...mailIncident(now - index * HOUR, `incident-${index}`),
      device: devices[index % 500]?.mac ?? null,
      lastAt: new Date(now - index * 60_000).toISOString(),
    }));
    const page = await stage.open(newMemoryHome(now, devices, incidents), phone);
    await stage.pair(page);
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByText('500 devices').waitFor();
    expect(await page.locator('.line').count()).toBe(60);
    expect(await page.locator('svg[aria-label="Active on 12 of the last 30 days"]').count()).toBe(60);
    await page.getByRole('searchbox').fill('device 499');
    await page.getByText('1 of 500 devices').waitFor();
    await page.getByRole('link', { name: 'Incidents', exact: true }).click();
    await page.locator('.line').first().waitFor();
    for (let pages = 2; pages <= 6; pages += 1) {
      await tap(page, 'Show older incidents');
      await expect.poll(() => page.locator('.line').count()).toBe(pages * 50);
    }
    const seen = await page.locator('.line').evaluateAll((lines) => lines.map((line) => line.getAttribute('href')));
    expect(new Set(seen).size).toBe(300);
    expect(stage.problems).toEqual([]);
  });
});
