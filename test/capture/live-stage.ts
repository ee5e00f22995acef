// What the tests of live capture share: a veth pair in namespaces of its own, frames on it, and the built child with the real cap as
// `live-runner.ts` starts it there.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { execute, helperPath, mustSucceed, Namespaces, terminate } from '../lab/namespaces.ts';
import * as build from '../support/packet-builder.ts';

const RUNNER = join(import.meta.dirname, '../../dist/test/capture/live-runner.js');
export const LINK = { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' };
const line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('log'), level: z.string(), text: z.string() }),
  z.object({
    kind: z.literal('frame'),
    hex: z.string(),
    linkType: z.number(),
    originalLength: z.number(),
    time: z.number(),
  }),
  z.object({
    kind: z.literal('state'),
    state: z.string(),
    error: z.string().nullable(),
    restarts: z.number(),
    child: z.number().nullable(),
  }),
  z.object({ kind: z.literal('stopped'), child: z.null() }),
  z.object({ kind: z.literal('failed'), name: z.string(), problem: z.string(), text: z.string() }),
]);
type Line = z.infer<typeof line>;

export const network = (sourcePort: number, text = '') =>
  build.ipv4(
    { source: '192.168.1.50', destination: '203.0.113.25' },
    build.tcp({ sourcePort, destinationPort: 25, flags: 'S' }, Buffer.from(text.padEnd(20))),
  );
export const syn = (sourcePort: number, text?: string) => build.ethernet(LINK, network(sourcePort, text));

/** A LiveCapture in the sensor's namespace and all that it has said so far. */
export class Runner {
  readonly lines: Line[] = [];
  readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout === null) throw new Error('the runner has no standard output');
    createInterface(child.stdout).on('line', (text) => this.lines.push(line.parse(JSON.parse(text))));
  }

  /** Waits for a line; `retry` is done meanwhile, again and again. */
  async until<K extends Line['kind']>(
    kind: K,
    found: (line: Extract<Line, { kind: K }>) => boolean = () => true,
    retry: () => Promise<void> = () => sleep(10),
  ): Promise<Extract<Line, { kind: K }>> {
    const isMatch = (one: Line): one is Extract<Line, { kind: K }> =>
      one.kind === kind && found(one as Extract<Line, { kind: K }>);
    for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
      const match = this.lines.find(isMatch);
      if (match !== undefined) return match;
      await retry();
      await sleep(5);
    }
    throw new Error(`no ${kind} came: ${JSON.stringify(this.lines.slice(-10))}`);
  }

  arrived(frame: Buffer, retry?: () => Promise<void>): Promise<Extract<Line, { kind: 'frame' }>> {
    return this.until('frame', ({ hex }) => hex === frame.toString('hex'), retry);
  }

  states(): Extract<Line, { kind: 'state' }>[] {
    return this.lines.flatMap((one) => (one.kind === 'state' ? [one] : []));
  }

  said(level: string): string[] {
    return this.lines.flatMap((one) => (one.kind === 'log' && one.level === level ? [one.text] : []));
  }
}

/** Nothing is on it but what a test sends: `eth0` of `device` leads to `mirror0` of `sensor`. */
export class Cable {
  readonly lab: Namespaces;

  static async lay(): Promise<Cable> {
    const lab = new Namespaces();
    await lab.create(
      ['sensor', 'device'],
      [`link add mirror0 netns ${lab.nameOf('sensor')} type veth peer name eth0 netns ${lab.nameOf('device')}`],
    );
    for (const role of ['sensor', 'device']) await lab.script(role, ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1']);
    await lab.script('sensor', ['ip link set mirror0 up']);
    await lab.script('device', ['ip link set eth0 up']);
    return new Cable(lab);
  }

  private constructor(lab: Namespaces) {
    this.lab = lab;
  }

  launch(device = 'mirror0', before: readonly string[] = [], ...after: readonly string[]): Runner {
    const [command = '', ...args] = [...before, process.execPath, RUNNER, device, ...after];
    return new Runner(this.lab.spawn('sensor', command, args));
  }

  /** Opened, with one frame sent that nobody takes yet; `launched` hears of the runner at once. */
  async launchHeld(
    launched: (runner: Runner) => void,
    ...after: string[]
  ): Promise<{ runner: Runner; pid: number; child: number; sentAt: number }> {
    const runner = this.launch('mirror0', [], 'held', ...after);
    launched(runner);
    await runner.until('log', ({ text }) => text === 'opened');
    const pid = runner.child.pid ?? 0;
    const child = childOf(pid);
    const [before, sentAt] = [written(child), Date.now()];
    await this.send(syn(1));
    await sleep(300);
    // The child has it in its hands no more: it waits in the pipe.
    for (let n = 0; n < 2000 && written(child) < before + syn(1).length; n++) await sleep(5);
    return { runner, pid, child, sentAt };
  }

  async send(...frames: Buffer[]): Promise<void> {
    const input = frames.map((frame) => `${frame.toString('base64')}\n`).join('');
    mustSucceed('inject', await this.lab.run('device', process.execPath, [helperPath('inject.mjs'), 'eth0'], input));
  }

  /** Processes beside the sensor's end, once they have had time to go; empty where all have. */
  async left(): Promise<string> {
    const pids = async () =>
      mustSucceed('ip', await execute('ip', ['netns', 'pids', this.lab.nameOf('sensor')])).stdout;
    for (let n = 0; n < 200 && (await pids()) !== ''; n++) await sleep(10);
    return pids();
  }

  close(): Promise<void> {
    return this.lab.close();
  }
}

/** Of the runner when its capture runs. */
export async function running(runner: Runner): Promise<{ child: number }> {
  const { child } = await runner.until('state', ({ state }) => state === 'running');
  // Not 0 instead: a signal to process 0 goes to the whole group, this test run included.
  if (child === null) throw new Error('the capture runs without a child');
  return { child };
}

/** 0 while there is none. */
export const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'));

/** Its command line; that of whoever starts it until it is a program of its own. */
export const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1');

/** Bytes that a process has written so far, wherever to. */
const written = (pid: number) => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);

/** Waits until a process has ended; one that nobody has reaped yet counts as ended. */
export async function hasEnded(pid: number): Promise<boolean> {
  for (let n = 0; n < 1000; n++) {
    const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
    if (!/\) [^ZX]/.test(stat)) return true;
    await sleep(5);
  }
  return false;
}

/** With the runner as it stands. */
export const end = (runner: Runner | undefined) =>
  runner === undefined ? Promise.resolve() : terminate(runner.child, 'SIGKILL');
