// Live capture on a veth pair in namespaces of our own: the built child with the real cap, killed and starved. What hangs is in
// live-hangs.test.ts.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Namespaces, requireLab } from '../lab/namespaces.ts';
import * as build from '../support/packet-builder.ts';
import { tag } from './any-frame.ts';
import { ensureBuilt } from './built.ts';
import { Cable, end, hasEnded, LINK, network, type Runner, running, syn } from './live-stage.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, live capture is not tested: ${reason}`);

/** Before a command: as an ordinary user with these capabilities, and the one to read a checkout in a private folder. */
function asNobodyWith(...capabilities: string[]): string[] {
  const rights = ['-all', '+dac_read_search', ...capabilities.map((name) => `+${name}`)].join(',');
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${rights}`);
  return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...sets];
}

describe.skipIf(reason !== null)('live capture', () => {
  let cable: Cable;
  let lab: Namespaces;
  let runner: Runner;

  beforeAll(async () => {
    await ensureBuilt();
    cable = await Cable.lay();
    lab = cable.lab;
    await lab.script('sensor', ['ip link add spare0 type veth peer name spare1']);
  });
  afterAll(() => cable?.close());
  afterEach(() => end(runner));

  const launch: Cable['launch'] = (...args) => cable.launch(...args);
  const send: Cable['send'] = (...frames) => cable.send(...frames);

  async function start(device?: string, ...after: string[]): Promise<{ child: number }> {
    runner = launch(device, [], ...after);
    return running(runner);
  }

  const arrived = (...args: Parameters<Runner['arrived']>) => runner.arrived(...args);

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

  function startHeld(): ReturnType<Cable['launchHeld']> {
    return cable.launchHeld((one) => {
      runner = one;
    });
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
    expect(await cable.left()).toBe('');
  });
});
