// Whatever is wrong: an exit code that scripts can use, and words that a person can.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOSQUITTO, Mosquitto } from '../support/mosquitto.ts';
import { CAPTURES, type Ended, ensureBuilt, MAIN, Program, report, scratch, writeYaml } from './program.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED, a start without the right to capture: only root can give rights up');

const files = scratch();
const capture = join(CAPTURES, 'three-mailers.pcap');
const whole = readFileSync(capture);
beforeAll(ensureBuilt);
afterAll(files.remove);

function file(name: string, content: Buffer | string): string {
  writeFileSync(files.path(name), content);
  return files.path(name);
}

/** But for the two places where SQLite counts who opened the file to write (file format, 1.3.7 and 1.3.20). */
function databaseBytes(state: string): Buffer {
  const bytes = readFileSync(join(state, 'thingwatch.db'));
  return bytes.fill(0, 24, 28).fill(0, 92, 96);
}

/** A person sees a sentence, not a stack trace. */
function saysPlainly({ stderr }: Ended, ...words: RegExp[]): void {
  for (const word of words) expect(stderr).toMatch(word);
  expect(stderr).not.toMatch(/\n\s+at |node:internal|TypeError/);
}

describe('capture files', () => {
  it.each([
    ['an empty file', 'empty.pcap', Buffer.alloc(0), /empty\.pcap is empty/],
    ['a text file', 'letter.pcap', 'Dear sensor,\n', /letter\.pcap is not a packet capture/],
    ['a file cut in its header', 'head.pcap', whole.subarray(0, 11), /head\.pcap ends inside its header/],
  ])('%s: exit 1', async (_what, name, content, words) => {
    const path = file(name, content);
    const ended = await Program.run(['replay', path, '--format', 'json']);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    saysPlainly(ended, words);
    const piped = await Program.run(['replay', '-', '--format', 'json'], Buffer.from(content));
    expect([piped.code, piped.stdout]).toEqual([1, '']);
    saysPlainly(piped, /standard input (is|ends)/);
  });

  it.each([
    ['by file', true],
    ['by pipe', false],
  ])('a capture cut in a record, %s: what came before counts, exit 0, and it is said', async (_how, byFile) => {
    const cut = whole.subarray(0, whole.length - 7);
    const args = ['replay', byFile ? file('cut.pcap', cut) : '-', '--format', 'json'];
    const ended = await Program.run(args, byFile ? undefined : cut);
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout).capture).toMatchObject({ truncated: 1, malformed: 0 });
    expect(JSON.parse(ended.stdout).incidents).toHaveLength(3);
    saysPlainly(ended, /ends inside a record; what came before the cut is counted/);
  });

  it('an unknown link type: exit 1, with its name and what would do', async () => {
    const wifi = Buffer.from(whole);
    wifi.writeUInt32LE(127, 20);
    const ended = await Program.run(['replay', file('wifi.pcap', wifi)]);
    expect(ended.code).toBe(1);
    saysPlainly(ended, /wifi\.pcap has link type 127 IEEE802_11_RADIO/, /Ethernet/);
  });

  it('a record that claims a gigabyte: counted as damage, what came before counts, exit 0', async () => {
    const liar = Buffer.alloc(16);
    liar.writeUInt32LE(1_767_607_300, 0);
    liar.writeUInt32LE(1_000_000_000, 8);
    liar.writeUInt32LE(1_000_000_000, 12);
    const ended = await Program.run(['replay', file('liar.pcap', Buffer.concat([whole, liar])), '--format', 'json']);
    expect(ended.code).toBe(0);
    const sound = (await report(['replay', capture])).report;
    const read = JSON.parse(ended.stdout);
    expect(read.capture).toMatchObject({ malformed: 1, packets: sound.capture.packets });
    expect(read.incidents).toEqual(sound.incidents);
    saysPlainly(ended, /liar\.pcap is damaged .*what came before the damage is counted/);
  });

  it('a missing file, a directory, and - beside files: exit 2', async () => {
    for (const [args, words] of [
      [['nowhere.pcap'], /cannot read nowhere\.pcap: there is no such file/],
      [[CAPTURES], /it is a directory/],
      [['-', capture], /cannot be mixed with files/],
      [['-', capture, '--serve'], /cannot be mixed with files/],
    ] as const) {
      const ended = await Program.run(['replay', ...args]);
      expect([ended.code, ended.stdout]).toEqual([2, '']);
      saysPlainly(ended, words);
    }
  });
});

