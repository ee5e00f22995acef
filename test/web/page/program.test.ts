// The built program in real chromium: a replayed home, from the pairing link to the resolved incident, over a restart,
// and a second phone by `thingwatch pair`. Nothing here is made up for the page: capture, detectors, database and page
// are the real ones.
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Expectation } from '../../../sensor/record/incident.ts';
import { CAPTURES, ensureBuilt, Program, scratch, writeYaml } from '../../program/program.ts';
import { launchBrowser, SCREENS } from '../../support/browser.ts';

const [phone] = SCREENS;
const CAMERA = '24:0a:c4:10:00:01';

// Longer than the browser waits for what does not come (30 s), which it then names.
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
let context: BrowserContext;
let page: Page;
let files: ReturnType<typeof scratch>;
let program: Program | null = null;

beforeAll(async () => {
  await ensureBuilt();
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  files = scratch();
  const { width, height } = phone;
  context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  await program?.stop();
  files.remove();
});

const config = (web = {}): string =>
  writeYaml(files.path('thingwatch.yaml'), {
    state_dir: files.path('state'),
    web: { listen: '127.0.0.1:0', ...web },
    mqtt: { listen: '127.0.0.1:0' },
    notes: { dirs: [join(CAPTURES, 'demo-notes')] },
  });

