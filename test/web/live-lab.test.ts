// Open pages must not cost the capture a frame: the built sensor on the lab's mirror port counts connections that were
// injected as raw frames, first with no page open, then with fifty. A page that slept through it catches up.
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HealthAnswer } from '../../web/shapes.ts';
import { Home, requireLab, router } from '../lab/home.ts';
import { ensureBuilt, eventually, Program } from '../program/program.ts';
import { LabSensor, type RunningSensor } from '../program/sensor-in-lab.ts';
import { ethernet, ipv4, tcp } from '../support/packet-builder.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, pages beside a live capture: ${reason}`);

const CAMERA = { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' };
const BATCHES = 10;
const BATCH = 1000;
const PAGES = 50;
/** LIVE_LIMITS.pagesPerBrowser is 8. */
const PAGES_OF_A_BROWSER = 5;

describe.skipIf(reason !== null)('pages beside a live capture', () => {
  let home: Home;
  let sensor: RunningSensor;
  let sent = 0;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ devices: [CAMERA] });
    sensor = await (await LabSensor.of(home)).run();
    // Until the device's frames are its own: an ARP and a DNS answer have passed.
    await home.device(CAMERA.name).lookup('cdn.manyfiles.example');
  });
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    await home?.stop();
  });

  const socketPath = (): string => join(home.directory, 'page.sock');

  function ask(path: string, options: RequestOptions, body?: object): Promise<IncomingMessage> {
    const headers = { host: '127.0.0.1:8080', 'content-type': 'application/json', ...options.headers };
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: socketPath(), path, agent: false, ...options, headers }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body && JSON.stringify(body));
    });
  }

  /** A browser paired by `thingwatch pair`, next to the running sensor. */
  async function cookieOfNewBrowser(): Promise<string> {
    const config = join(home.directory, 'sensor-1.yaml');
    const { code, stdout } = await new Program(home.sensorCommand(['--config', config, 'pair'])).ended;
    expect(code).toBe(0);
    const token = /#\/pair\/(\S+)/.exec(stdout)?.[1];
    const answer = await ask('/api/pair', { method: 'POST' }, { token, name: 'Lab phone' });
    answer.resume();
    return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  /** An open page; `heard` grows with what it is told. */
  async function openPage(cookie: string, lastEventId = ''): Promise<{ heard: () => string; close: () => void }> {
    const stream = await ask('/api/events', { headers: { cookie, 'last-event-id': lastEventId } });
    let heard = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    stream.on('error', () => {});
    await eventually(() => (heard.includes('event: hello') ? true : null));
    return { heard: () => heard, close: () => stream.destroy() };
  }

  const connections = async (): Promise<number> =>
    (await sensor.page.get<{ connections: number }>(`/api/devices/${CAMERA.mac}`)).connections;

  /** SYNs of new connections from the camera, each to be counted once; resolves to how many of them were not. */
  async function missedOfInjected(): Promise<number> {
    const before = await connections();
    const source = home.device(CAMERA.name).ipv4 ?? '';
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const frames = Array.from({ length: BATCH }, () => {
        sent += 1;
        const fields = {
          sourcePort: 20_000 + (sent % 40_000),
          destinationPort: 443,
          sequence: sent * 7919,
          flags: 'S',
        };
        const packet = { source, destination: `203.0.113.${100 + (sent % 100)}`, identification: sent % 65_536 };
        return ethernet({ source: CAMERA.mac, destination: router.mac }, ipv4(packet, tcp(fields)));
      });
      await home.inject(CAMERA.name, frames);
    }
    let [counted, since] = [0, Date.now()];
    // Until all are, or for ten seconds none has been added.
    await eventually(async () => {
      const now = (await connections()) - before;
      if (now !== counted) [counted, since] = [now, Date.now()];
      if (counted >= BATCHES * BATCH || Date.now() - since > 10_000) return true;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return null;
    });
    return BATCHES * BATCH - counted;
  }

  it(`${PAGES} of them cost no frame of ${BATCHES * BATCH}, and one that slept is told what it missed`, async () => {
    const alone = await missedOfInjected();
    const sleeper = await cookieOfNewBrowser();
    const asleep = await openPage(sleeper);
    const lastHeard = asleep.heard().match(/^id: (\d+)/m)?.[1] ?? '';
    asleep.close();

    const pages: Awaited<ReturnType<typeof openPage>>[] = [];
    for (let browser = 0; browser < PAGES / PAGES_OF_A_BROWSER; browser += 1) {
      const cookie = await cookieOfNewBrowser();
      for (let page = 0; page < PAGES_OF_A_BROWSER; page += 1) pages.push(await openPage(cookie));
    }
    // The one that sleeps is gone a moment after it went.
    await expect.poll(async () => (await sensor.page.get<HealthAnswer>('/api/health')).web.openPages).toBe(PAGES);
    const watched = await missedOfInjected();
    console.info(
      `frames missed of ${BATCHES * BATCH}: ${alone} with no page open, ${watched} with ${PAGES} pages open`,
    );
    expect([alone, watched]).toEqual([0, 0]);

    await home.device(CAMERA.name).sendMail({ to: 'closed.example.net' });
    await Promise.all(pages.map(({ heard }) => eventually(() => (heard().includes('event: incident') ? true : null))));
    const awake = await openPage(sleeper, lastHeard);
    expect(awake.heard()).toMatch(/event: incident\ndata: .*"kind":"mail_started"/);
    expect(awake.heard()).not.toContain('event: reset');
    for (const { close } of [...pages, awake]) close();
  }, 120_000);
});