describe('words and settings', () => {
  it.each([
    [['bogus'], /unknown command 'bogus'/],
    [['run', '--fast'], /unknown option '--fast'/],
    [['replay'], /missing required argument 'file'/],
    [['replay', capture, '--format', 'xml'], /'xml' is invalid.*text, json, ndjson/],
    [['replay', capture, '--speed', '0'], /'0' is invalid/],
    [['replay', capture, '--home-net', '192.168.1.1/40'], /192\.168\.1\.1\/40 is no CIDR prefix/],
  ])('%j names itself and exits 2', async (args, words) => {
    const ended = await Program.run(args);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    saysPlainly(ended, words);
  });

  it('an unknown key and a wrong type are told at once, with their paths: exit 2', async () => {
    const config = writeYaml(files.path('wrong.yaml'), {
      mqtt: { ulr: 'mqtt://localhost' },
      store: { flush_seconds: 'often' },
    });
    const ended = await Program.run(['--config', config, 'run']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    saysPlainly(
      ended,
      /wrong\.yaml: mqtt\.ulr: there is no such setting/,
      /wrong\.yaml: store\.flush_seconds: .*number/,
    );
    expect(ended.stderr).toMatch(/nothing was started/);
  });
});

describe('a firmware note', () => {
  it('that is wrong fails the check with file, line and key, and never stops the sensor', async () => {
    const dir = files.path('notes');
    mkdirSync(dir);
    const good = readFileSync(join(CAPTURES, 'demo-notes/coldbox-fridge.md'), 'utf8');
    writeFileSync(join(dir, 'coldbox-fridge.md'), good.replace('category: appliance', 'category: fridges'));
    const checked = await Program.run(['notes', 'check', dir]);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/notes\/coldbox-fridge\.md:5: category: /);
    expect(checked.stdout).toMatch(/\nProblems: 1\. Notes without any: 0\.\n$/);

    const config = writeYaml(files.path('notes.yaml'), { notes: { dirs: [dir] } });
    const ended = await Program.run(['--config', config, 'replay', capture]);
    expect(ended.code).toBe(0);
    saysPlainly(ended, /this note is left out: .*coldbox-fridge\.md:5: category/);
    expect(ended.stdout).toMatch(/3 incidents/);
  });
});

