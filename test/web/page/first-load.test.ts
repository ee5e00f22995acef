// What the first load of the page costs, in octets and in time, in real chromium against the real server.
import { describe, expect, it } from 'vitest';
import { SCREENS } from '../../support/browser.ts';
import { troubledHome } from '../../support/page-model.ts';
import { pageStage } from '../../support/page-stage.ts';

const stage = pageStage();
const phone = SCREENS[0];

/** Milliseconds in which the browser builds and lays out 5,000 lines of five words. */
const LIST_OF_LINES = `(() => {
  const started = performance.now();
  for (let line = 0; line < 5000; line++) {
    const row = document.body.appendChild(document.createElement('p'));
    for (let word = 0; word < 5; word++) row.appendChild(document.createElement('span')).textContent = 'word ' + word + ' of ' + line;
  }
  document.body.getBoundingClientRect();
  return performance.now() - started;
})()`;

describe('the first load', () => {
  it('costs at most 100 KB, asks nobody else, and is usable in no more time than a browser takes for a list of 5,000 lines', async () => {
    const page = await stage.open(troubledHome(Date.now()), phone);
    await stage.pair(page);
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    let bytes = 0;
    const kinds = new Map<string, string>();
    session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (['Document', 'Script', 'Stylesheet'].includes(kinds.get(requestId) ?? '')) bytes += encodedDataLength;
    });
    // The fastest of five, as a ratio: how fast the machine is and what else it does is not the page's cost. Where many others run, the
    // page's server and browser wait for their turn more often than the list does: then up to twenty are looked at.
    const times: number[] = [];
    const yardsticks: number[] = [];
    const ratio = () => Math.min(...times) / Math.min(...yardsticks);
    while (times.length < 5 || (ratio() >= 1 && times.length < 20)) {
      await page.goto('about:blank');
      yardsticks.push(await page.evaluate<number>(LIST_OF_LINES));
      bytes = 0;
      await page.goto(stage.web.url, { waitUntil: 'commit' });
      await page.locator('a.hero-main').waitFor();
      times.push(await page.evaluate<number>('performance.now()'));
    }
    // The charts come after it is usable; once is enough to weigh them.
    await page.locator('.u-wrap').first().waitFor();
    const [usable, yardstick] = [Math.min(...times), Math.min(...yardsticks)];
    console.info(
      `first load: ${(bytes / 1024).toFixed(1)} KB with charts, usable after ${usable.toFixed(0)} ms at 4x slowdown, the list ${yardstick.toFixed(0)} ms`,
    );
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(100 * 1024);
    expect(ratio()).toBeLessThan(1);
    expect(stage.problems).toEqual([]);
  });
});
