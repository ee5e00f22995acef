// Doctor's checks of what surrounds the sensor: the state directory, the page's port, the broker, the clock.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { type DoctorCheck, runProgram } from './doctor-check.ts';

const MEBIBYTE = 1024 * 1024;
const ENOUGH_BYTES = 200 * MEBIBYTE;
const LEAST_BYTES = 20 * MEBIBYTE;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Looks at the directory, or where it does not exist yet at the one it would be made in. Creates nothing. */
export function checkStateDirectory(stateDir: string): DoctorCheck {
  const name = 'state directory';
  const why = 'incidents must survive a restart and a power cut';
  let folder = path.resolve(stateDir);
  while (!existsSync(folder)) folder = path.dirname(folder);
  const exists = folder === path.resolve(stateDir);
  const fail = (found: string, fix: string): DoctorCheck => ({ name, result: 'fail', found, why, fix });
  const elsewhere = 'or set state_dir to a directory of your own';
  if (!statSync(folder).isDirectory()) return fail(`${folder} is not a directory`, `move it away, ${elsewhere}`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const user = process.getuid?.() ?? '$(id -u)';
    const fix = `sudo install -d -o ${user} ${path.resolve(stateDir)}, ${elsewhere}`;
    return fail(
      exists ? `${folder} cannot be written (${codeOf(error)})` : `${stateDir} cannot be made in ${folder}`,
      fix,
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${stateDir}${exists ? '' : ' (will be made)'}, writable, ${Math.floor(free / MEBIBYTE)} MiB free`;
  if (free >= ENOUGH_BYTES) return { name, result: 'ok', found, why, fix: null };
  return { name, result: free < LEAST_BYTES ? 'fail' : 'warn', found, why, fix: `free some space, ${elsewhere}` };
}

/** Takes the page's port for a moment. */
export async function checkPort(webListen: string): Promise<DoctorCheck> {
  const name = 'page port';
  const why = 'the page is served there';
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(webListen);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    const fix = 'write web.listen as host:port, for example 127.0.0.1:8080';
    return { name, result: 'fail', found: `${webListen} is not host:port`, why, fix };
  }
  const host = match[1] ?? match[2];
  const problem = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ port, ...(host ? { host } : {}) }, () => server.close(() => resolve(null)));
  });
  if (problem === null) return { name, result: 'ok', found: `${webListen} is free`, why, fix: null };
  const explained: Record<string, [found: string, fix: string]> = {
    EADDRINUSE: [
      'is taken',
      `see who holds it (ss -ltnp 'sport = :${port}'): maybe thingwatch already runs; else set web.listen`,
    ],
    EACCES: ['may not be taken by this user', 'set web.listen to a port of 1024 or above'],
    EADDRNOTAVAIL: ['is not an address of this machine', 'set web.listen to one of its addresses, or 0.0.0.0'],
  };
  const [found, fix] = explained[problem] ?? [`cannot be taken (${problem})`, 'set web.listen to another address'];
  return { name, result: 'fail', found: `${webListen} ${found}`, why, fix };
}

const BROKER_PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };
const BROKER_TIMEOUT_MS = 2_000;

/** One TCP connection to the configured broker, closed at once; no password is sent and none is shown. */
export async function checkBroker(mqttUrl: string | null): Promise<DoctorCheck> {
  const name = 'broker';
  const why = 'alerts reach Home Assistant through it';
  if (mqttUrl === null)
    return { name, result: 'ok', found: 'none configured: the embedded one is used', why, fix: null };
  const url = URL.canParse(mqttUrl) ? new URL(mqttUrl) : null;
  const usual = BROKER_PORTS[url?.protocol ?? ''];
  if (url === null || usual === undefined || url.hostname === '') {
    const fix = 'write it as mqtt://host:1883 or mqtts://host:8883';
    return { name, result: 'fail', found: 'mqtt.url cannot be understood', why, fix };
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? usual : Number(url.port);
  const problem = await new Promise<string | null>((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => finish('no answer'), BROKER_TIMEOUT_MS);
    const finish = (result: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(null));
    socket.once('error', (error) => finish(codeOf(error)));
  });
  if (problem === null) return { name, result: 'ok', found: `${url.host} accepts connections`, why, fix: null };
  const words: Record<string, string> = {
    ECONNREFUSED: 'refuses the connection',
    ENOTFOUND: 'is a name that is not known',
  };
  const found = `${url.host} ${words[problem] ?? `cannot be reached (${problem})`}`;
  return {
    name,
    result: 'fail',
    found,
    why,
    fix: 'check mqtt.url, and that the broker runs and listens on that address',
  };
}

const OLDEST_PLAUSIBLE_YEAR = 2025;

/** @param now this machine's clock, milliseconds since 1970 */
export async function checkClock(now: number): Promise<DoctorCheck> {
  const name = 'clock';
  const why = 'what is recorded bears these times; a small computer without a battery starts in the past';
  const fix = 'sudo timedatectl set-ntp true';
  const found = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (new Date(now).getUTCFullYear() < OLDEST_PLAUSIBLE_YEAR) return { name, result: 'fail', found, why, fix };
  const { code, output } = await runProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (code === 0 && output === 'no') return { name, result: 'warn', found: `${found}, not synchronised`, why, fix };
  if ((code === 0 && output === 'yes') || existsSync('/run/systemd/timesync/synchronized')) {
    return { name, result: 'ok', found: `${found}, synchronised`, why, fix: null };
  }
  return {
    name,
    result: 'ok',
    found: `${found}, plausible; nothing here tells whether it is synchronised`,
    why,
    fix: null,
  };
}