describe('the machine', () => {
  it('the page’s port is taken: exit 1, with the address, and nothing is left running', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const config = writeYaml(files.path('taken.yaml'), {
        web: { listen: `127.0.0.1:${port}` },
        mqtt: { listen: '127.0.0.1:0' },
      });
      const ended = await Program.run(['--config', config, 'replay', '--serve', capture]);
      expect(ended.code).toBe(1);
      saysPlainly(ended, new RegExp(`127\\.0\\.0\\.1:${port}`), /web\.listen/);
    } finally {
      taken.close();
    }
  });

  it('an interface that is not there: exit 2, with those that are', async () => {
    const config = writeYaml(files.path('interface.yaml'), {
      state_dir: files.path('interface'),
      capture: { interface: 'eth0.nowhere' },
    });
    const ended = await Program.run(['--config', config, 'run']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    saysPlainly(ended, /there is no interface eth0\.nowhere: set capture\.interface .*\(there are .*\blo\b.*\)/);
  });

  it('a reader that leaves early, as head does: no complaint, exit 0', async () => {
    const program = Program.start(['replay', capture, '--format', 'json']);
    program.child.stdout?.destroy();
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('a state directory that cannot be: exit 2, with the path and what to do', async () => {
    const path = join(file('plain-file', ''), 'state');
    const ended = await Program.run(['replay', '--state', path, capture]);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    saysPlainly(ended, /plain-file\/state/, /state_dir/);
  });

  const withoutRoot = isRoot ? '' : ' (NOT RUN: needs root, so that rights can be given up)';
  it.skipIf(!isRoot)(`no right to capture: the message says which, and how to get it${withoutRoot}`, async () => {
    const config = writeYaml(files.path('powerless.yaml'), {
      state_dir: files.path('powerless'),
      capture: { interface: 'lo' },
      web: { listen: '127.0.0.1:0' },
      mqtt: { listen: '127.0.0.1:0' },
    });
    const powerless = ['--inh-caps', '-all', '--bounding-set', '-all'];
    const start = () => run('setpriv', [...powerless, process.execPath, MAIN, '--config', config, 'run']);
    const cannot = (ended: Ended) => {
      expect(ended.code).toBe(1);
      saysPlainly(ended, /capturing on lo needs the right CAP_NET_RAW/, /thingwatch\.service/);
      // Nothing was opened for a sensor that cannot sense.
      expect(ended.stderr).not.toContain('Page:');
    };
    cannot(await start());
    expect(existsSync(files.path('powerless'))).toBe(false);
    expect((await Program.run(['replay', '--state', files.path('powerless'), capture])).code).toBe(0);
    const known = databaseBytes(files.path('powerless'));
    cannot(await start());
    expect(databaseBytes(files.path('powerless')).equals(known)).toBe(true);
  });

  it.skipIf(!isRoot)(`the page’s port is taken when the capture is open already: exit 1${withoutRoot}`, async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const config = writeYaml(files.path('busy.yaml'), {
      state_dir: files.path('busy'),
      capture: { interface: 'lo' },
      web: { listen: `127.0.0.1:${port}` },
      mqtt: { listen: '127.0.0.1:0' },
    });
    try {
      const ended = await Program.run(['--config', config, 'run']);
      expect(ended.code).toBe(1);
      saysPlainly(ended, new RegExp(`127\\.0\\.0\\.1:${port}`), /web\.listen/);
    } finally {
      taken.close();
    }
  });

  it('a damaged database is moved aside, whole, and the sensor starts with a new one', async () => {
    const state = files.path('state');
    mkdirSync(state);
    const rubbish = Buffer.alloc(8192, 'not a database ');
    writeFileSync(join(state, 'thingwatch.db'), rubbish);
    const ended = await Program.run(['replay', '--state', state, capture]);
    expect(ended.code).toBe(0);
    const [, moved = ''] = /the database was damaged \(.*\); it was moved to (\S+) and/.exec(ended.stderr) ?? [];
    expect(readFileSync(moved)).toEqual(rubbish);
    expect(ended.stdout).toMatch(/3 incidents/);
    const again = await Program.run(['replay', '--state', state, capture]);
    expect(again.stderr).toBe('');
    expect(again.stdout).toMatch(/3 incidents/);
  });
});

if (MOSQUITTO === null) console.warn('SKIPPED, a broker that refuses the password: Mosquitto is not installed');
describe.skipIf(MOSQUITTO === null)('the broker', () => {
  it('refuses the password: said once however often it is tried, and no password in the log', async () => {
    const broker = await Mosquitto.start();
    const password = 'my-secret-of-the-day';
    const config = writeYaml(files.path('refused.yaml'), {
      state_dir: files.path('refused'),
      web: { listen: '127.0.0.1:0' },
      mqtt: { url: broker.url, username: broker.username, password },
    });
    const program = Program.start(['--config', config, 'replay', '--serve', '--state', files.path('refused'), capture]);
    try {
      await program.says(/the MQTT broker/);
      // Long enough for two more tries, a second and then two apart.
      await sleep(4000);
      const ended = await program.stop();
      expect(ended.code).toBe(0);
      expect(ended.stderr.match(/(refuses this user name or password|does not let this user in)/g)).toHaveLength(1);
      expect(ended.stderr + ended.stdout).not.toContain(password);
    } finally {
      await program.stop();
      await broker.remove();
    }
  });
});

function run(command: string, args: readonly string[]): Promise<Ended> {
  return new Program(spawn(command, args, { cwd: files.path('.') })).ended;
}
