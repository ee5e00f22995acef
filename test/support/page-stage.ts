// What the browser tests share: chromium, the built page, one real server and one browser context a test, and an ear for
// everything that must not happen: errors on the page, requests to anybody but the sensor.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { launchBrowser } from './browser.ts';
import { builtPage } from './built-page.ts';
import { type RunningWeb, startWeb, type WebHome } from './web-client.ts';

export interface Look {
  width: number;
  height: number;
  colorScheme?: 'light' | 'dark';
  /** British English unless told. */
  locale?: string;
}

export class PageStage {
  problems: string[] = [];
  #browser: Browser | null = null;
  #publicDir: string | null = null;
  #context: BrowserContext | null = null;
  #web: RunningWeb<WebHome> | null = null;

  get web(): RunningWeb<WebHome> {
    if (!this.#web) throw new Error('no page was opened yet');
    return this.#web;
  }

  async begin(): Promise<void> {
    [this.#browser, this.#publicDir] = await Promise.all([launchBrowser(), builtPage()]);
  }

  async end(): Promise<void> {
    await this.#browser?.close();
  }

  /** May be called before the test is over, where the page must be gone before what it asks. */
  async clear(): Promise<void> {
    const [context, web] = [this.#context, this.#web];
    this.#context = null;
    this.#web = null;
    await context?.close();
    await web?.close();
  }

  async open(
    home: WebHome,
    { width, height, colorScheme = 'light', locale = 'en-GB' }: Look,
    options = {},
  ): Promise<Page> {
    if (!this.#browser || this.#publicDir === null) throw new Error('the stage has not begun');
    const web = await startWeb(home, { publicDir: this.#publicDir, ...options });
    this.#web = web;
    this.#context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme,
      locale,
      timezoneId: 'Europe/Berlin',
    });
    const page = await this.#context.newPage();
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && host !== `127.0.0.1:${web.port}`)
        this.problems.push(`foreign request: ${request.url()}`);
    });
    return page;
  }

  /** Until the home says what it knows, or the guide what the sensor sees. */
  async pair(page: Page): Promise<void> {
    await page.goto(this.web.web.pairingLink().link);
    await page.locator('form.pair button[type=submit]').click();
    await page.locator('.hero-tone, .sight-now').first().waitFor();
  }

  /** The same sensor again on the same port, after its server was closed. */
  async restart(home: WebHome): Promise<void> {
    const { browsers, port } = this.web;
    const publicDir = this.#publicDir ?? '';
    this.#web = await startWeb(home, { publicDir, browsers, listen: { host: '127.0.0.1', port } });
  }
}

/** Longer than the browser waits for what does not come (30 s), which it then names. */
const STORY_WITHIN = 120_000;

/** A stage for the tests of one file. */
export function pageStage(): PageStage {
  vi.setConfig({ testTimeout: STORY_WITHIN });
  const stage = new PageStage();
  beforeAll(() => stage.begin());
  afterAll(() => stage.end());
  afterEach(() => stage.clear());
  return stage;
}
