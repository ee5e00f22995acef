// Makes the manual's pictures: the built program replays the demo, chromium opens its page like a phone.
// `npm run screenshots`; no test, and nothing is left running.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import { launchBrowser, SCREENS } from '../support/browser.ts';

const FOLDER = join(PROJECT_ROOT, 'sensor/deploy/manual/pictures');
const CAPTURES = join(PROJECT_ROOT, 'test/captures');
const LARGEST = 100 * 1024;
const PICTURES = [
  { name: 'home-phone-light', colorScheme: 'light', open: null },
  { name: 'incident-phone-dark', colorScheme: 'dark', open: 'a.line:has-text("hallway-camera")' },
] as const;

/** Writes every picture; resolves to the exit code. */
export async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-screenshots-'));
  const browser = await launchBrowser();
  const program = await startDemo(directory);
  try {
    mkdirSync(FOLDER, { recursive: true });
    const [phone] = SCREENS;
    const context = await browser.newContext({
      viewport: { width: phone.width, height: phone.height },
      deviceScaleFactor: 1.3,
      isMobile: true,
      hasTouch: true,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(program.link);
    await page.getByRole('button', { name: 'Pair this browser' }).tap();
    await page.locator('.hero-tone').waitFor();
    const home = page.url();
    for (const { name, colorScheme, open } of PICTURES) {
      await page.emulateMedia({ colorScheme });
      await page.goto(home);
      await page.locator('.u-wrap').first().waitFor();
      if (open) {
        await page.locator(open).first().tap();
        await page.locator('.steps li').first().waitFor();
      }
      const path = join(FOLDER, `${name}.png`);
      await page.screenshot({ path });
      const { size } = statSync(path);
      process.stdout.write(`${relative(PROJECT_ROOT, path)}: ${(size / 1024).toFixed(0)} KB\n`);
      if (size > LARGEST) throw new Error(`${name} is larger than ${LARGEST / 1024} KB`);
    }
    return 0;
  } finally {
    await program.stop();
    await browser.close();
    rmSync(directory, { recursive: true });
  }
}

async function startDemo(directory: string): Promise<{ link: string; stop: () => Promise<void> }> {
  const config = join(directory, 'thingwatch.yaml');
  const free = { listen: '127.0.0.1:0' };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ web: free, mqtt: free, notes: { dirs: [join(CAPTURES, 'demo-notes')] } }));
  const args = ['--config', config, 'replay', '--serve', '--state', directory, join(CAPTURES, 'demo.pcap')];
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'dist/sensor/main.js'), ...args]);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  const link = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const match = /(http\S+#\/pair\/\S+)/.exec(said);
      if (match?.[1] && said.includes('The replay is over')) resolve(match[1]);
    });
    child.once('close', () => reject(new Error(`the program ended early: ${said}`)));
  });
  return {
    link,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
