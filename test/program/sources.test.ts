// `run` without a mirror port: frames from a command and from a FRITZ!Box, through the whole program to page and alert, and a
// clean end. No right is needed for either.
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StandInBox } from '../lab/fritzbox.ts';
import * as build from '../support/packet-builder.ts';
import { commandLine, descendantsOf } from '../support/processes.ts';
import { ensureBuilt, eventually, PairedPage, Program, scratch, writeYaml } from './program.ts';

const CAMERA = 'a4:cf:12:99:be:ef';
const { path, remove } = scratch();
let program: Program | null = null;
let box: StandInBox | null = null;
beforeAll(ensureBuilt);
afterEach(async () => {
  await program?.kill();
  await box?.close();
  program = null;
  box = null;
});
afterAll(remove);

const syn = (sourcePort: number) =>
  build.ethernet(
    { source: CAMERA, destination: '3c:37:86:2b:11:00' },
    build.ipv4(
      { source: '192.168.1.50', destination: '203.0.113.25' },
      build.tcp({ sourcePort, destinationPort: 25, flags: 'S' }),
    ),
  );

let started = 0;
function start(capture: object): Program {
  started += 1;
  const config = writeYaml(path(`config-${started}.yaml`), {
    state_dir: path(`state-${started}`),
    sensor_id: 'elsewhere',
    web: { listen: '127.0.0.1:0' },
    mqtt: { listen: '127.0.0.1:0' },
    capture,
  });
  program = Program.start(['--config', config, 'run']);
  return program;
}

const firstIncident = (page: PairedPage) => eventually(async () => (await page.incidents())[0] ?? null);

test('a command: its first mail is an incident, its words are in the log, and its end is the end of all it started', async () => {
  const file = path('live.pcap');
  writeFileSync(file, build.pcapBytes([{ time: Date.now(), data: syn(1) }]));
  const secret = 'pa55word';
  const running = start({ command: `: ${secret}; echo 'listening on br-lan' >&2; cat ${file}; sleep 60; true` });
  await running.says(/Taking frames from a command \(capture\.command\)\. Stop with Ctrl-C\./);
  const page = await PairedPage.open(running);
  expect(await firstIncident(page)).toMatchObject({ kind: 'mail_started', device: CAMERA });
  const health = await page.health();
  expect(health).toMatchObject({
    capture: 'running',
    captureError: null,
    interface: 'a command (capture.command)',
    mode: 'live',
  });
  // A checkout that only root can read has a warning of its own.
  expect(health.warnings.filter(({ key }) => key !== 'runs_as_root')).toEqual([]);
  await running.says(/command: it says: listening on br-lan/);
  const children = descendantsOf(running.pid);
  expect(children.length).toBeGreaterThan(0);
  const { code, stderr } = await running.stop();
  expect(code).toBe(0);
  expect(stderr).not.toContain(secret);
  // They were ended before it was; the kernel may still be at it.
  await eventually(() => children.every((pid) => commandLine(pid) === '') || null);
});

test('a command that fails does not end the sensor: the page says why', async () => {
  const running = start({ command: "echo 'Host key verification failed.' >&2; exit 255" });
  const page = await PairedPage.open(running);
  const health = await eventually(async () => {
    const seen = await page.health();
    return seen.captureError === null ? null : seen;
  });
  expect(health).toMatchObject({
    capture: 'restarting',
    captureError: 'the command in capture.command ended with exit code 255: Host key verification failed.',
  });
});

test('a FRITZ!Box: logged in to, listened to, logged out of; the password is nowhere', async () => {
  box = await StandInBox.start();
  box.onCapture.push({ time: Date.now(), data: syn(1) });
  const password = 'gehe1m';
  const running = start({ fritzbox: { url: `http://127.0.0.1:${box.port}`, username: 'sensor', password } });
  await running.says(/Taking frames from the FRITZ!Box at 127\.0\.0\.1:\d+, lan\./);
  const page = await PairedPage.open(running);
  expect(await firstIncident(page)).toMatchObject({ kind: 'mail_started', device: CAMERA });
  expect(await page.health()).toMatchObject({ capture: 'running' });
  const { code, stderr } = await running.stop();
  expect(code).toBe(0);
  const left = { sessions: 0, captures: 0, stopped: 1 };
  const seen = () => ({ sessions: box?.sessions, captures: box?.captures, stopped: box?.stopped.length });
  // That the program has gone the box notices a moment later.
  await expect.poll(seen, { timeout: 10_000 }).toEqual(left);
  expect(stderr).not.toContain(password);
});

test('a certificate that cannot be read is a mistake in the configuration', async () => {
  const running = start({ fritzbox: { url: 'https://127.0.0.1:1', password: 'x', ca: path('nowhere.pem') } });
  const { code, stderr } = await running.ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/thingwatch: capture\.fritzbox\.ca: .*nowhere\.pem cannot be read \(ENOENT\)/);
});