/** Replays and serves; resolves to the pairing link once all of the capture was read. */
async function serve(capture: string, web = {}): Promise<string> {
  const what = ['--state', files.path('state'), join(CAPTURES, capture)];
  program = Program.start(['--config', config(web), 'replay', '--serve', ...what]);
  const [, link = ''] = await program.says(/(http:\S+#\/pair\/\S+)/);
  await program.says(/The replay is over/);
  return link;
}

async function pair(link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Pair this browser' }).click();
  await page.locator('.hero-tone').waitFor();
}

const tap = (name: string) => page.getByRole('button', { name, exact: true }).click();
const tab = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
const line = (name: string) => page.locator('.line', { hasText: name }).first();
const read = async <T>(path: string): Promise<T> =>
  (await (await page.request.get(new URL(path, page.url()).href)).json()) as T;

describe('a replayed home', () => {
  it('from the pairing link to the resolved incident, and all of it is there after a restart', async () => {
    await pair(await serve('demo.pcap'));
    expect(await page.locator('.hero-headline').textContent()).toBe('2 devices are sending mail.');
    await page.getByText('This is a replayed recording, not your home now.').waitFor();

    await tab('Home');
    await line('hallway-camera').click();
    await tap('This is expected');
    await page.getByText('to mail.example.net, port 25').waitFor();
    await page.getByText('to silent.example.net, port 25').waitFor();
    await page.getByText('It would have hidden 4 past findings.').waitFor();
    await tap('Yes, expected');
    await page.locator('.state-expected').waitFor();
    await tap('Undo');
    await page.getByText('Undone.').waitFor();
    await tap('Acknowledge');
    await page.locator('.state-acknowledged').waitFor();

    await page.locator('a.who').click();
    await tap('Rename');
    await page.getByLabel('Your name for it').fill('Front door camera');
    await tap('Save');
    await page.getByRole('heading', { level: 1, name: 'Front door camera' }).waitFor();
    await line('Front door camera').click();
    await page.getByText(/^Front door camera is sending mail to servers/).waitFor();
    await tap('Resolved: I reset it');
    await tap('Yes, I reset it');
    await page.locator('.state-resolved').waitFor();
    await page.getByText(/^Watched closely until 12 Jan/).waitFor();

    await tab('Incidents');
    await line('porch-doorbell').click();
    await tap('This is expected');
    await tap('Yes, expected');
    await page.locator('.state-expected').waitFor();

    await tab('Incidents');
    await line('The home').click();
    await page.getByText('Devices that send mail').waitFor();
    await page.getByRole('link', { name: 'Front door camera' }).waitFor();
    await page.getByText('firmware.lumacam.example', { exact: true }).waitFor();

    const before = await read<{ expectations: Expectation[] }>('api/expectations');
    await program?.stop();
    await page.getByText(/^Connection lost at/).waitFor();

    const link = await serve('inside-mail.pcap');
    await page.goto(link.split('#')[0] ?? '');
    await tab('Devices');
    await line('Front door camera').waitFor();
    expect(await read('api/expectations')).toEqual(before);
    const states = (await read<{ incidents: { device: string | null; state: string }[] }>('api/incidents')).incidents;
    expect(new Map(states.map(({ device, state }) => [device, state]))).toEqual(
      new Map([
        [null, 'open'],
        [CAMERA, 'resolved'],
        ['24:0a:c4:10:00:05', 'expected'],
      ]),
    );
    await tab('Sensor');
    await page.getByText('this one').waitFor();
  });

  it('opens to a second phone by `thingwatch pair`, once, and only while the sensor runs', async () => {
    await pair(await serve('three-mailers.pcap'));
    const ended = await Program.run(['--config', config(), 'pair']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(/Only this machine can open it/);
    const link = /http:\S+/.exec(ended.stdout)?.[0] ?? '';
    expect(new URL(link).host).toBe(new URL(page.url()).host);
    const other = await browser.newContext();
    try {
      const second = await other.newPage();
      await second.goto(link);
      await second.getByRole('button', { name: 'Pair this browser' }).click();
      await second.locator('.hero-tone').waitFor();
      const third = await (await browser.newContext()).newPage();
      await third.goto(link);
      await third.getByRole('button', { name: 'Pair this browser' }).click();
      await third.getByText('This link was used already').waitFor();
      await third.context().close();
    } finally {
      await other.close();
    }
    expect((await read<{ browsers: unknown[] }>('api/browsers')).browsers).toHaveLength(2);
    await program?.stop();
    const late = await Program.run(['--config', config(), 'pair']);
    expect([late.code, late.stdout]).toEqual([1, '']);
    expect(late.stderr).toMatch(/no sensor runs with the state directory .*start it first/);
  });

  it('works behind a reverse proxy under a path, live events included', async () => {
    const link = new URL(await serve('demo.pcap', { base_path: '/watch', trusted_proxies: ['127.0.0.1/32'] }));
    expect(link.pathname).toBe('/watch/');
    const { hostname: host, port: ownPort } = link;
    const proxy = createServer((incoming, answer) => {
      const headers = { ...incoming.headers, 'x-forwarded-for': '192.168.1.20' };
      const { method, url: path } = incoming;
      const onward = request({ host, port: ownPort, method, path, headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      incoming.pipe(onward);
    });
    try {
      const port = await new Promise<number>((resolve) => {
        proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as AddressInfo).port));
      });
      link.port = `${port}`;
      await pair(link.href);
      expect(new URL(page.url()).port).toBe(`${port}`);
      expect(new URL(page.url()).pathname).toBe('/watch/');
      await page.getByText('2 devices are sending mail.').waitFor();
      await line('hallway-camera').click();
      await tap('Acknowledge');
      await page.locator('.state-acknowledged').waitFor();
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('gives a support bundle that names nobody: no device name, no host name, no whole address', async () => {
    await pair(await serve('demo.pcap'));
    await page.goto(`${page.url().split('#')[0]}#/devices/${encodeURIComponent(CAMERA)}`);
    await tap('Rename');
    await page.getByLabel('Your name for it').fill('Anna’s camera');
    await tap('Save');
    await page.getByRole('heading', { level: 1, name: 'Anna’s camera' }).waitFor();
    await page.goto(`${page.url().split('#')[0]}#/devices/${encodeURIComponent('24:0a:c4:10:00:05')}`);
    await tap('Forget this device');
    await tap('Yes, forget it');
    // When that is done the page goes there by itself.
    await page.waitForURL(/#\/devices$/);
    await tab('Sensor');
    const download = page.waitForEvent('download');
    await page.getByText('Download support bundle').click();
    const text = readFileSync(await (await download).path(), 'utf8');
    const bundle = JSON.parse(text);
    expect(bundle.devices).toHaveLength(5);
    expect(bundle.log.length).toBeGreaterThan(3);
    const secrets = [
      /anna/i,
      /hallway|porch|kitchen|kitchen-fridge|living-room|"laptop/i,
      /:10:00:0[1-5]/i,
      /2001:db8:50:/,
      /fe10:[1-5]\b/,
    ];
    for (const secret of secrets) expect(text.match(secret)?.[0]).toBeUndefined();
    expect(text).toContain('mail.example.net');
  });
});
