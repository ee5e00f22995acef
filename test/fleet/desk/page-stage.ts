// What the desk's browser tests share: chromium, the built page, one real desk a test, and an ear for everything that must not happen:
// errors on the page, requests to anybody but the desk.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../support/browser.ts';
import { builtPage } from '../../support/built-page.ts';
import type { Look } from '../../support/page-stage.ts';
import type { Population } from './population.ts';
import { DeskStage, NOW, type RunningDesk } from './stage.ts';

export class DeskPageStage {
  problems: string[] = [];
  readonly #browser: Browser;
  readonly #publicDir: string;
  readonly #desks: DeskStage;
  #context: BrowserContext | null = null;

  static async begin(): Promise<DeskPageStage> {
    const [browser, publicDir, desks] = await Promise.all([launchBrowser(), builtPage('fleet'), DeskStage.begin()]);
    return new DeskPageStage(browser, publicDir, desks);
  }

  private constructor(browser: Browser, publicDir: string, desks: DeskStage) {
    this.#browser = browser;
    this.#publicDir = publicDir;
    this.#desks = desks;
  }

  async end(): Promise<void> {
    await this.#browser.close();
    await this.#desks.end();
  }

  async clear(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
    await this.#desks.clear();
  }

  desk(made: Population): Promise<RunningDesk> {
    return this.#desks.desk(made, { publicDir: this.#publicDir });
  }

  /** A browser whose clock stands where the fleet's does, before anybody has logged in. */
  async open(desk: RunningDesk, { width, height, colorScheme = 'light', locale = 'en-GB' }: Look): Promise<Page> {
    await this.#context?.close();
    this.#context = await this.#browser.newContext({
      ...{ viewport: { width, height }, colorScheme, locale, timezoneId: 'Europe/Berlin' },
    });
    const page = await this.#context.newPage();
    await page.clock.setFixedTime(NOW);
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/40[13]|429|503/.test(message.text())) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (protocol !== 'data:' && host !== `127.0.0.1:${desk.port}`)
        this.problems.push(`foreign request: ${request.url()}`);
    });
    await page.goto(`http://127.0.0.1:${desk.port}/`);
    return page;
  }

  /** Until the first view stands. */
  async login(page: Page, token: string): Promise<void> {
    await page.locator('input[type=password]').fill(token);
    await page.locator('form.pair button[type=submit]').click();
    await page.locator('nav').waitFor();
  }
}
