// What must hold on every view of the page, whatever it shows and in whichever language: nothing that other senses stumble over, no
// target too small for a thumb, nothing beside the screen.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TARGETS = 'button, select, a:not(.skip, p a), summary, input:not([type=radio]), label:has(input[type=radio])';

/** What is wrong with the view as it stands now; empty where nothing is. */
export async function complaints(page: Page): Promise<string[]> {
  // Half a megabyte, which a document reads once for all its views.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe);
  const violations = await page.evaluate<string[]>(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) =>
      id + ': ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join(' | ')))`);
  const small = await page
    .locator(TARGETS)
    .evaluateAll((elements) =>
      elements
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44)
        .map((element) => `less than 44 pixels high: ${element.outerHTML.slice(0, 120)}`),
    );
  const isWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  return [...violations, ...small, ...(isWide ? ['wider than the screen'] : [])];
}
