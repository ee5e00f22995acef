// In which language a request is answered: the one that it names, else its browser's, else the configured one; and that all that
// holds sentences is told in it, each open page in its own.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { english, type Words, wordsIn } from '../../sensor/language/words.ts';
import { LogTail } from '../../sensor/log.ts';
import { pageModel } from '../../sensor/main/page-model.ts';
import { SensorHealth } from '../../sensor/main/sensor-health.ts';
import { mail } from '../../sensor/self-test/frames/traffic.ts';
import { openEvents } from '../support/event-client.ts';
import { sampleWeek } from '../support/sample-weeks.ts';
import { CAMERA, MAIL_SERVER, MINUTE, START, Stage } from '../support/stage.ts';
import { type RunningWeb, startWeb, type WebHome } from '../support/web-client.ts';

const german = await wordsIn('de');
let stage: Stage;
let web: RunningWeb<WebHome>;
let cookie: string;

async function start(words: Words): Promise<void> {
  const { spine } = stage;
  const health = new SensorHealth(
    spine,
    { version: '1', startedAt: START, mode: 'demo', interface: null },
    () => START,
  );
  const model = pageModel(spine, (words) => health.read(words), new LogTail(1), { weeks: () => [sampleWeek(START)] });
  web = await startWeb({ model: model(words), run: spine.run, events: spine.events }, { model, words });
  cookie = await web.pair();
}

beforeEach(async () => {
  stage = new Stage().play(mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' })).wait(START + MINUTE);
  stage.spine.recorder.flushMail();
  await start(english);
});
afterEach(async () => {
  await web.close();
  stage.spine.close();
});

const ask = (path: string, wants?: string) =>
  web.call(path, { cookie, headers: wants === undefined ? {} : { 'accept-language': wants } });
const languageOf = async (path: string, wants?: string) => (await ask(path, wants)).headers['content-language'];

describe('a request is answered in', () => {
  it.each([
    ['the configured language, where it wants none', '/api/incidents', undefined, 'en'],
    ['the configured language, where it wants any', '/api/incidents', '*', 'en'],
    ['the configured language, where it wants one that there is not', '/api/incidents', 'fr, it;q=0.5', 'en'],
    ['the configured language, where it names one that there is not', '/api/incidents?language=fr', undefined, 'en'],
    ['the first that there is of those that it wants', '/api/incidents', 'fr, de-AT;q=0.8, en;q=0.5', 'de'],
    ['what it would rather have', '/api/incidents', 'de;q=0.1, en-GB', 'en'],
    ['the one that it names, whatever it wants', '/api/incidents?language=de', 'en', 'de'],
    ['the one that it names, the other way round', '/api/incidents?language=en', 'de', 'en'],
    ['what it wants, where it names none of ours', '/api/incidents?language=fr', 'de', 'de'],
    ['what it wants, where it names two', '/api/incidents?language=en&language=de', 'de', 'de'],
  ])('%s', async (_, path, wants, language) => {
    expect(await languageOf(path, wants)).toBe(language);
  });

  it('the configured one, whichever that is', async () => {
    await web.close();
    await start(german);
    expect(await Promise.all([languageOf('/api/health'), languageOf('/api/health', 'en')])).toEqual(['de', 'en']);
  });

  it('and nobody on the way may take one for the other', async () => {
    expect((await ask('/api/incidents')).headers).toMatchObject({
      vary: expect.stringContaining('Accept-Language'),
      'cache-control': 'no-store',
    });
  });
});

const pathsOf = async () => {
  const { incidents } = (await ask('/api/incidents')).json as { incidents: { id: string }[] };
  return {
    list: '/api/incidents',
    one: `/api/incidents/${incidents[0]?.id}`,
    device: `/api/devices/${CAMERA.mac}`,
    devices: '/api/devices',
    summaries: '/api/devices?view=summary',
    health: '/api/health',
    weeks: '/api/weeks',
  };
};

it('all that holds sentences is told in German, and the same in English as ever', async () => {
  const paths = await pathsOf();
  for (const [wants, said] of [
    ['de', [/versucht, Mailserver im Internet zu erreichen: 1 Versuch bei 1 Server \(1 abgewiesen\)/, /^Trennen Sie/]],
    ['en', [/is trying to reach mail servers on the Internet: 1 attempt to 1 server \(1 refused\)/, /^Disconnect/]],
  ] as const) {
    const { incidents } = (await ask(paths.list, wants)).json as { incidents: { summary: string; advice: string[] }[] };
    expect(incidents[0]?.summary).toMatch(said[0]);
    expect(incidents[0]?.advice[0]).toMatch(said[1]);
    expect((await ask(paths.one, wants)).json).toMatchObject({ summary: incidents[0]?.summary });
  }
  const texts = await Promise.all(Object.values(paths).map(async (path) => (await ask(path, 'de')).text));
  for (const text of texts)
    expect(text).not.toMatch(/The sensor|This sensor|Device [0-9a-f]{2}:|The router|The home|attempt to|What the/);
  expect(texts.join()).toContain('Was der Router selbst ins Internet sendet');
  expect(texts.join()).toContain('der Woche beobachtet');
});

it('what is handed to an abuse desk is English whoever fetches it', async () => {
  const { one } = await pathsOf();
  const report = (await ask(`${one}/evidence.txt`, 'de')).text.replace(/\s+/g, ' ');
  expect(report).toContain('is trying to reach mail servers on the Internet: 1 attempt to 1 server');
  expect(report).not.toContain('Mailserver');
});

it('each open page hears how the sensor is in its own language', async () => {
  const open = (language: string) => openEvents(web.port, cookie, undefined, `/api/events?language=${language}`);
  const pages = await Promise.all([open('de'), open('en')]);
  stage.spine.events.emit('vantage');
  for (const page of pages) await page.until((heard) => heard.some(({ name }) => name === 'heartbeat'));
  const told = pages.map(({ events }) => events.map(({ name, data }) => [name, JSON.stringify(data)]));
  for (const [i, { health }] of [german, english].entries())
    expect(told[i]).toEqual(['hello', 'heartbeat'].map((name) => [name, expect.stringContaining(health.router)]));
  for (const page of pages) page.close();
});
