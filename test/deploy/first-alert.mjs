// `first-alert.mjs DEVICE COMMAND…`, in a network namespace that the caller made: makes a cable, starts the sensor by COMMAND at its
// one end, pairs with its page, sends one SYN of DEVICE (its MAC, 12 hex digits) to port 25 into the other end and waits for the alert
// on the sensor's own broker. It says what happened and when. Ends with 0 where the alert came and the sensor ended when it was told to.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import mqtt from 'mqtt';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The sensor's end of the cable, and the home's. */
export const MIRROR = 'mirror';
const HOME = 'home';
const WITHIN_MS = 60_000;

function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/** The machine that the sensor is on: loopback, an address of its own, and the cable. */
export function makeCable() {
  run('ip', 'link', 'set', 'lo', 'up');
  run('ip', 'link', 'add', MIRROR, 'type', 'veth', 'peer', 'name', HOME);
  for (const end of [MIRROR, HOME]) run('ip', 'link', 'set', end, 'up');
}

function inetChecksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A device's first word to a mail server: Ethernet II, IPv4 (RFC 791), TCP (RFC 9293) with SYN alone. */
export function mailSyn({
  device = '240ac4100001',
  from = [192, 168, 77, 20],
  to = [203, 0, 113, 25],
  port = 25,
} = {}) {
  const ethernet = Buffer.from(`027700000001${device}0800`, 'hex');
  const ip = Buffer.from(`45000028beef400040060000${'00'.repeat(8)}`, 'hex');
  ip.set(from, 12);
  ip.set(to, 16);
  ip.writeUInt16BE(inetChecksum(ip), 10);
  const tcp = Buffer.from('c35100000a0b0c0d000000005002721000000000', 'hex');
  tcp.writeUInt16BE(port, 2);
  const pseudo = Buffer.from([...from, ...to, 0, 6, 0, tcp.length]);
  tcp.writeUInt16BE(inetChecksum(Buffer.concat([pseudo, tcp])), 16);
  return Buffer.concat([ethernet, ip, tcp]);
}

function send(frame) {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'test/lab/inject.mjs'), HOME], {
    input: `${frame.toString('base64')}\n`,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`nothing could be sent: ${stderr}`);
}

async function until(what, look) {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`);
}

/** A paired browser, as far as the API goes. */
export async function pair(link, headers = {}) {
  const { hash, origin, pathname } = new URL(link);
  const page = `${origin}${pathname}`;
  const body = JSON.stringify({ token: hash.split('/').at(-1), name: 'first alert' });
  const answer = await fetch(`${page}api/pair`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
  if (!answer.ok) throw new Error(`pairing was refused: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  return async (place) => {
    const read = await fetch(`${page}${place}`, { headers: { cookie, ...headers } });
    if (!read.ok) throw new Error(`${place}: ${read.status}`);
    return read.json();
  };
}

/**
 * @param options.command the sensor's, which is to capture on `mirror` and to have its broker at 127.0.0.1:1883
 * @param options.device its MAC, 12 hex digits
 * @param options.whileItRuns called with its first process and its API, before the SYN
 * @returns `{ readyMs, alertMs, alert }`: from the start to a capture that runs, from the SYN to the alert
 */
export async function firstAlert({ command: [program, ...args], device, whileItRuns = async () => {} }) {
  const begun = performance.now();
  const sensor = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [sensor.stdout, sensor.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  let code = null;
  const ended = new Promise((resolve) => {
    sensor.once('exit', (status, signal) => {
      code = status ?? signal;
      resolve();
    });
  });
  let client = null;
  try {
    const link = await until('a pairing link', () => {
      if (code !== null) throw new Error(`it ended with ${code}`);
      return /https?:\S+#\/pair\/\S+/.exec(output)?.[0];
    });
    const read = await pair(link.replace(/\/\/(?:\[[^\]]*\]|[^:/]+)/, '//127.0.0.1'));
    await until('a capture that runs', async () => (await read('api/health')).capture === 'running');
    const readyMs = performance.now() - begun;
    await whileItRuns({ pid: sensor.pid, read });
    client = await mqtt.connectAsync('mqtt://127.0.0.1:1883');
    await client.subscribeAsync('thingwatch/+/alert');
    const heard = new Promise((resolve) => client.on('message', (_, payload) => resolve(JSON.parse(`${payload}`))));
    send(mailSyn({ device }));
    const sentAt = performance.now();
    const alert = await Promise.race([heard, sleep(WITHIN_MS, null, { ref: false })]);
    if (alert === null) throw new Error('no alert came');
    const alertMs = performance.now() - sentAt;
    sensor.kill('SIGTERM');
    await Promise.race([ended, sleep(WITHIN_MS, null, { ref: false })]);
    if (code !== 0) throw new Error(`told to end, it ended with ${code}`);
    return { readyMs, alertMs, alert };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${output}`);
  } finally {
    await client?.endAsync(true);
    if (code === null) sensor.kill('SIGKILL');
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  makeCable();
  const [device, ...command] = process.argv.slice(2);
  const { alert, alertMs, readyMs } = await firstAlert({ device, command });
  console.log(`      captures and its page answers after ${(readyMs / 1000).toFixed(1)} s`);
  console.log(
    `      one SYN to port 25; ${alertMs.toFixed(0)} ms later on thingwatch/…/alert: ${alert.severity}, ${alert.event_type}`,
  );
  if (alert.event_type !== 'mail_started') process.exitCode = 1;
}
