// Live capture on a veth pair in namespaces of our own: the built child with the real cap, killed and starved.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { execute, helperPath, mustSucceed, Namespaces, requireLab, terminate } from '../lab/namespaces.ts';
import * as build from '../support/packet-builder.ts';
import { tag } from './any-frame.ts';
import { ensureBuilt } from './built.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, live capture is not tested: ${reason}`);

const RUNNER = join(import.meta.dirname, '../../dist/test/capture/live-runner.js');
const LINK = { source: 'a4:cf:12:99:be:ef', destination: '3c:37:86:2b:11:00' };
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

const network = (sourcePort: number, text = '') =>
  build.ipv4(
    { source: '192.168.1.50', destination: '203.0.113.25' },
    build.tcp({ sourcePort, destinationPort: 25, flags: 'S' }, Buffer.from(text.padEnd(20))),
  );
const syn = (sourcePort: number, text?: string) => build.ethernet(LINK, network(sourcePort, text));

/** Before a command: as an ordinary user with these capabilities, and the one to read a checkout in a private folder. */
function asNobodyWith(...capabilities: string[]): string[] {
  const rights = ['-all', '+dac_read_search', ...capabilities.map((name) => `+${name}`)].join(',');
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${rights}`);
  return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...sets];
}

/** A LiveCapture in the sensor's namespace and all that it has said so far. */
class Runner {
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

  said(level: string): string[] {
    return this.lines.flatMap((one) => (one.kind === 'log' && one.level === level ? [one.text] : []));
  }
}

describe.skipIf(reason !== null)('live capture', () => {
  let lab: Namespaces;
  let runner: Runner;

  beforeAll(async () => {
    await ensureBuilt();
    lab = new Namespaces();
    await lab.create(
      ['sensor', 'device'],
      [`link add mirror0 netns ${lab.nameOf('sensor')} type veth peer name eth0 netns ${lab.nameOf('device')}`],
    );
    // Nothing but what a test sends shall be on the link.
    for (const role of ['sensor', 'device']) await lab.script(role, ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1']);
    await lab.script('sensor', ['ip link set mirror0 up', 'ip link add spare0 type veth peer name spare1']);
    await lab.script('device', ['ip link set eth0 up']);
  });
  afterAll(() => lab?.close());
  afterEach(() => (runner === undefined ? undefined : terminate(runner.child, 'SIGKILL')));

  function launch(device = 'mirror0', before: readonly string[] = [], ...after: readonly string[]): Runner {
    const [command = '', ...args] = [...before, process.execPath, RUNNER, device, ...after];
    return new Runner(lab.spawn('sensor', command, args));
  }

  async function start(device?: string, ...after: string[]): Promise<{ child: number }> {
    runner = launch(device, [], ...after);
    const { child } = await runner.until('state', ({ state }) => state === 'running');
    // Not 0 instead: a signal to process 0 goes to the whole group, this test run included.
    if (child === null) throw new Error('the capture runs without a child');
    return { child };
  }

  async function send(...frames: Buffer[]): Promise<void> {
    const input = frames.map((frame) => `${frame.toString('base64')}\n`).join('');
    mustSucceed('inject', await lab.run('device', process.execPath, [helperPath('inject.mjs'), 'eth0'], input));
  }

  const arrived = (frame: Buffer, retry?: () => Promise<void>) =>
    runner.until('frame', ({ hex }) => hex === frame.toString('hex'), retry);
  /** Waits until a process has ended; one that nobody has reaped yet counts as ended. */
  async function hasEnded(pid: number): Promise<boolean> {
    for (let n = 0; n < 1000; n++) {
      const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
      if (!/\) [^ZX]/.test(stat)) return true;
      await sleep(5);
    }
    return false;
  }

  test('delivers frames as they were sent, with the time of their passing, and not what the filter drops', async () => {
    await start();
    const bulk = build.ethernet(LINK, { etherType: 0x88cc, bytes: Buffer.alloc(60) });
    const before = Date.now();
    await send(bulk, syn(1), syn(2));
    await arrived(syn(2));
    const frames = runner.lines.flatMap((one) => (one.kind === 'frame' ? [one] : []));
    expect(frames.map(({ hex, linkType, originalLength }) => ({ hex, linkType, originalLength }))).toEqual(
      [syn(1), syn(2)].map((frame) => ({ hex: frame.toString('hex'), linkType: 1, originalLength: frame.length })),
    );
    for (const { time } of frames) expect(before <= time && time <= Date.now()).toBe(true);
    expect([runner.said('warn'), runner.said('error')]).toEqual([[], []]);
  });

  test('delivers tagged frames with all their tags, though the kernel keeps the outer one apart', async () => {
    await start();
    const tagged = [
      build.ethernet({ ...LINK, vlans: [20] }, network(1)),
      build.ethernet({ ...LINK, vlans: [20, 30] }, network(2)),
      build.ethernet(LINK, tag(0x8100, 20, tag(0x8100, 30, network(3)))),
      build.ethernet(LINK, tag(0x88a8, 20, network(4))),
      build.ethernet(LINK, tag(0x9100, 20, network(5))),
      build.ethernet({ ...LINK, vlans: [20, 30, 40] }, network(6)),
      build.ethernet({ ...LINK, vlans: [20], pppoe: 7 }, network(7)),
    ];
    await send(...tagged);
    for (const frame of tagged) await arrived(frame);
  });

  test('goes on within two seconds when its child is killed, and tells of it', async () => {
    const { child } = await start();
    const killedAt = performance.now();
    process.kill(child, 'SIGKILL');
    await runner.until('state', ({ restarts, state }) => state === 'running' && restarts === 1);
    // It captures from then on: what a sender takes to start is not its own.
    expect(performance.now() - killedAt).toBeLessThan(2000);
    await arrived(syn(1), () => send(syn(1)));
    expect(runner.lines.filter(({ kind }) => kind === 'state')).toEqual([
      { kind: 'state', state: 'starting', error: null, restarts: 0, child: null },
      { kind: 'state', state: 'running', error: null, restarts: 0, child },
      {
        kind: 'state',
        state: 'restarting',
        error: 'the capture on mirror0 ended without a word',
        restarts: 0,
        child: null,
      },
      { kind: 'state', state: 'running', error: null, restarts: 1, child: expect.any(Number) },
    ]);
    expect(runner.said('error')).toEqual(['the capture on mirror0 ended without a word; trying again']);
    expect(runner.said('info')).toEqual(['capturing again on mirror0 (restart 1)']);
  });

  const states = () => runner.lines.flatMap((one) => (one.kind === 'state' ? [one] : []));

  test('a child that hangs is told of, ended and started again', async () => {
    const { child } = await start('mirror0', 'impatient');
    process.kill(child, 'SIGSTOP');
    const told = await runner.until('state', ({ state }) => state === 'restarting');
    expect(told).toMatchObject({
      error:
        'the capture on mirror0 hangs: no sign of life for 3 seconds; it is ended and started again unless it moves within 2 seconds',
      restarts: 0,
      child,
    });
    await arrived(syn(1), () => send(syn(1)));
    expect(await hasEnded(child)).toBe(true);
    expect(states().at(-1)).toMatchObject({ state: 'running', error: null, restarts: 1 });
    expect(runner.said('error')).toEqual([
      'the capture on mirror0 hangs: no sign of life for 5 seconds; it was ended; trying again',
    ]);
  });

  test('one that moves again in time is left alone', async () => {
    const { child } = await start('mirror0', 'impatient');
    process.kill(child, 'SIGSTOP');
    await runner.until('state', ({ state }) => state === 'restarting');
    process.kill(child, 'SIGCONT');
    await runner.until('log', ({ text }) => text === 'the capture on mirror0 moves again');
    await sleep(3000);
    expect(states().at(-1)).toMatchObject({ state: 'running', error: null, restarts: 0, child });
  });

  test('one that hangs before it captures is ended and started again as well', async () => {
    const { child: first } = await start('mirror0', 'impatient');
    process.kill(first, 'SIGKILL');
    await runner.until('state', ({ error }) => error !== null);
    const parent = runner.child.pid ?? 0;
    let child = 0;
    while (child === 0) {
      child = Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1'));
      await sleep(1);
    }
    process.kill(child, 'SIGSTOP');
    await runner.until('state', ({ error }) => error?.startsWith('the capture on mirror0 hangs') ?? false);
    await arrived(syn(1), () => send(syn(1)));
    expect(await hasEnded(child)).toBe(true);
    expect(states().at(-1)).toMatchObject({ state: 'running', restarts: 2 });
  });

  test('a silent link, a parent that was stopped itself, and frames that nobody takes yet are no hanging', async () => {
    const { pid, child } = await startHeld('impatient');
    await sleep(6500);
    process.kill(pid, 'SIGSTOP');
    await sleep(6500);
    process.kill(pid, 'SIGCONT');
    process.kill(pid, 'SIGUSR2');
    await arrived(syn(1));
    process.kill(pid, 'SIGSTOP');
    await sleep(6500);
    process.kill(pid, 'SIGCONT');
    await sleep(6500);
    await send(syn(2));
    await arrived(syn(2));
    expect(states().map(({ state, error, restarts }) => [state, error, restarts])).toEqual([
      ['starting', null, 0],
      ['running', null, 0],
    ]);
    expect(await hasEnded(child)).toBe(false);
  }, 60_000);

  /** Bytes that a process has written so far, wherever to. */
  const written = (pid: number) => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);

  /** Opened, with one frame sent that nobody takes yet. */
  async function startHeld(...after: string[]): Promise<{ pid: number; child: number; sentAt: number }> {
    runner = launch('mirror0', [], 'held', ...after);
    await runner.until('log', ({ text }) => text === 'opened');
    const pid = runner.child.pid ?? 0;
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'));
    const [before, sentAt] = [written(child), Date.now()];
    await send(syn(1));
    await sleep(300);
    // The child has it in its hands no more: it waits in the pipe.
    for (let n = 0; n < 2000 && written(child) < before + syn(1).length; n++) await sleep(5);
    return { pid, child, sentAt };
  }

  test('frames that pass before anybody takes them wait, and come with the time of their passing', async () => {
    const { pid, sentAt } = await startHeld();
    expect(runner.lines.some(({ kind }) => kind === 'frame')).toBe(false);
    const heldUntil = Date.now();
    process.kill(pid, 'SIGUSR2');
    const { time } = await arrived(syn(1));
    expect(sentAt <= time && time < heldUntil - 100).toBe(true);
    await send(syn(2));
    await arrived(syn(2));
  });

  test('a child that died before anybody took its frames is started again when somebody does', async () => {
    const { pid, child } = await startHeld();
    process.kill(child, 'SIGKILL');
    process.kill(pid, 'SIGUSR2');
    await arrived(syn(1));
    await arrived(syn(2), () => send(syn(2)));
    expect(runner.said('error')).toEqual(['the capture on mirror0 ended without a word; trying again']);
  });

  test('stopped before anybody took its frames, it ends its child', async () => {
    const { child } = await startHeld();
    const stoppedAt = performance.now();
    runner.child.stdin?.end();
    await runner.until('stopped');
    expect(performance.now() - stoppedAt).toBeLessThan(900);
    expect(await hasEnded(child)).toBe(true);
  });

  test('a frame that cannot be handled does not end it', async () => {
    await start();
    await send(syn(1, 'poison'));
    const { error } = await runner.until('state', ({ state }) => state === 'restarting');
    expect(error).toMatch(/a frame could not be handled: RangeError: poison was read/);
    await arrived(syn(2), () => send(syn(2)));
  });

  test('a reader that is busy for seconds misses no frame, offloads as found', async () => {
    await start();
    const burst = Array.from({ length: 4000 }, (_, index) => syn(index + 10, 'x'.repeat(1000)));
    await send(syn(1, 'sleepy'));
    await send(...burst);
    await arrived(burst.at(-1) ?? Buffer.alloc(0));
    expect(runner.lines.filter(({ kind }) => kind === 'frame')).toHaveLength(4001);
  });

  test('its child goes with its parent, also when no packet comes', async () => {
    const { child } = await start();
    const pid = Number(readFileSync(`/proc/${child}/stat`, 'latin1').split(' ')[3]);
    process.kill(pid, 'SIGKILL');
    expect(await hasEnded(child)).toBe(true);
  });

  test('what a terminal or a service manager sends to all processes does not take the child before its parent', async () => {
    const { child } = await start();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(child, signal);
    await send(syn(1));
    await arrived(syn(1));
    runner.child.stdin?.end();
    await runner.until('stopped');
    expect(await hasEnded(child)).toBe(true);
    expect(runner.lines.filter(({ kind }) => kind === 'state')).toHaveLength(2);
  });

  test('goes on when the interface went down and came up again, and says in between what is wrong', async () => {
    await start();
    await lab.script('sensor', ['ip link set mirror0 down']);
    await runner.until('state', ({ error }) => error === 'the interface mirror0 went down or away');
    const isDown = 'the interface mirror0 is down: bring it up with "ip link set mirror0 up"';
    await runner.until('state', ({ error, restarts }) => error === isDown && restarts >= 2);
    expect(runner.said('error').filter((text) => text === `${isDown}; trying again`)).toHaveLength(1);
    await lab.script('sensor', ['ip link set mirror0 up']);
    await arrived(syn(1), () => send(syn(1)));
  });

  test('on all interfaces at once frames come in cooked form', async () => {
    await start('any');
    await send(syn(1));
    const cooked = build.sll({ source: LINK.source }, network(1));
    // Promiscuous: the packet was for another host.
    cooked.writeUInt16BE(3, 0);
    const { hex, linkType } = await runner.until('frame');
    expect([linkType, hex.slice(0, 24), hex.slice(28)]).toEqual([
      113,
      cooked.toString('hex', 0, 12),
      cooked.toString('hex', 14),
    ]);
  });

  test('says what it costs when the kernel has no room for the filter, and filters all the same', async () => {
    const limit = 'net.core.optmem_max';
    // Before Linux 6.8 the limit is the machine's, not the namespace's.
    if ((await lab.run('sensor', 'sysctl', ['-n', limit])).code !== 0) return;
    await lab.script('sensor', [`sysctl -qw ${limit}=20480`]);
    try {
      await start();
      await runner.until('log', ({ level, text }) => level === 'warn' && text.includes(`sysctl -w ${limit}=131072`));
      await send(build.ethernet(LINK, { etherType: 0x88cc, bytes: Buffer.alloc(60) }), syn(1));
      await arrived(syn(1));
      expect(runner.lines.filter(({ kind }) => kind === 'frame')).toHaveLength(1);
    } finally {
      await lab.script('sensor', [`sysctl -qw ${limit}=131072`]);
    }
  });

  test.each([
    [
      'no such interface',
      'eth9',
      [],
      'there is no interface eth9: name the one at the mirror port with capture.interface',
    ],
    [
      'an interface that is down',
      'spare0',
      [],
      'the interface spare0 is down: bring it up with "ip link set spare0 up"',
    ],
    ['a user without rights', 'mirror0', asNobodyWith(), 'capturing on mirror0 needs the right CAP_NET_RAW'],
  ])('with %s it does not start, and says why', async (_, device, before, words) => {
    runner = launch(device, before);
    const { name, problem, text } = await runner.until('failed');
    expect([name, problem, text]).toEqual(['CaptureError', 'tool', expect.stringContaining(words)]);
  });

  const canTunnel = existsSync('/dev/net/tun');
  const withoutTunnel = canTunnel ? '' : ' (NOT RUN: there is no /dev/net/tun)';
  test.skipIf(!canTunnel)(`with an interface that carries no Ethernet it does not start${withoutTunnel}`, async () => {
    await lab.script('sensor', ['ip tuntap add dev tun0 mode tun', 'ip link set tun0 up']);
    runner = launch('tun0');
    const { text } = await runner.until('failed');
    expect(text).toContain('the interface tun0 does not carry Ethernet frames (link type RAW');
  });

  test('the right CAP_NET_RAW alone is enough', async () => {
    runner = launch('mirror0', asNobodyWith('net_raw'));
    await runner.until('state', ({ state }) => state === 'running');
    await send(syn(1));
    await arrived(syn(1));
  });

  test('leaves no process behind', async () => {
    const pids = async () => mustSucceed('ip', await execute('ip', ['netns', 'pids', lab.nameOf('sensor')])).stdout;
    for (let n = 0; n < 200 && (await pids()) !== ''; n++) await sleep(10);
    expect(await pids()).toBe('');
  });
});
