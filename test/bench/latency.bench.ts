// From a SYN on the wire to the alert in an MQTT client's hands, and to its line on the page in a browser: a real network of
// namespaces, the sensor as it is started on a mirror port, its embedded broker. With `--mixed` a capture is played into the same
// port meanwhile. Aims: 5 ms in the median and 30 ms for 99 of 100; 150 ms for 99 of 100 under load; 100 ms to the page.
import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { checkout, said, terminate } from '../lab/namespaces.ts';
import { type Alerted, MailAttempts, PORTS } from './alert-times.ts';
import { generatedCapture } from './generate.ts';
import { median, quantile, readArgs, THINGWATCH, wholeNumber } from './measure.ts';
import { ShownIncidents } from './shown-times.ts';

const ATTEMPTS = 200;
/** Of one sensor: beyond that it takes them for a flood, and spares the disk. */
const ATTEMPTS_EACH = 100;
const BROKER = 1883;
const WEB = 8080;
/** The hub's side of the sensor's port. */
const HUB_PORT = 'port-mirror';
const DEVICE = { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' };
/** Between attempts, ms; uneven, so that no timer of the sensor runs in step with them. */
const GAP = { least: 40, spread: 61 };
/** Between attempts that are to be seen in a browser, ms. */
const SHOWN_GAP = 700;
/** The capture child opens the port after the line that says so; frames before it are lost as before any start. */
const SETTLE = 3000;

export async function run(args: string[]): Promise<void> {
  const { positions, values } = readArgs(args, { mixed: 0, browser: 0 });
  const attempts = wholeNumber(positions[0] ?? String(ATTEMPTS), 'ATTEMPTS');
  const reason = requireLab();
  if (reason !== null) throw new Error(`it needs the lab: ${reason}`);
  const home = await Home.start({ devices: [DEVICE] });
  try {
    const alerted: Alerted[] = [];
    const reached: number[] = [];
    for (let left = attempts; left > 0; left -= ATTEMPTS_EACH) {
      const { sensor } = await startSensor(home);
      const mail = await attemptsIn(home);
      const count = Math.min(left, ATTEMPTS_EACH);
      const load = values.mixed > 0 ? play(home, values.mixed, count) : null;
      if (load !== null) await sleep(SETTLE);
      for (let index = 0; index < count; index++) {
        mail.send();
        await sleep(GAP.least + ((index * 37) % GAP.spread));
      }
      alerted.push(...(await mail.alerted()));
      if (load !== null) reached.push(await load);
      mail.close();
      await terminate(sensor);
    }
    report(attempts, alerted, values.mixed, Math.min(...reached));
    if (values.browser > 0) await inBrowser(home, values.browser);
  } finally {
    await home.stop();
  }
}

function attemptsIn(home: Home): Promise<MailAttempts> {
  const device = home.device(DEVICE.name);
  const sender = (command: string, args: readonly string[]) => device.spawn(command, args);
  return MailAttempts.open(sender, (command, args) => home.spawnInSensor(command, args), BROKER);
}

/** One that knows nothing yet. */
async function startSensor(home: Home): Promise<{ sensor: ChildProcess; token: string }> {
  const config = join(home.directory, 'thingwatch.yaml');
  const state = join(home.directory, 'state');
  rmSync(state, { recursive: true, force: true });
  // Offloads off, as the service has them.
  writeFileSync(config, `state_dir: ${state}\ncapture: { interface: ${mirrorInterface}, fix_offloads: true }\n`);
  const [command, script] = THINGWATCH;
  const sensor = home.spawnInSensor(command, [script, 'run', '--config', config], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [, token = ''] = await said(sensor, /#\/pair\/(\S+)[\s\S]*Capturing on/, 'sensor');
  await sleep(SETTLE);
  return { sensor, token };
}

/** Into the hub's side of the port, for as long as the attempts take. Resolves to the rate that was reached, Mbit/s. */
async function play(home: Home, mbits: number, attempts: number): Promise<number> {
  const seconds = Math.ceil((attempts * (GAP.least + GAP.spread / 2)) / 1000) + (2 * SETTLE) / 1000;
  const file = generatedCapture();
  const options = `-i ${HUB_PORT} --preload-pcap --mbps=${mbits} --loop=0 --duration=${seconds}`;
  const output = await home.script('switch', [`tcpreplay ${options} '${file}'`]);
  return Number(/Rated:[^,]*,\s*([\d.]+) Mbps/.exec(output)?.[1] ?? Number.NaN);
}

function report(attempts: number, alerted: readonly Alerted[], mbits: number, reached: number): void {
  const load =
    mbits === 0
      ? 'nothing else on the port'
      : `${mbits} Mbit/s mixed wanted on the port, ${reached.toFixed(0)} reached`;
  console.log(`${attempts} attempts of made-up devices, ${load}; alerted: ${alerted.length}`);
  const aim = mbits === 0 ? '(aims < 5 and < 30 ms)' : '(aim < 150 ms for 99 %)';
  tell(`SYN to MQTT delivery ${aim}`, alerted);
  for (const [index, port] of PORTS.entries()) {
    const what = index === 0 ? 'a MAC never seen before, which waits 3 ms for others' : 'a device that is known';
    tell(
      `  port ${port}, ${what}`,
      alerted.filter((one) => one.port === port),
    );
  }
}

async function inBrowser(home: Home, count: number): Promise<void> {
  const { sensor, token } = await startSensor(home);
  const mail = await attemptsIn(home);
  const socket = join(home.directory, 'page.sock');
  await home.forward(socket, WEB);
  const browser = await ShownIncidents.open(socket, token);
  for (let n = 0; n < count; n++) {
    mail.send();
    await sleep(SHOWN_GAP + ((n * 37) % GAP.spread));
  }
  const alerted = await mail.alerted();
  const times = await browser.times();
  await browser.close();
  mail.close();
  await terminate(sensor);
  const shown = alerted.flatMap(({ incident, sentAt, ...rest }) => {
    const at = times.get(incident);
    return at === undefined ? [] : [{ ...rest, incident, sentAt, took: at - Number(sentAt) / 1e6 }];
  });
  console.log(`${count} further attempts with the page open in a browser, shown: ${shown.length}`);
  tell('SYN to a line on the page (aim < 100 ms)', shown);
}

function tell(what: string, alerted: readonly Alerted[]): void {
  const times = alerted.map(({ took }) => took);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(
    `${what}: median ${ms(median(times))}, p99 ${ms(quantile(times, 0.99))}, fastest ${ms(Math.min(...times))}, slowest ${ms(Math.max(...times))}`,
  );
}
