import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultInterface, type InterfaceInfo } from '../../sensor/capture/interfaces.ts';
import { formatDoctor, runDoctor } from '../../sensor/deploy/doctor.ts';
import {
  checkCaptureAddOn,
  checkFilterRoom,
  checkInterface,
  checkPrivileges,
  checkTcpdump,
} from '../../sensor/deploy/doctor-capture.ts';
import { checkClock, checkMtu, checkWriting, judgeVersions } from '../../sensor/deploy/doctor-machine.ts';
import { checkPage, checkStateDirectory } from '../../sensor/deploy/doctor-place.ts';
import { trafficChecks, type WatchedTraffic } from '../../sensor/deploy/doctor-traffic.ts';

let folder: string;
let server: Server;
let taken: number;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'thingwatch-doctor-'));
  server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  taken = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('privileges', () => {
  const statusOf = (...privileges: string[]) =>
    spawnSync('setpriv', [...privileges, 'cat', '/proc/self/status'], { encoding: 'utf8' }).stdout;
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];

  test('root may capture', () => {
    expect(checkPrivileges(statusOf('--reuid=0'), 0)).toMatchObject({
      result: 'ok',
      found: expect.stringContaining('root'),
    });
  });
  test('an ordinary user may not, and is told about sudo and the service', () => {
    const check = checkPrivileges(statusOf(...asNobody), 65_534);
    expect(check).toMatchObject({ result: 'fail', found: 'user 65534, without CAP_NET_RAW' });
    expect(check.fix).toMatch(/sudo.*thingwatch\.service/);
  });
  test('an ordinary user with the one right, as the service has it, may', () => {
    const status = statusOf(...asNobody, '--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw');
    expect(checkPrivileges(status, 65_534)).toMatchObject({ result: 'ok', found: 'user 65534, with CAP_NET_RAW' });
  });
  test('root in a container that took the right away may not', () => {
    expect(checkPrivileges(statusOf('--bounding-set=-net_raw', '--inh-caps=-net_raw'), 0).result).toBe('fail');
  });
  test('where there is no /proc, root decides', () => {
    expect(checkPrivileges(null, 0).result).toBe('ok');
    expect(checkPrivileges(null, 501).result).toBe('fail');
  });
});

describe('interface', () => {
  const port: InterfaceInfo = {
    name: 'eth0',
    mac: '02:00:00:00:00:01',
    up: true,
    carrier: true,
    hardwareType: 1,
    loopback: false,
    wireless: false,
    promiscuous: false,
  };
  const judge = (change: Partial<InterfaceInfo>) => checkInterface('eth0', [{ ...port, ...change }]);

  test('a wired port with a partner will do', () => {
    expect(judge({})).toMatchObject({ result: 'ok', found: 'eth0: Ethernet, up, cable connected', fix: null });
  });
  test('a wrong name is answered with the right ones', () => {
    expect(checkInterface('eth1', [port])).toMatchObject({
      result: 'fail',
      found: 'there is no eth1',
      fix: 'set capture.interface to one of: eth0',
    });
    expect(checkInterface(null, []).result).toBe('fail');
  });
  test('a port that is down, unplugged, no Ethernet, the loopback or Wi-Fi is told apart', () => {
    expect(judge({ up: false, carrier: null })).toMatchObject({ result: 'fail', fix: 'sudo ip link set eth0 up' });
    expect(judge({ carrier: false })).toMatchObject({ result: 'fail', fix: 'check the cable and the mirror port' });
    expect(judge({ hardwareType: 65_534 })).toMatchObject({ result: 'fail', found: expect.stringContaining('65534') });
    expect(judge({ loopback: true, hardwareType: 772 }).result).toBe('warn');
    expect(judge({ wireless: true }).result).toBe('warn');
  });
});

test('tcpdump and the capture add-on of this machine are found; an add-on that is not there is a failure', async () => {
  expect(await checkTcpdump()).toMatchObject({
    result: 'ok',
    found: expect.stringMatching(/^tcpdump \d.*, libpcap \d/),
  });
  expect(await checkCaptureAddOn()).toMatchObject({ result: 'ok' });
  expect(await checkCaptureAddOn(folder)).toMatchObject({ result: 'fail', found: expect.stringContaining("'cap'") });
});

