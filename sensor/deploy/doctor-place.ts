// Doctor's checks of what surrounds the sensor: the state directory, and the page or its port. Creates nothing.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import type { DoctorCheck } from './doctor-check.ts';

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

export interface PagePlace {
  /** `host:port`; an IPv6 host in brackets. */
  readonly listen: string;
  readonly basePath: string;
  readonly tls: boolean;
}

/** Opens the page of a sensor that runs; else takes its port for a moment. */
export async function checkPage({ basePath, listen: webListen, tls }: PagePlace): Promise<DoctorCheck> {
  const name = 'page';
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
  if (problem === 'EADDRINUSE') {
    const url = `${tls ? 'https' : 'http'}://${hostOf(host)}:${port}${basePath}`;
    const answer = await ask(url, tls);
    if (answer === 'thingwatch') return { name, result: 'ok', found: `${url} answers: a sensor runs`, why, fix: null };
  }
  const explained: Record<string, [found: string, fix: string]> = {
    EADDRINUSE: [
      'is taken by something else than a sensor',
      `see who holds it (sudo ss -ltnp 'sport = :${port}') and end it, or set web.listen to another port`,
    ],
    EACCES: ['may not be taken by this user', 'set web.listen to a port of 1024 or above'],
    EADDRNOTAVAIL: ['is not an address of this machine', 'set web.listen to one of its addresses, or 0.0.0.0'],
  };
  const [found, fix] = explained[problem] ?? [`cannot be taken (${problem})`, 'set web.listen to another address'];
  return { name, result: 'fail', found: `${webListen} ${found}`, why, fix };
}

/** Where a listener on all addresses is reached from here. */
function hostOf(host: string | undefined): string {
  if (host === undefined || host === '' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

const ANSWER_WITHIN = 2_000;
const LONGEST_ANSWER = 65_536;

/** Whose page it is. A certificate of its own is no reason to doubt it: nothing is sent. */
function ask(url: string, tls: boolean): Promise<'thingwatch' | 'other'> {
  return new Promise((resolve) => {
    const options = { timeout: ANSWER_WITHIN, agent: false, rejectUnauthorized: false } as const;
    const request = (tls ? getTls : get)(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.length < LONGEST_ANSWER) text += chunk;
      });
      response.on('end', () => resolve(/<title>thingwatch<\/title>/.test(text) ? 'thingwatch' : 'other'));
      response.on('error', () => resolve('other'));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve('other'));
  });
}
