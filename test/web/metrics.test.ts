// `/metrics`: who may read it, and that each number in it is what the sensor knows. Read by a parser of the format, not by eye.

import { afterEach, describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { LogTail } from '../../sensor/log.ts';
import { pageModel } from '../../sensor/main/page-model.ts';
import { SensorHealth } from '../../sensor/main/sensor-health.ts';
import { mail } from '../../sensor/self-test/frames/traffic.ts';
import { type MetricsDoor, openMetrics } from '../../web/metrics.ts';
import { namingProblems, parseExposition, sampleOf } from '../support/exposition.ts';
import { type MemoryHome, troubledHome } from '../support/page-model.ts';
import { CAMERA, MAIL_SERVER, MINUTE, START, Stage } from '../support/stage.ts';
import { type Answer, type CallOptions, type RunningWeb, startWeb, tokenOf } from '../support/web-client.ts';

const TOKEN = 'pr0metheus-reads/this+token=';
let running: RunningWeb | null = null;
afterEach(async () => {
  await running?.close();
  running = null;
});

interface Options {
  basePath?: string;
  door?: MetricsDoor;
}

async function start(home: MemoryHome, { basePath, door }: Options = {}): Promise<RunningWeb> {
  const metrics = door ?? openMetrics({ token: TOKEN, events: home.events, incidents: () => [], now: Date.now });
  running = await startWeb(home, { metrics, ...(basePath === undefined ? {} : { basePath }) });
  return running;
}

const scrape = (web: RunningWeb, token: string | null = TOKEN, options: CallOptions & { path?: string } = {}) =>
  web.call(options.path ?? '/metrics', {
    ...options,
    ...(token === null ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  });

const home = () => troubledHome(Date.now());

describe('who reads', () => {
  it('nobody where it is not switched on', async () => {
    running = await startWeb(home());
    expect((await scrape(running)).status).toBe(404);
  });

  it('whoever has the token, in plain text without a cookie', async () => {
    const { headers, status, text } = await scrape(await start(home()));
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['set-cookie']).toBeUndefined();
    expect(parseExposition(text).length).toBeGreaterThan(30);
  });

  it('nobody with another token, without one, or with a paired browser’s cookie alone', async () => {
    const web = await start(home());
    const cookie = await web.pair();
    const answers = [
      await scrape(web, null),
      await scrape(web, null, { cookie }),
      await scrape(web, `${TOKEN}x`),
      await web.call('/metrics', { headers: { Authorization: `Basic ${TOKEN}` } }),
      await web.call(`/metrics?token=${TOKEN}`),
    ];
    for (const { headers, status, text } of answers) {
      expect([status, headers['www-authenticate'], headers['set-cookie']]).toEqual([401, 'Bearer', undefined]);
      expect(text).not.toContain('thingwatch_');
    }
  });

  it('the token opens nothing but metrics, and changes nothing', async () => {
    const web = await start(home());
    expect((await scrape(web, TOKEN, { path: '/api/devices' })).status).toBe(401);
    const { headers, status } = await scrape(web, TOKEN, { method: 'POST', body: {} });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect((await scrape(web, TOKEN, { method: 'HEAD' })).text).toBe('');
  });

  it('wrong tokens wait as those for pairing do, are counted with them, and keep neither the right one nor a phone out', async () => {
    const web = await start(home());
    const cookie = await web.pair();
    const statuses: Answer['status'][] = [];
    for (let n = 0; n < 500; n++) statuses.push((await scrape(web, `wrong-token-${n}`.padEnd(20, 'x'))).status);
    const count = (status: number) => statuses.filter((one) => one === status).length;
    expect(count(401)).toBe(1);
    expect(count(429)).toBe(499);
    const health = (await web.call('/api/health', { cookie })).json as { web: Record<string, number> };
    expect(health.web).toMatchObject({ wrongTokens: 1, slowedTokens: 58, refusedStrangers: 441 });
    const read = await scrape(web);
    expect(read.status).toBe(200);
    const families = parseExposition(read.text);
    expect(sampleOf(families, 'thingwatch_refused_requests_total', { reason: 'wrong_token' })).toBe(1);
    expect(sampleOf(families, 'thingwatch_refused_requests_total', { reason: 'pace' })).toBe(441);
    web.clock.now += 10_000;
    const paired = await web.call('/api/pair', { method: 'POST', body: { token: tokenOf(web.web) } });
    expect(paired.status).toBe(200);
  });

  it('below a path prefix, whether a proxy takes it off or not', async () => {
    const web = await start(home(), { basePath: '/watch/' });
    for (const path of ['/watch/metrics', '/metrics'])
      expect([path, (await scrape(web, TOKEN, { path })).status]).toEqual([path, 200]);
    expect((await scrape(web, null, { path: '/watch/metrics' })).status).toBe(401);
  });

  it('foreign host names are refused, right token or not', async () => {
    const web = await start(home());
    const headers = { Authorization: `Bearer ${TOKEN}`, Host: 'rebound.example' };
    expect((await web.call('/metrics', { headers })).status).toBe(403);
  });
});

describe('what is read', () => {
  it('is named by the conventions, and holds nothing that a device or a person said', async () => {
    const { text } = await scrape(await start(home()));
    const families = parseExposition(text);
    expect(namingProblems(families)).toEqual([]);
    expect(families.map(({ name }) => name).filter((name) => !name.startsWith('thingwatch_'))).toEqual([]);
    const values = families.flatMap(({ samples }) => samples.flatMap(({ labels }) => Object.values(labels)));
    expect(values.filter((value) => !/^[a-z0-9_.+-]+$/i.test(value))).toEqual([]);
    expect(text).not.toMatch(/(?:[0-9a-f]{2}:){2}|\d+\.\d+\.\d+\.\d+|eth0|Living room|\/home|script/i);
  });

  it('is what health says, in seconds, bytes and ratios', async () => {
    const one = home();
    Object.assign(one.health, {
      startedAt: 1_770_000_000_000,
      capture: 'restarting',
      captureRestarts: 3,
      lastFrameAt: 1_770_000_123_456,
      frames: 9_876_543,
      duplicates: { identical: 11, vlan: 12, routed: 13, hairpin: 14 },
      loss: { percent: 2.5, low: 2.1, high: 3, samples: 40_000, missed: 1000, isCertain: true },
      interfaceDrops: { dropped: 25, received: 75, minutes: 15 },
      vantage: 'wan-side',
      clock: { isCertain: false, differenceMs: -1500 },
      decode: { 'ipv4.truncated': 3, 'nat-pmp.malformed': 4 },
      broker: { url: 'mqtt://x', embedded: true, connected: false, error: null, waiting: 5, dropped: 6 },
      database: { path: '/x', bytes: 7000, error: 'full', refused: { since: 1, incidents: 8, alerts: 9, lost: 0 } },
      notCovered: { count: 2, devices: [], sentence: null },
      coverage: { days: [], week: { percent: 97.5, gaps: { off: 252 } } },
    });
    const families = parseExposition((await scrape(await start(one))).text);
    const value = (name: string, labels = {}) => sampleOf(families, `thingwatch_${name}`, labels);
    expect(value('build_info', { version: '0.1.0' })).toBe(1);
    expect(value('start_time_seconds')).toBe(1_770_000_000);
    expect(value('capture_state', { state: 'restarting' })).toBe(1);
    expect(value('capture_state', { state: 'running' })).toBe(0);
    expect(value('capture_restarts_total')).toBe(3);
    expect(value('last_frame_timestamp_seconds')).toBe(1_770_000_123.456);
    expect(value('packets_total')).toBe(9_876_543);
    expect(value('duplicate_packets_total', { kind: 'routed' })).toBe(13);
    expect(value('decode_failures_total', { layer: 'nat-pmp', reason: 'malformed' })).toBe(4);
    expect([value('capture_loss_ratio'), value('capture_loss_low_ratio'), value('capture_loss_high_ratio')]).toEqual([
      0.025, 0.021, 0.03,
    ]);
    expect(value('interface_drop_ratio')).toBe(0.25);
    expect([value('vantage', { vantage: 'wan-side' }), value('vantage', { vantage: 'nothing' })]).toEqual([1, 0]);
    expect([value('clock_certain'), value('clock_difference_seconds')]).toEqual([0, -1.5]);
    expect(value('coverage_ratio')).toBe(0.975);
    expect([value('broker_connected'), value('alerts_waiting'), value('alerts_dropped_total')]).toEqual([0, 5, 6]);
    expect([value('database_size_bytes'), value('database_writable')]).toEqual([7000, 0]);
    expect([value('unstored_incidents'), value('unstored_alerts')]).toEqual([8, 9]);
    expect([value('devices'), value('devices_not_covered'), value('warnings')]).toEqual([14, 2, 1]);
    expect(value('resident_memory_bytes')).toBeGreaterThan(2 ** 24);
    expect(value('heap_used_bytes')).toBeLessThan(value('resident_memory_bytes') ?? 0);
    expect(value('cpu_seconds_total')).toBeGreaterThan(0);
  });

  it('leaves out what is not known', async () => {
    const one = home();
    Object.assign(one.health, { lastFrameAt: null, clock: null, broker: null, interfaceDrops: null, coverage: null });
    one.health.loss = { percent: null, low: 0, high: 100, samples: 0, missed: 0, isCertain: false };
    const families = parseExposition((await scrape(await start(one))).text);
    for (const name of [
      'last_frame_timestamp_seconds',
      'clock_certain',
      'broker_connected',
      'coverage_ratio',
      'capture_loss_ratio',
    ])
      expect(sampleOf(families, `thingwatch_${name}`)).toBeUndefined();
    expect(sampleOf(families, 'thingwatch_capture_loss_high_ratio')).toBe(1);
  });
});

describe('a camera that begins to mail', () => {
  /** The real recorder behind the real server; `late`: how long after its packet the first mail is told. */
  async function story(late: number | null) {
    const stage = new Stage();
    let now = START;
    const { engine, events, recorder } = stage.spine;
    const door = openMetrics({
      token: TOKEN,
      events,
      incidents: () => recorder.incidents.values(),
      now: late === null ? null : () => now,
    });
    const health = new SensorHealth(
      stage.spine,
      { version: '1', startedAt: START, mode: 'demo', interface: null },
      () => now,
    );
    const model = pageModel(stage.spine, () => health.read(), new LogTail(1))(english);
    const web = await start({ ...home(), model, events }, { door });
    const told = async () => parseExposition((await scrape(web)).text);
    return {
      told,
      stage,
      engine,
      mails(time: number) {
        now = time + (late ?? 0);
        stage.play(mail(CAMERA, MAIL_SERVER, time, { outcome: 'refused' }));
        recorder.flushMail();
      },
    };
  }

  it('is counted by kind and state, and so is what a person does', async () => {
    const { mails, stage, told } = await story(400);
    const of = async (state: string) => sampleOf(await told(), 'thingwatch_incidents', { kind: 'mail_started', state });
    expect(await of('open')).toBe(0);
    mails(START + MINUTE);
    expect(await of('open')).toBe(1);
    expect(sampleOf(await told(), 'thingwatch_incidents_opened_total', { kind: 'mail_started' })).toBe(1);
    expect(sampleOf(await told(), 'thingwatch_incidents_opened_total', { kind: 'exposed' })).toBe(0);
    stage.run({ type: 'acknowledge_all' });
    expect([await of('open'), await of('acknowledged')]).toEqual([0, 1]);
    expect(sampleOf(await told(), 'thingwatch_incidents_opened_total', { kind: 'mail_started' })).toBe(1);
    expect(sampleOf(await told(), 'thingwatch_packets_total')).toBe(stage.spine.engine.stats.packets);
    stage.spine.close();
  });

  it('how late that was told is measured', async () => {
    const { mails, stage, told } = await story(400);
    mails(START + MINUTE);
    const families = await told();
    const bucket = (le: string) => sampleOf(families, 'thingwatch_alert_delay_seconds_bucket', { le });
    const delays = sampleOf(families, 'thingwatch_alert_delay_seconds_count') ?? 0;
    expect(delays).toBe(stage.alerts.length);
    expect(delays).toBeGreaterThan(0);
    expect([bucket('0.25'), bucket('0.5'), bucket('+Inf')]).toEqual([0, delays, delays]);
    expect(sampleOf(families, 'thingwatch_alert_delay_seconds_sum')).toBeCloseTo(0.4 * delays, 1);
    stage.spine.close();
  });

  it('in a replay, whose packets are old, nothing is said of delays', async () => {
    const { mails, stage, told } = await story(null);
    mails(START + MINUTE);
    const families = await told();
    expect(families.map(({ name }) => name)).not.toContain('thingwatch_alert_delay_seconds');
    expect(sampleOf(families, 'thingwatch_incidents', { kind: 'mail_started', state: 'open' })).toBe(1);
    stage.spine.close();
  });

  it('a process that was busy says how late it was', async () => {
    const { stage, told } = await story(0);
    await told();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const until = performance.now() + 300;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const families = await told();
    expect(sampleOf(families, 'thingwatch_event_loop_delay_seconds', { quantile: '0.99' })).toBeGreaterThan(0.2);
    const count = sampleOf(families, 'thingwatch_event_loop_delay_seconds_count') ?? 0;
    const sum = sampleOf(families, 'thingwatch_event_loop_delay_seconds_sum') ?? 0;
    expect(sum).toBeGreaterThan(0.2);
    const later = await told();
    expect(sampleOf(later, 'thingwatch_event_loop_delay_seconds_count')).toBeGreaterThanOrEqual(count);
    expect(sampleOf(later, 'thingwatch_event_loop_delay_seconds_sum')).toBeGreaterThanOrEqual(sum);
    stage.spine.close();
  });
});