describe('state directory', () => {
  test('one that is there, and one that can be made, are fine; nothing is made', () => {
    expect(checkStateDirectory(folder)).toMatchObject({ found: expect.stringContaining('writable') });
    expect(checkStateDirectory(path.join(folder, 'a/b')).found).toContain('(will be made)');
    expect(spawnSync('ls', ['-A', folder], { encoding: 'utf8' }).stdout).toBe('');
  });
  test('a file in its place is named', () => {
    writeFileSync(path.join(folder, 'state'), '');
    expect(checkStateDirectory(path.join(folder, 'state'))).toMatchObject({
      result: 'fail',
      found: `${path.join(folder, 'state')} is not a directory`,
    });
  });
  test('where even root may not write, it says so', () => {
    expect(checkStateDirectory('/proc/thingwatch')).toMatchObject({ result: 'fail' });
  });
});

describe('page', () => {
  const page = (listen: string) => checkPage({ listen, basePath: '/', tls: false });
  test('a port that something else listens on is taken', async () => {
    expect(await page(`127.0.0.1:${taken}`)).toMatchObject({
      result: 'fail',
      found: `127.0.0.1:${taken} is taken by something else than a sensor`,
      fix: expect.stringContaining(`sudo ss -ltnp 'sport = :${taken}'`),
    });
  });
  test('a free one is free, also by IPv6 and without a host', async () => {
    for (const listen of ['127.0.0.1:0', '[::1]:0', ':0']) expect((await page(listen)).result, listen).toBe('ok');
  });
  test('an address that is not ours, and nonsense, are told apart', async () => {
    expect((await page('192.0.2.1:8080')).found).toContain('is not an address of this machine');
    expect((await page('8080')).found).toContain('is not host:port');
    expect((await page('127.0.0.1:99999')).found).toContain('is not host:port');
  });
});

test('a kernel with too little room for the capture filter', () => {
  expect(checkFilterRoom('20480')).toMatchObject({ result: 'warn', fix: 'sudo sysctl -w net.core.optmem_max=131072' });
  expect(checkFilterRoom('131072').result).toBe('ok');
  expect(checkFilterRoom(null).result).toBe('warn');
});

describe('clock', () => {
  const now = Date.UTC(2027, 0, 2, 3, 4);
  const clock = { now, synchronised: 'yes', battery: 'right', lastKnown: null } as const;
  test('that starts in 1970, or behind what was known, is a failure; one that nobody set is to improve', () => {
    expect(checkClock({ ...clock, now: 60_000 })).toMatchObject({
      result: 'fail',
      found: expect.stringContaining('1970-01-01 00:01 UTC'),
      fix: expect.stringContaining('sudo timedatectl set-ntp true'),
    });
    expect(checkClock({ ...clock, lastKnown: now + 86_400_000 })).toMatchObject({
      result: 'fail',
      found: expect.stringContaining('last known 2027-01-03 03:04 UTC: behind what was known already'),
    });
    expect(checkClock({ ...clock, synchronised: 'no', battery: 'none' })).toMatchObject({ result: 'warn' });
    expect(checkClock(clock)).toMatchObject({
      result: 'ok',
      found: '2027-01-02 03:04 UTC, synchronised, battery clock agrees',
      fix: null,
    });
  });
});

test('versions that are too old are named, with the way to newer ones', () => {
  const versions = { node: '20.19.0', kernel: '6.1.0-18-arm64', libpcap: '1.10.3', tcpdump: '4.99.3' };
  expect(judgeVersions('1.2.3', versions)).toMatchObject({
    result: 'ok',
    found: expect.stringContaining('thingwatch 1.2.3'),
  });
  expect(judgeVersions('1.2.3', { ...versions, node: '20.9.1' })).toMatchObject({
    result: 'fail',
    found: expect.stringMatching(/^node 20\.9\.1 is too old \(20\.19\.0 or newer\)/),
    fix: expect.stringContaining('npm start'),
  });
  expect(judgeVersions('1.2.3', { ...versions, libpcap: '1.8.1' })).toMatchObject({
    result: 'warn',
    fix: expect.stringContaining('apt-get install'),
  });
  expect(judgeVersions('1.2.3', { ...versions, tcpdump: null }).result).toBe('ok');
});

test('a write through to the disk is timed, and leaves nothing behind; where no directory is, nothing is written', () => {
  expect(checkWriting(folder, 3 * 1024 * 1024)).toMatchObject({
    result: 'ok',
    found: expect.stringMatching(/ ms a write through to the disk, \d+ KiB\/s; the running sensor writes 3 MiB a day$/),
  });
  expect(readdirSync(folder)).toEqual([]);
  expect(checkWriting(path.join(folder, 'none'), null)).toBeNull();
  expect(checkWriting('/proc', null)).toMatchObject({ result: 'warn', found: expect.stringContaining('not tried') });
});

