// What a service manager hears: a real Unix datagram socket, read by perl, as systemd reads its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Home, mirrorInterface, requireLab } from '../lab/home.ts';
import { commandLine, descendantsOf } from '../support/processes.ts';
import { ensureBuilt, eventually, MAIN, Program, ROOT, writeYaml } from './program.ts';

const hasPerl = spawnSync('perl', ['-e', '1']).status === 0;
const hasTool = spawnSync('systemd-notify', ['--version']).status === 0;
const reason = requireLab() ?? (hasPerl ? null : 'there is no perl');
if (reason !== null) console.warn(`SKIPPED, no service manager is told: ${reason}`);

/** Prints the text of each datagram. */
const LISTENER = `use strict; use Socket; $| = 1; my $path = shift; unlink $path;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, pack_sockaddr_un($path)) or die $!; print "bound\\n";
while (defined recv($s, my $text, 4096, 0)) { print "$text\\n" }`;

describe.skipIf(reason !== null)('a service manager', () => {
  let home: Home;
  let program: Program | null = null;
  let listener: ChildProcess | null = null;
  let said: string[] = [];
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ join: false, devices: [] });
  });
  afterEach(async () => {
    await program?.kill();
    listener?.kill();
    program = null;
  });
  afterAll(() => home?.stop());

  /** The program as it would be started with this socket; a word is due within two seconds. */
  async function start(before: readonly string[], settings: object = {}): Promise<Program> {
    const socket = join(home.directory, 'notify.sock');
    listener = spawn('perl', ['-e', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    said = [];
    listener.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n')));
    await eventually(() => (said.includes('bound') ? true : null));
    chmodSync(socket, 0o777);
    said = [];
    const config = writeYaml(join(home.directory, 'watched.yaml'), {
      state_dir: join(home.directory, 'watched'),
      web: { listen: '127.0.0.1:0' },
      mqtt: { listen: '127.0.0.1:0' },
      capture: { interface: mirrorInterface },
      ...settings,
    });
    const [command = '', ...args] = [...before, process.execPath, MAIN, '--config', config, 'run'];
    const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '2000000' };
    program = new Program(home.spawnInSensor(command, args, { cwd: home.directory, env }));
    await program.says(/Capturing on mirror0|Taking frames/);
    return program;
  }

  const descendant = (of: Program, what: string): number => {
    const pid = descendantsOf(of.pid).find((one) => commandLine(one).includes(what));
    // Not 0 instead: a signal to process 0 goes to the whole group, this test run included.
    if (pid === undefined) throw new Error(`no process ${what}`);
    return pid;
  };
  const beats = () => said.filter((word) => word === 'WATCHDOG=1').length;

  const ways: [string, string[], boolean][] = [
    ['by the descriptor that perl joined', ['perl', join(ROOT, 'sensor/deploy/with-notify.pl')], true],
    [`by systemd-notify${hasTool ? '' : ' (NOT RUN: it is not installed)'}`, [], hasTool],
  ];
  for (const [how, before, canRun] of ways) {
    test.skipIf(!canRun)(`hears that it captures, lives and ends, ${how}`, async () => {
      const running = await start(before);
      await eventually(() => (beats() >= 3 ? true : null));
      expect(said.filter((word) => word === 'READY=1')).toHaveLength(1);
      expect(said[0]).toBe('READY=1');
      expect((await running.stop()).code).toBe(0);
      await eventually(() => (said.at(-1) === 'STOPPING=1' ? true : null));
    });
  }

  test('hears no more while the packet loop stands still, though the keeper runs', async () => {
    const running = await start(['perl', join(ROOT, 'sensor/deploy/with-notify.pl')]);
    await eventually(() => (beats() >= 2 ? true : null));
    const sensor = descendant(running, '--kept');
    process.kill(sensor, 'SIGSTOP');
    // What was on its way may still come, and then nothing for longer than a word is due.
    let before = -1;
    for (let looks = 0; looks < 4 && beats() !== before; looks++) {
      before = beats();
      await sleep(3000);
    }
    expect(beats()).toBe(before);
    process.kill(sensor, 'SIGCONT');
    await eventually(() => (beats() > before ? true : null));
  }, 60_000);

  test('goes on to hear it while a capture that hangs is started again', async () => {
    const running = await start(['perl', join(ROOT, 'sensor/deploy/with-notify.pl')]);
    const before = beats();
    process.kill(descendant(running, 'cap-child.js'), 'SIGSTOP');
    await running.says(/hangs: no sign of life/);
    await running.says(/capturing again on mirror0/);
    expect(beats()).toBeGreaterThan(before + 2);
  }, 60_000);

  test('is spoken to by nobody else: neither the command that gives the frames nor the sensor knows the socket', async () => {
    const running = await start([], { capture: { command: "env | grep -E '^(NOTIFY|WATCHDOG|PATH)' >&2; sleep 60" } });
    await running.says(/it says: PATH=/);
    await sleep(500);
    expect(running.stderr).not.toMatch(/NOTIFY_|WATCHDOG_/);
  });
});
