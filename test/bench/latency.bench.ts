// From a SYN on the wire to the alert in an MQTT client's hands: a real network of namespaces, the sensor as it is started
// on a mirror port, its embedded broker. Aim: median under 20 ms, 99th percentile under 100 ms.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { MqttClient } from 'mqtt';
import { Home, mirrorInterface, requireLab, router } from '../lab/home.ts';
import { mailServer } from '../lab/internet.ts';
import { checkout, helperPath, said, terminate } from '../lab/namespaces.ts';
import { ethernet, ipv4, padded, tcp } from '../support/packet-builder.ts';
import { median, quantile, readArgs, THINGWATCH, wholeNumber } from './measure.ts';

const ATTEMPTS = 200;
const BROKER = 1883;
const DEVICE = { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' };
/** Each (device, port class) alerts once, so every attempt is a device and class of its own. */
const PORTS = [25, 587] as const;

interface Attempt {
  mac: string;
  port: number;
}

export async function run(args: string[]): Promise<void> {
  const { positions } = readArgs(args, {});
  const attempts = wholeNumber(positions[0] ?? String(ATTEMPTS), 'ATTEMPTS');
  const reason = requireLab();
  if (reason !== null) throw new Error(`it needs the lab: ${reason}`);
  const home = await Home.start({ devices: [DEVICE] });
  try {
    const sensor = await startSensor(home);
    const socket = join(home.directory, 'broker.sock');
    await home.forward(socket, BROKER);
    const times = await measure(home, socket, attempts);
    await terminate(sensor);
    report(attempts, times);
  } finally {
    await home.stop();
  }
}

async function startSensor(home: Home): Promise<ChildProcess> {
  const config = join(home.directory, 'thingwatch.yaml');
  writeFileSync(config, `state_dir: ${join(home.directory, 'state')}\ncapture: { interface: ${mirrorInterface} }\n`);
  const [command, script] = THINGWATCH;
  const sensor = home.spawnInSensor(command, [script, 'run', '--config', config], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await said(sensor, /Capturing on/, 'sensor');
  // The capture child opens the interface after that line; frames before it are lost as before any start.
  await sleep(1500);
  return sensor;
}

/** Milliseconds for each attempt that was alerted. */
async function measure(home: Home, socket: string, attempts: number): Promise<number[]> {
  const received = new Map<string, bigint>();
  const client = new MqttClient(() => net.connect(socket), { protocolVersion: 4, reconnectPeriod: 0 });
  client.on('message', (_topic, payload) => {
    const at = process.hrtime.bigint();
    const { event_type: type, mac, port }: Record<string, unknown> = JSON.parse(payload.toString());
    if (typeof type === 'string' && type.endsWith('_started')) received.set(`${mac} ${port}`, at);
  });
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('connect', () => resolve());
  });
  await client.subscribeAsync('thingwatch/+/alert', { qos: 1 });
  const sender = home.device(DEVICE.name).spawn(process.execPath, [helperPath('../bench/syn-sender.mjs'), 'eth0']);
  await said(sender, /ready/, 'sender');
  const { stdin, stdout } = sender;
  if (stdin === null || stdout === null) throw new Error('the sender has no pipes');
  const sent: bigint[] = [];
  createInterface({ input: stdout }).on('line', (line) => {
    if (/^\d+$/.test(line)) sent.push(BigInt(line));
  });
  const tried = Array.from({ length: attempts }, (_, index) => attempt(index));
  for (const [index, { mac, port }] of tried.entries()) {
    stdin.write(`${syn(index, mac, port).toString('base64')}\n`);
    // Uneven, so that no timer of the sensor runs in step with the attempts.
    await sleep(40 + ((index * 37) % 61));
  }
  await sleep(3000);
  stdin.end();
  await client.endAsync(true);
  return tried.flatMap(({ mac, port }, index) => {
    const [from, to] = [sent[index], received.get(`${mac} ${port}`)];
    return from === undefined || to === undefined ? [] : [Number(to - from) / 1e6];
  });
}

function attempt(index: number): Attempt {
  const number = Math.floor(index / PORTS.length)
    .toString(16)
    .padStart(4, '0');
  return { mac: `24:0a:c4:20:${number.slice(0, 2)}:${number.slice(2)}`, port: PORTS[index % PORTS.length] ?? 25 };
}

function syn(index: number, mac: string, port: number): Buffer {
  const ip = `192.168.50.${200 + (Math.floor(index / PORTS.length) % 50)}`;
  const segment = tcp({ sourcePort: 20_000 + index, destinationPort: port, sequence: index * 7919, flags: 'S' });
  const packet = ipv4({ source: ip, destination: mailServer.ipv4 }, segment);
  return padded(ethernet({ source: mac, destination: router.mac }, packet), 60);
}

function report(attempts: number, times: number[]): void {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(`${attempts} attempts of made-up devices on ports ${PORTS.join(' and ')}, alerted: ${times.length}`);
  console.log(
    `SYN to MQTT delivery: median ${ms(median(times))} (aim < 20 ms), p99 ${ms(quantile(times, 0.99))} (aim < 100 ms)`,
  );
  console.log(`fastest ${ms(Math.min(...times))}, slowest ${ms(Math.max(...times))}`);
}
