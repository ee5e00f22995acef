// How much of the home was seen, and what is said of a week, on the page: in words and not by colour alone.
import { describe, expect, it } from 'vitest';
import { SCREENS } from '../../support/browser.ts';
import { troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';
import { sampleWeek, sampleWeeks } from '../../support/sample-weeks.ts';

const stage = pageStage();
const phone = SCREENS[0];
/** A Monday morning, on the sensor's clock as well: its last day is that of the home, whenever this runs. */
const NOW = Date.parse('2026-11-30T09:00:00Z');
const AT_NOW = { clock: () => NOW };

describe('coverage', () => {
  it('is a strip with its words, and each day that lacks something says what and why', async () => {
    const page = await stage.open(troubledHome(NOW), phone, AT_NOW);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    const strip = page.getByRole('img', { name: /^Of the last 30 days/ });
    await strip.waitFor();
    expect(await strip.getAttribute('aria-label')).toBe(
      'Of the last 30 days 7 were seen whole, 6 were not, of 17 there is no record',
    );
    // A low day, one that is nearly whole and a whole one have bars of three heights.
    const drawn = await strip.locator('path').evaluateAll((paths) => paths.map((path) => path.getAttribute('d') ?? ''));
    expect(new Set(drawn.join('').match(/v-[\d.]+/g)).size).toBeGreaterThan(3);
    await page.getByText('What was not seen, on 6 days').click();
    const days = await page.locator('details[open] li').allTextContents();
    expect(days.find((text) => text.startsWith('Thu 26 Nov'))).toMatch(
      /: 9\d\.\d %\. 2 hours: frames could not arrive\.$/,
    );
    expect(days.join(' ')).toContain('the sensor was off');
    await page.getByText(/^9\d\.\d % of the last seven days, as far as they are on record\.$/).waitFor();
    expect(stage.problems).toEqual([]);
  });

  it('is not there for a recording, which nobody watched', async () => {
    const home = troubledHome(NOW);
    Object.assign(home.health, { coverage: null, mode: 'replay' });
    home.weeks = [];
    const page = await stage.open(home, phone, AT_NOW);
    await stage.pair(page);
    await page.goto(`${stage.web.url}#/sensor`);
    await page.getByRole('heading', { name: 'Paired browsers' }).waitFor();
    expect(await page.getByText('How much of the home was seen').count()).toBe(0);
    expect(await page.getByText('Weekly summaries').count()).toBe(0);
  });
});

describe('a week', () => {
  it('stands on the home page in sentences, the ones before on the sensor’s', async () => {
    const home = troubledHome(NOW);
    const page = await stage.open(home, phone, AT_NOW);
    await stage.pair(page);
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'The week until Mon 30 Nov' }) });
    // Asked for when all else is there.
    await card.waitFor();
    expect(await card.locator('li').allTextContents()).toEqual(home.weeks[0]?.sentences);
    await page.goto(`${stage.web.url}#/sensor`);
    const earlier = page.getByText(/^Until Mon 23 Nov: watched for \d+\.?\d* %$/);
    await earlier.click();
    expect(await page.locator('details[open] li').allTextContents()).toEqual(home.weeks[1]?.sentences);
    expect(stage.problems).toEqual([]);
  });

  it('that is summed up while the page is open appears on it', async () => {
    const home = troubledHome(NOW);
    const weeks = sampleWeeks(NOW);
    home.weeks = [];
    const page = await stage.open(home, phone, AT_NOW);
    await stage.pair(page);
    await page.locator('.u-wrap').first().waitFor();
    expect(await page.getByText('The week until').count()).toBe(0);
    home.weeks = weeks;
    home.events.emit('week', sampleWeek(NOW));
    await page.getByRole('heading', { name: 'The week until Mon 30 Nov' }).waitFor();
  });
});
