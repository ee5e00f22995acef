import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home, requireLab } from './home.ts';
import { checkout, said } from './namespaces.ts';
import { readRecords } from './retime.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, nothing of the lab is tested: ${reason}`);

function namespaceNames(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns') : [];
}

/** Process ids whose command line or environment names this lab. */
function processesOf(prefix: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(prefix);
    } catch {
      return false;
    }
  });
}

/** Who is killed ends when the processor comes to it. */
async function areGone(prefix: string): Promise<void> {
  await expect.poll(() => processesOf(prefix)).toEqual([]);
}

describe.skipIf(reason !== null)('a home in network namespaces', () => {
  let home: Home;
  beforeAll(async () => {
    home = await Home.start({
      devices: [
        { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' },
        { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02', dhcpv6: true },
      ],
    });
  });
  afterAll(() => home?.stop());

  it('gives each device a DHCP lease under its own name, and IPv6 addresses', async () => {
    const camera = home.device('hallway-camera');
    expect(camera.ipv4).toMatch(/^192\.168\.50\.\d+$/);
    expect(await camera.lookup('hallway-camera.home.arpa')).toEqual({ answers: [camera.ipv4] });
    // Modified EUI-64 of the MAC address: RFC 4291, appendix A.
    expect(camera.ipv6).toEqual(['2001:db8:50:0:260a:c4ff:fe10:1']);
    const byDhcp = home.device('kitchen-fridge').ipv6.filter((address) => /^2001:db8:50::1[0-9a-f]{3}$/.test(address));
    expect(byDhcp).toHaveLength(1);
  });

  it('answers for the names of its Internet, and says that others do not exist', async () => {
    const camera = home.device('hallway-camera');
    expect(await camera.lookup('mail.example.net', 'AAAA')).toEqual({ answers: ['2001:db8:ffff::25'] });
    expect(await camera.lookup('example.net', 'MX')).toEqual({
      answers: [{ exchange: 'mail.example.net', priority: 10 }],
    });
    expect(await camera.lookup('nowhere.example.org')).toEqual({ answers: [], error: 'ENOTFOUND' });
  });

  it('lets a device fetch from a named backend over TLS, by IPv4 and IPv6', async () => {
    const camera = home.device('hallway-camera');
    const firmware = await camera.fetch('https://firmware.lumacam.example/firmware?bytes=300000');
    expect(firmware).toEqual({ status: 200, bytes: 300_000, address: '203.0.113.80' });
    const page = await camera.fetch('https://cdn.manyfiles.example/', { family: 6 });
    expect(page.address).toBe('2001:db8:ffff::84');
    // By address and so without SNI; with a cached answer and so without a lookup; in the clear.
    expect((await camera.fetch('https://203.0.113.84/')).status).toBe(200);
    const cached = await camera.fetch('https://cdn.manyfiles.example/', { address: '203.0.113.83', upload: 5000 });
    expect(cached.address).toBe('203.0.113.83');
    expect((await camera.fetch('http://cdn.manyfiles.example/', { userAgent: 'thing/1.0' })).status).toBe(200);
  });

  it('delivers mail to the Internet: from the router by NAT, over IPv6 from the device itself', async () => {
    const camera = home.device('hallway-camera');
    const sent = [
      await camera.sendMail({ to: 'mail.example.net', recipients: 2 }),
      await camera.sendMail({ to: 'mail.example.net', family: 6 }),
      await camera.sendMail({ to: 'mail.example.net', port: 465 }),
      await camera.sendMail({ to: 'mail.example.net', port: 587 }),
    ];
    expect(sent.flat().map((attempt) => attempt.outcome)).toEqual(Array(4).fill('delivered'));
    await expect.poll(() => home.mailbox.length).toBe(4);
    expect(home.mailbox[0]).toMatchObject({ client: '198.51.100.2', to: ['r1@example.net', 'r2@example.net'] });
    expect(home.mailbox[1]).toMatchObject({ client: camera.ipv6[0], port: 25 });
  });

  it('has a server that refuses, and one to which the router drops port 25', async () => {
    const fridge = home.device('kitchen-fridge');
    for (const family of [4, 6] as const) {
      expect((await fridge.connect('closed.example.net', 25, { family })).outcome).toBe('refused');
      const silent = await fridge.connect('silent.example.net', 25, { family, timeoutMs: 500 });
      expect(silent.outcome).toBe('unanswered');
    }
  });

  it('shows the sensor both directions, with the MAC address of the device that spoke', async () => {
    const file = join(home.directory, 'mirror.pcap');
    const recording = await home.record(file, 'tcp port 25');
    await home.device('hallway-camera').connect('mail.example.net', 25);
    await recording.stop();
    const [syn, synAck] = readRecords(readFileSync(file)).map((record) => record.data);
    expect(syn?.toString('hex', 0, 12)).toBe('000db91000fe' + '240ac4100001');
    expect(synAck?.toString('hex', 0, 12)).toBe('240ac4100001' + '000db91000fe');
  });

  it('carries frames that the kernel cannot make, padded to a whole Ethernet frame', async () => {
    const file = join(home.directory, 'tagged.pcap');
    const recording = await home.record(file, 'vlan 20');
    const tagged = Buffer.from('ffffffffffff240ac410000181000014' + '88b5' + 'beef', 'hex');
    await home.inject('hallway-camera', [tagged]);
    await recording.stop();
    const frames = readRecords(readFileSync(file)).map((record) => record.data.toString('hex'));
    expect(frames).toEqual([tagged.toString('hex').padEnd(120, '0')]);
  });

  it('runs any command beside the mirror port, and opens a way to the sensor’s page', async () => {
    const page =
      "require('http').createServer((_, r) => r.end('the page')).listen(8080, '127.0.0.1', () => console.log('up'))";
    await said(home.spawnInSensor(process.execPath, ['-e', page]), /up/, 'page');
    const socket = join(home.directory, 'page.sock');
    await home.forward(socket, 8080);
    const { stdout } = await promisify(execFile)(process.execPath, [
      '-e',
      `require('http').get({ socketPath: '${socket}' }, (r) => r.pipe(process.stdout))`,
    ]);
    expect(stdout).toBe('the page');
  });

  it('leaves no namespace, no process and no file behind', async () => {
    const prefix = home.namespaceOf('');
    expect(namespaceNames().filter((name) => name.startsWith(prefix))).toHaveLength(6);
    expect(processesOf(prefix)).not.toEqual([]);
    await home.stop();
    expect(namespaceNames().filter((name) => name.startsWith(prefix))).toEqual([]);
    await areGone(prefix);
    expect(existsSync(home.directory)).toBe(false);
  });
});

describe.skipIf(reason !== null)('an address that goes from one device to another', () => {
  it('belongs to who holds the lease', async () => {
    const reservedAddress = '192.168.50.50';
    const home = await Home.start({
      devices: [
        { name: 'first', mac: '24:0a:c4:10:00:01', reservedAddress },
        { name: 'second', mac: 'f8:94:c2:10:00:04', reservedAddress },
      ],
      join: false,
      blockedPorts: [25],
    });
    try {
      const [first, second] = [home.device('first'), home.device('second')];
      await first.join();
      expect(first.ipv4).toBe(reservedAddress);
      await first.leave();
      await second.join();
      expect(second.ipv4).toBe(reservedAddress);
      // Where the provider drops port 25, even a willing server stays silent.
      expect((await second.connect('mail.example.net', 25, { timeoutMs: 500 })).outcome).toBe('unanswered');
      expect((await second.connect('mail.example.net', 587)).outcome).toBe('connected');
    } finally {
      await home.stop();
    }
  });
});

describe.skipIf(reason !== null)('a lab whose process ends badly', () => {
  // Beside the packages it needs, and not in dist, which a build replaces as a whole.
  const built = join(checkout, 'node_modules', `.lab-crash-${process.pid}`);
  beforeAll(async () => {
    const compile =
      '--ignoreConfig --module nodenext --target es2023 --types node --skipLibCheck --rewriteRelativeImportExtensions';
    const tsc = join(checkout, 'node_modules', '.bin', 'tsc');
    const files = ['--outDir', built, '--rootDir', checkout, join(checkout, 'test', 'lab', 'home.ts')];
    await promisify(execFile)(tsc, [...compile.split(' '), ...files], { cwd: checkout });
  });
  afterAll(() => rmSync(built, { recursive: true, force: true }));

  /** A process of its own that starts a home, says its prefix and then goes on as `then` says. */
  async function startElsewhere(then: string) {
    const script = `import { Home } from '${join(built, 'test', 'lab', 'home.js')}';
      const home = await Home.start({ devices: [{ name: 'thing', mac: '24:0a:c4:10:00:01' }] });
      console.log('prefix=' + home.namespaceOf('') + ';'); ${then}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const prefix = (await said(child, /prefix=(.*);/, 'the other process'))[1] ?? '';
    return { child, ended, prefix };
  }
  const stay = 'setInterval(() => {}, 1000);';

  it.each([
    ['throws', "setTimeout(() => { throw new Error('a test that failed') }, 100);", undefined],
    ['is interrupted', stay, 'SIGINT'],
    ['is terminated', stay, 'SIGTERM'],
  ] as const)('takes everything with it when it %s', async (_how, then, signal) => {
    const other = await startElsewhere(then);
    if (signal !== undefined) other.child.kill(signal);
    await other.ended;
    expect(namespaceNames().filter((name) => name.startsWith(other.prefix))).toEqual([]);
    await areGone(other.prefix);
  });

  it('leaves namespaces only when it is killed, and the next sweep takes those and no others', async () => {
    const killed = await startElsewhere(stay);
    const alive = await startElsewhere(stay);
    killed.child.kill('SIGKILL');
    await killed.ended;
    Home.sweep();
    expect(namespaceNames().filter((name) => name.startsWith(killed.prefix))).toEqual([]);
    await areGone(killed.prefix);
    expect(namespaceNames().filter((name) => name.startsWith(alive.prefix))).toHaveLength(5);
    alive.child.kill('SIGTERM');
    await alive.ended;
  });
});
