// A home, a mirror port, the sensor on it: from a SYN on the wire to an alert on the broker and a line on the page. What nobody answers
// takes its half minute in live-unanswered.test.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Home, requireLab } from '../lab/home.ts';
import { readRecords } from '../lab/retime.ts';
import { commandLine, descendantsOf } from '../support/processes.ts';
import { CAPTURES, ensureBuilt, eventually } from './program.ts';
import { caughtUp, LabSensor, type RunningSensor } from './sensor-in-lab.ts';

/** Of the program; not 0 where there is none: a signal to process 0 goes to the whole group, this test run included. */
function captureChild(pid: number): number {
  const child = descendantsOf(pid).find((one) => commandLine(one).includes('cap-child.js'));
  if (child === undefined) throw new Error('the capture has no child');
  return child;
}

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, nothing is tested live: ${reason}`);

const CAMERA = '24:0a:c4:10:00:01';
const FRIDGE = '30:ae:a4:10:00:02';
const TV = '00:e0:4c:10:00:03';

describe.skipIf(reason !== null)('the sensor in a home', () => {
  let home: Home;
  let lab: LabSensor;
  let sensor: RunningSensor | null = null;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false });
    lab = await LabSensor.of(home);
  });
  afterEach(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    sensor = null;
  });
  afterAll(() => home?.stop());

  async function run(...args: Parameters<LabSensor['run']>): Promise<RunningSensor> {
    sensor = await lab.run(...args);
    return sensor;
  }

  async function threeMails(family: 4 | 6): Promise<void> {
    await home.device('hallway-camera').sendMail({ to: 'silent.example.net', family, timeoutMs: 500 });
    await home.device('kitchen-fridge').sendMail({ to: 'closed.example.net', family });
    await home.device('living-room-tv').sendMail({ to: 'mail.example.net', family });
  }

  /** Exactly these three incidents, told on the broker as they began and worsened, and listed on the page. */
  async function expectThreeFates(family: 4 | 6): Promise<void> {
    const { alerts, page } = await run();
    if (family === 4) await Promise.all(home.devices.map((device) => device.join()));
    await threeMails(family);
    await eventually(() => (alerts().some(({ stage }) => stage === 'accepted') ? true : null));
    const opened = alerts().filter(({ event_type: type }) => type !== 'escalated');
    expect(opened.map(({ event_type: type, mac }) => [type, mac])).toEqual([
      ['mail_started', CAMERA],
      ['mail_started', FRIDGE],
      ['mail_started', TV],
    ]);
    expect(alerts().filter(({ event_type: type }) => type === 'escalated')).toMatchObject([
      { mac: TV, severity: 'critical', stage: 'connected', connection: 'connected' },
      { mac: TV, severity: 'critical', stage: 'accepted', connection: 'connected' },
    ]);
    const incidents = await page.incidents();
    const of = (mac: string) => incidents.find(({ device }) => device === mac);
    expect(incidents).toHaveLength(3);
    expect(of(FRIDGE)).toMatchObject({ severity: 'high', evidence: { attempts: 1, refused: 1, connected: 0 } });
    expect(of(TV)).toMatchObject({
      severity: 'critical',
      evidence: { attempts: 1, connected: 1, refused: 0, messages: 1 },
    });
    expect(of(CAMERA)).toMatchObject({ severity: 'high', evidence: { attempts: 1, connected: 0, refused: 0 } });
    expect(JSON.stringify(of(CAMERA)?.evidence)).toContain('silent.example.net');
    if (family === 4) expect(of(CAMERA)?.summary).toContain('hallway-camera');
    else expect(JSON.stringify(of(CAMERA)?.evidence)).toContain('2001:db8:ffff::27');
  }

  it('three devices, three fates: unanswered, refused, connected', () => expectThreeFates(4));

  it('the same over IPv6', () => expectThreeFates(6));

  it('behind one VLAN tag and behind two', async () => {
    const { alerts, page } = await run();
    const tagged = readRecords(readFileSync(join(CAPTURES, 'vlan-qinq.pcap'))).map(({ data }) => data);
    await home.inject('living-room-tv', tagged);
    await eventually(() => (alerts().length >= 4 ? true : null));
    expect(alerts().map(({ event_type: type, mac, stage }) => [type, stage, mac])).toEqual([
      ['mail_started', 'attempt', CAMERA],
      ['escalated', 'connected', CAMERA],
      ['escalated', 'accepted', CAMERA],
      ['mail_started', 'attempt', FRIDGE],
    ]);
    const incidents = await page.incidents();
    expect(incidents.map(({ device, evidence }) => [device, evidence.attempts]).toSorted()).toEqual([
      [CAMERA, 1],
      [FRIDGE, 1],
    ]);
  });

  it('mail to a server inside the home is none of its business', async () => {
    const { alerts, page } = await run();
    const tv = home.device('living-room-tv');
    await tv.serveMail([25, 587]);
    const sent = [
      await home.device('hallway-camera').sendMail({ to: tv.ipv4 ?? '' }),
      await home.device('hallway-camera').sendMail({ to: tv.ipv4 ?? '', port: 587 }),
    ];
    expect(sent.flat().map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
    await caughtUp(page, home);
    expect(await page.incidents()).toEqual([]);
    expect(alerts()).toEqual([]);
  });

  it('the capture child dies: frames flow again within two seconds, and health tells', async () => {
    const { page, program } = await run();
    const talker = "const dns = require('dns'); setInterval(() => dns.resolve4('cdn.manyfiles.example', () => {}), 50)";
    const talking = home.device('hallway-camera').spawn(process.execPath, ['-e', talker]);
    const frames = await eventually(async () => (await page.health()).frames || null);
    const child = captureChild(program.pid);
    expect(await page.health()).toMatchObject({ capture: 'running', captureRestarts: 0 });
    const killed = Date.now();
    process.kill(child, 'SIGKILL');
    const back = await eventually(async () => {
      const health = await page.health();
      return health.captureRestarts === 1 && (health.lastFrameAt ?? 0) > killed + 200 ? health : null;
    });
    expect(Date.now() - killed).toBeLessThan(2000);
    expect(back).toMatchObject({ capture: 'running', captureError: null, captureRestarts: 1 });
    expect(back.frames).toBeGreaterThan(frames);
    await program.says(/capturing again on mirror0 \(restart 1\)/);
    talking.kill();
  });

  it('the capture child hangs: page and MQTT say so within ten seconds, and it is started again within thirty', async () => {
    const { ear, page, program } = await run();
    const child = captureChild(program.pid);
    const stopped = Date.now();
    process.kill(child, 'SIGSTOP');
    const told = await eventually(async () => {
      const health = await page.health();
      return health.capture === 'running' ? null : health;
    });
    expect(Date.now() - stopped).toBeLessThan(10_000);
    expect(told).toMatchObject({
      capture: 'restarting',
      captureError: expect.stringMatching(/^the capture on mirror0 hangs: no sign of life for \d+ seconds/),
    });
    const state = await eventually(() => {
      const last = ear.findLast(({ topic }) => topic === 'thingwatch/lab/state');
      return last?.payload.includes('"capture":"restarting"') ? last.payload : null;
    });
    expect(Date.now() - stopped).toBeLessThan(10_000);
    expect(JSON.parse(state)).toMatchObject({
      mirror_port_problem: 'ON',
      mirror_port: { capture_error: expect.stringMatching(/^the capture on mirror0 hangs/) },
    });
    const again = await eventually(async () => {
      const health = await page.health();
      return health.capture === 'running' ? health : null;
    });
    expect(Date.now() - stopped).toBeLessThan(30_000);
    expect(again).toMatchObject({ captureError: null, captureRestarts: 1 });
    const [, seconds] = await program.says(/hangs: no sign of life for (\d+) seconds; it was ended; trying again/);
    expect(Number(seconds)).toBeGreaterThanOrEqual(15);
  }, 60_000);

  it('ends on SIGTERM: says offline, keeps what it knows, leaves no process; and is soon back', async () => {
    const { ear, page, program, state } = await run();
    await home.device('kitchen-fridge').connect('closed.example.net', 25);
    const [before] = await eventually(async () => {
      const list = await page.incidents();
      return list[0]?.summary.includes('1 refused') ? list : null;
    });
    // Beside what it asks for a moment, such as timedatectl.
    const children = descendantsOf(program.pid).filter((pid) => commandLine(pid).includes(process.execPath));
    expect(children.map(commandLine)).toEqual([
      expect.stringContaining('run --kept'),
      expect.stringContaining('cap-child.js'),
    ]);
    const { code, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/error/i);
    // Said before it ended, and on its way to us.
    const status = () => ear.filter(({ topic }) => topic === 'thingwatch/lab/status').at(-1)?.payload;
    await expect.poll(status, { timeout: 10_000 }).toBe('offline');
    expect(children.map(commandLine)).toEqual(['', '']);

    const started = Date.now();
    const again = await run({ state });
    // Nothing of before is waited for. How soon it is back is for the benches to say.
    expect(Date.now() - started).toBeLessThan(20_000);
    const incidents = await again.page.incidents();
    expect(incidents).toEqual([before]);
    await home.device('kitchen-fridge').connect('closed.example.net', 25);
    const [after] = await eventually(async () => {
      const list = await again.page.incidents();
      return list[0]?.evidence.refused === 2 ? list : null;
    });
    expect(after).toMatchObject({ id: before?.id, startedAt: before?.startedAt, evidence: { attempts: 2 } });
    expect(again.alerts()).toEqual([]);
  });
});