describe('traffic', () => {
  const seen: WatchedTraffic = {
    ...{ seconds: 30, packets: 4000, duplicates: 3, devices: 12, broadcastOnly: [], lossPercent: 0 },
    vantage: { isGood: 'yes', sentence: 'The sensor sees inside the home, both directions.', fix: null },
    port: { arrived: 90_000, dropped: 0, tooLong: 0 },
  };
  const found = (change: Partial<WatchedTraffic>) =>
    Object.fromEntries(trafficChecks({ ...seen, ...change }, 'eth1').map((check) => [check.name, check]));

  test('as it should be is fine', () => {
    expect(Object.values(found({})).map(({ result }) => result)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(found({}).traffic?.found).toBe(
      '4000 packets of use in 30 s (133 a second), of 90000 that arrived (3000 a second)',
    );
  });
  test('what is amiss is named with what to do', () => {
    expect(found({ broadcastOnly: ['tv', 'fridge'] }).devices).toMatchObject({
      result: 'warn',
      found: '12 seen, 2 of them only by broadcast: tv, fridge',
    });
    expect(found({ duplicates: 1900 }).duplicates).toMatchObject({
      result: 'warn',
      found: '1900 copies (48 %), counted once',
    });
    expect(found({ lossPercent: 2 }).loss).toMatchObject({ result: 'warn', found: '2.0 % lost on the way' });
    expect(found({ lossPercent: 9 }).loss?.result).toBe('fail');
    expect(found({ lossPercent: null, packets: 7 }).loss).toMatchObject({
      result: 'ok',
      found: 'too few packets to tell (7)',
    });
    expect(found({ port: { arrived: 9, dropped: 4, tooLong: 0 } }).loss).toMatchObject({
      result: 'warn',
      fix: expect.stringContaining('sudo ethtool -G eth1 rx 4096'),
    });
    const useless = { isGood: 'useless', sentence: 'Only broadcasts are seen.', fix: 'mirror the port' } as const;
    expect(found({ vantage: useless }).vantage).toMatchObject({ result: 'fail', fix: 'mirror the port' });
  });
  test('frames that the port refused for their length ask for a larger MTU', () => {
    const refusing = { ...seen, port: { arrived: 1, dropped: 0, tooLong: 5 } };
    expect(checkMtu('eth1', 1500, refusing)).toMatchObject({
      result: 'warn',
      fix: expect.stringContaining('mtu 1508'),
    });
    expect(checkMtu('eth1', 1400, seen)).toMatchObject({ result: 'warn', fix: 'sudo ip link set eth1 mtu 1500' });
    expect(checkMtu('eth1', 1500, seen).result).toBe('ok');
  });
});

describe('the whole examination', () => {
  const options = () => ({
    ...{ stateDir: folder, thingwatch: '1.2.3', watched: { problem: 'nobody was to' }, writesADay: null, others: [] },
    page: { listen: `127.0.0.1:${taken}`, basePath: '/', tls: false },
    clock: { now: Date.UTC(2027, 5, 1), synchronised: 'unknown', battery: 'none', lastKnown: null } as const,
  });

  test('of this machine, as a person reads it', async () => {
    const checks = await runDoctor({ ...options(), interface: defaultInterface() ?? 'lo', remote: null });
    const text = formatDoctor(checks);
    expect(checks.map(({ name }) => name)).toEqual([
      ...['privileges', 'interface', 'listening', 'offloads', 'ring', 'mtu', 'filter', 'traffic'],
      ...['tcpdump', 'capture add-on', 'versions', 'state directory', 'writing', 'page', 'clock'],
    ]);
    expect(text).toMatch(
      new RegExp(`^FAIL {2}page {13}127\\.0\\.0\\.1:${taken} is taken.*\n {23}why: .*\n {23}fix: `, 'm'),
    );
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^\d+ ok, \d+ to improve, \d+ to repair$/);
  });

  test('where frames come from elsewhere examines no port', async () => {
    const checks = await runDoctor({
      ...options(),
      watched: null,
      interface: null,
      remote: 'a command (capture.command)',
    });
    expect(checks.map(({ name }) => name)).toEqual([
      ...['source', 'tcpdump', 'versions', 'state directory', 'writing', 'page', 'clock'],
    ]);
    expect(checks[0]).toMatchObject({ result: 'ok', found: expect.stringContaining('a command (capture.command)') });
  });
});
