import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import { checkBroker, checkClock, checkPort, checkStateDirectory } from '../../sensor/deploy/doctor-place.ts';

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

describe('page port', () => {
  test('a port that something listens on is taken', async () => {
    expect(await checkPort(`127.0.0.1:${taken}`)).toMatchObject({
      result: 'fail',
      found: `127.0.0.1:${taken} is taken`,
      fix: expect.stringContaining('thingwatch already runs'),
    });
  });
  test('a free one is free, also by IPv6 and without a host', async () => {
    for (const listen of ['127.0.0.1:0', '[::1]:0', ':0']) expect((await checkPort(listen)).result, listen).toBe('ok');
  });
  test('an address that is not ours, and nonsense, are told apart', async () => {
    expect((await checkPort('192.0.2.1:8080')).found).toContain('is not an address of this machine');
    expect((await checkPort('8080')).found).toContain('is not host:port');
    expect((await checkPort('127.0.0.1:99999')).found).toContain('is not host:port');
  });
});

describe('broker', () => {
  test('one that accepts connections is fine, and its password is not shown', async () => {
    const check = await checkBroker(`mqtt://sensor:secret@127.0.0.1:${taken}`);
    expect(check).toMatchObject({ result: 'ok', found: `127.0.0.1:${taken} accepts connections` });
  });
  test('one that refuses is a failure', async () => {
    server.close();
    await once(server, 'close');
    const check = await checkBroker(`mqtts://127.0.0.1:${taken}`);
    expect(check).toMatchObject({ result: 'fail', found: `127.0.0.1:${taken} refuses the connection` });
  });
  test('nonsense is a failure; none is the embedded broker', async () => {
    expect((await checkBroker('http://127.0.0.1')).found).toBe('mqtt.url cannot be understood');
    expect((await checkBroker('homeassistant')).found).toBe('mqtt.url cannot be understood');
    expect((await checkBroker(null)).result).toBe('ok');
  });
});

test('a kernel with too little room for the capture filter', () => {
  expect(checkFilterRoom('20480')).toMatchObject({ result: 'warn', fix: 'sudo sysctl -w net.core.optmem_max=131072' });
  expect(checkFilterRoom('131072').result).toBe('ok');
  expect(checkFilterRoom(null).result).toBe('warn');
});

test('a clock that starts in 1970 is a failure', async () => {
  expect(await checkClock(60_000)).toMatchObject({ result: 'fail', found: '1970-01-01 00:01 UTC' });
  expect((await checkClock(Date.UTC(2026, 0, 2, 3, 4))).found).toContain('2026-01-02 03:04 UTC');
});

test('the whole examination of this machine, as a person reads it', async () => {
  const checks = await runDoctor({
    interface: defaultInterface() ?? 'lo',
    remote: null,
    stateDir: folder,
    webListen: `127.0.0.1:${taken}`,
    mqttUrl: null,
    now: Date.UTC(2026, 5, 1),
  });
  const text = formatDoctor(checks);
  expect(checks.map(({ name }) => name)).toEqual([
    ...['privileges', 'interface', 'listening', 'offloads', 'filter', 'tcpdump', 'capture add-on'],
    ...['state directory', 'page port', 'broker', 'clock'],
  ]);
  expect(text).toMatch(
    new RegExp(`^FAIL {2}page port {8}127\\.0\\.0\\.1:${taken} is taken\n {23}why: .*\n {23}fix: `, 'm'),
  );
  expect(text.trimEnd().split('\n').at(-1)).toMatch(/^\d+ ok, \d+ to improve, \d+ to repair$/);
});

test('where frames come from elsewhere, no port is examined', async () => {
  const checks = await runDoctor({
    interface: null,
    remote: 'a command (capture.command)',
    stateDir: folder,
    webListen: '127.0.0.1:0',
    mqttUrl: null,
    now: Date.UTC(2026, 5, 1),
  });
  expect(checks.map(({ name }) => name)).toEqual([
    ...['source', 'tcpdump', 'state directory', 'page port', 'broker', 'clock'],
  ]);
  expect(checks[0]).toMatchObject({ result: 'ok', found: expect.stringContaining('a command (capture.command)') });
});
