// Is all that a replay finds found live as well? tcpreplay plays a capture into a veth at the rates of a mirror port, offloads as
// found; the sensor's database is compared with a replay's, beside tcpdump with the same filter. A veth has no card: what the
// machine cannot send, nobody is asked to hear, so the rate that was reached stands beside the one that was wanted.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { offloadsOn } from '../../sensor/capture/offloads.ts';
import { databaseIn } from '../../sensor/spine.ts';
import { checkout, mustSucceed, Namespaces, requireLab, said, terminate } from '../lab/namespaces.ts';
import { generatedCapture } from './generate.ts';
import { outputOf, readArgs, THINGWATCH, UsageError } from './measure.ts';

const RATES = [1000, 2500];
const PORT = 'mirror0';
const FILTER = captureFilter(LINK_TYPES.ethernet);
/** For the last frames to pass through all rooms, ms. */
const SETTLE = 3000;

/** Connections by device and what they led to. */
type Found = Map<string, number>;

export async function run(args: string[]): Promise<void> {
  const { positions } = readArgs(args, {});
  const file = positions[0] ?? generatedCapture();
  const rates = positions.length > 1 ? positions.slice(1).map(Number) : RATES;
  if (rates.some((rate) => !(rate > 0))) throw new UsageError('rates are Mbit/s, as in: live FILE 1000 2500');
  const reason = requireLab();
  if (reason !== null) throw new Error(`it needs the lab: ${reason}`);
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-live-'));
  const lab = new Namespaces();
  try {
    await lab.create(
      ['sensor', 'sender'],
      [`link add ${PORT} netns ${lab.nameOf('sensor')} type veth peer name eth0 netns ${lab.nameOf('sender')}`],
    );
    for (const role of ['sensor', 'sender']) await lab.script(role, ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1']);
    await lab.script('sensor', [`ip link set ${PORT} up`, 'ip link set lo up']);
    await lab.script('sender', ['ip link set eth0 up']);
    const { switchable } = offloadsOn(await lab.script('sensor', [`ethtool -k ${PORT}`]));
    const expected = await replayed(file, join(folder, 'replay'));
    console.log(
      `${file}: ${(statSync(file).size / 1e6).toFixed(0)} MB; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; offloads on: ${switchable.join(', ') || 'none'}`,
    );
    console.log(`replay: ${total(expected)} connections with ${expected.size} backends and mail servers of devices`);
    for (const rate of rates) {
      await live(lab, file, rate, join(folder, `live-${rate}`), expected);
      await beside(lab, file, rate, join(folder, `tcpdump-${rate}`), expected);
    }
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replayed(file: string, state: string): Promise<Found> {
  await outputOf([...THINGWATCH, 'replay', file, '--format', 'json', '--state', state]);
  return foundIn(state);
}

function foundIn(state: string): Found {
  const db = new Database(databaseIn(state), { readonly: true });
  try {
    const rows = db
      .prepare(
        `SELECT mac || ' ' || name || ' ' || role AS what, connections AS count FROM backends
         UNION ALL SELECT mac || ' mail ' || ip || ' ' || port, attempts FROM mail_destinations`,
      )
      .all() as { what: string; count: number }[];
    return new Map(rows.map(({ count, what }) => [what, count]));
  } finally {
    db.close();
  }
}

const total = (found: Found): number => [...found.values()].reduce((sum, count) => sum + count, 0);

/** Of the connections that `expected` has, those that `found` has as well. */
function inBoth(expected: Found, found: Found): number {
  return [...expected].reduce((sum, [what, count]) => sum + Math.min(count, found.get(what) ?? 0), 0);
}

async function live(lab: Namespaces, file: string, rate: number, state: string, expected: Found): Promise<void> {
  const config = `${state}.yaml`;
  writeFileSync(
    config,
    `state_dir: ${state}\ncapture: { interface: ${PORT} }\nweb: { listen: 127.0.0.1:0 }\nmqtt: { listen: 127.0.0.1:0 }\n`,
  );
  const [command, script] = THINGWATCH;
  const sensor = lab.spawn('sensor', command, [script, '--config', config, 'run'], { cwd: checkout });
  await said(sensor, /Capturing on/, 'sensor');
  await sleep(SETTLE);
  const sent = await play(lab, file, rate);
  await sleep(SETTLE);
  await terminate(sensor);
  tell(`${rate} Mbit/s, live`, sent, expected, foundIn(state), '');
}

async function beside(lab: Namespaces, file: string, rate: number, folder: string, expected: Found): Promise<void> {
  const kept = `${folder}.pcap`;
  const options = ['-i', PORT, '-B', '32768', '-Z', 'root', '-w', kept, FILTER];
  const tcpdump = lab.spawn('sensor', 'tcpdump', options);
  let words = '';
  tcpdump.stderr?.on('data', (text: Buffer) => {
    words += text.toString();
  });
  await said(tcpdump, /listening on/, 'tcpdump');
  const sent = await play(lab, file, rate);
  await sleep(1000);
  await terminate(tcpdump, 'SIGINT');
  const [captured, dropped] = ['captured', 'dropped by kernel'].map(
    (what) => new RegExp(`^(\\d+) packets ${what}`, 'm').exec(words)?.[1] ?? '?',
  );
  const found = await replayed(kept, folder);
  tell(`${rate} Mbit/s, tcpdump`, sent, expected, found, `; ${captured} packets passed the filter, ${dropped} dropped`);
}

/** What tcpreplay says of itself: packets sent, and the rate it reached. */
async function play(lab: Namespaces, file: string, rate: number): Promise<string> {
  const output = await new Promise<string>((resolve, reject) => {
    const args = ['-i', 'eth0', '--preload-pcap', `--mbps=${rate}`, file];
    const child = lab.spawn('sender', 'tcpreplay', args);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    child.once('error', reject);
    child.once('close', (code) =>
      resolve(mustSucceed('tcpreplay', { code: code ?? 128, stdout: text, stderr: text }).stdout),
    );
  });
  const packets = /Successful packets:\s+(\d+)/.exec(output)?.[1] ?? '?';
  const reached = /Rated:[^,]*,\s*([\d.]+) Mbps/.exec(output)?.[1] ?? '?';
  return `${packets} packets sent at ${Number(reached).toFixed(0)} Mbit/s`;
}

function tell(what: string, sent: string, expected: Found, found: Found, more: string): void {
  const both = inBoth(expected, found);
  const missed = total(expected) - both;
  console.log(
    `${what.padEnd(22)} ${sent}: ${both} of ${total(expected)} connections found, ${missed} missed (${((100 * missed) / total(expected)).toFixed(2)} %), ${total(found) - both} more${more}`,
  );
}
