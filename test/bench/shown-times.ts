// When an incident stands on the phone page: the page itself in chromium, its list of incidents open. The browser's clock is held
// against this process's, so that a SYN's time and a line's can be compared.
import net from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';

const READINGS = 30;

/** What runs in the page: by incident, when its line was on the screen, which is with the frame after the one that it was put in. */
const WATCH = `
  const seen = new Set();
  window.shown = {};
  const look = () => {
    for (const link of document.querySelectorAll('a[href^="#/incidents/"]')) {
      const incident = decodeURIComponent(link.getAttribute('href').slice('#/incidents/'.length));
      if (seen.has(incident)) continue;
      seen.add(incident);
      const note = () => { window.shown[incident] = performance.timeOrigin + performance.now(); };
      requestAnimationFrame(() => requestAnimationFrame(note));
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
`;

export class ShownIncidents {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #proxy: net.Server;

  /** `socket` leads to the page, `token` is of a pairing link. */
  static async open(socket: string, token: string): Promise<ShownIncidents> {
    const proxy = net.createServer((outside) => {
      const inside = net.connect(socket);
      outside.pipe(inside).pipe(outside);
      outside.on('error', () => inside.destroy());
      inside.on('error', () => outside.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const browser = await launchBrowser();
    const page = await browser.newPage();
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await page.goto(`http://127.0.0.1:${port}/`);
    const status = await page.evaluate(async (secret) => {
      const body = JSON.stringify({ token: secret, name: 'Bench' });
      const answer = await fetch('api/pair', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return answer.status;
    }, token);
    if (status !== 200) throw new Error(`pairing: ${status}`);
    await page.goto(`http://127.0.0.1:${port}/?paired#/incidents`);
    await page.waitForSelector('main');
    await page.evaluate(WATCH);
    return new ShownIncidents(browser, page, proxy);
  }

  private constructor(browser: Browser, page: Page, proxy: net.Server) {
    this.#browser = browser;
    this.#page = page;
    this.#proxy = proxy;
  }

  /** By incident, this machine's monotonic time (ms) at which its line was painted. */
  async times(): Promise<Map<string, number>> {
    const ahead = await this.#ahead();
    const shown = await this.#page.evaluate<Record<string, number>>('window.shown');
    return new Map(Object.entries(shown).map(([incident, at]) => [incident, at - ahead]));
  }

  /** How far the browser's clock is ahead of this machine's monotonic one; the quickest of some readings is the truest. */
  async #ahead(): Promise<number> {
    let best = { took: Number.POSITIVE_INFINITY, ahead: 0 };
    for (let n = 0; n < READINGS; n++) {
      const before = Number(process.hrtime.bigint()) / 1e6;
      const there = await this.#page.evaluate(() => performance.timeOrigin + performance.now());
      const after = Number(process.hrtime.bigint()) / 1e6;
      if (after - before < best.took) best = { took: after - before, ahead: there - (before + after) / 2 };
    }
    return best.ahead;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#proxy.close();
  }
}
