import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../sensor/record/report.ts';
import { readRecords } from '../lab/retime.ts';
import { pcapBytes, tcpConversation } from '../support/packet-builder.ts';
import { CAPTURES, ensureBuilt, eventually, Program, report, scratch, writeYaml } from './program.ts';

const START = Date.parse('2026-01-05T10:00:00Z');

const files = scratch();
beforeAll(ensureBuilt);
afterAll(files.remove);

/** Each capture's own report, made once. */
const reports = new Map<string, ReturnType<typeof report>>();
function reportOf(name: string): ReturnType<typeof report> {
  const made = reports.get(name) ?? report(['replay', capture(name)]);
  reports.set(name, made);
  return made;
}
const capture = (name: string) => join(CAPTURES, `${name}.pcap`);
const withoutFiles = (json: string) => json.replace(/"files": \[[^\]]*\]/, '"files": []');

/** The capture in files of equal length, cut through the middle of conversations. */
function split(path: string, parts: number): string[] {
  const frames = readRecords(readFileSync(path)).map(({ time, data }) => ({ time: time / 1000, data }));
  const size = Math.ceil(frames.length / parts);
  return Array.from({ length: parts }, (_, index) => {
    const name = files.path(`part-${index}.pcap`);
    writeFileSync(name, pcapBytes(frames.slice(index * size, (index + 1) * size)));
    return name;
  });
}

describe('the same capture on different ways through the program', () => {
  it.each(['three-mailers', 'ipv6-mail', 'vlan-qinq'])('%s gives the same bytes, ids included', async (name) => {
    const path = capture(name);
    const plain = (await reportOf(name)).json;
    const [slow, pieces, pipe] = [
      await report(['replay', path, '--speed', '50']),
      await report(['replay', ...split(path, 3).toReversed()]),
      await report(['replay', '-'], readFileSync(path)),
    ];
    expect(slow.json).toBe(plain);
    expect(withoutFiles(pieces.json)).toBe(withoutFiles(plain));
    expect(withoutFiles(pipe.json)).toBe(withoutFiles(plain));
    expect(pieces.report.capture.files).toHaveLength(3);
    expect(pipe.report.capture.files).toEqual(['-']);
    expect(JSON.parse(plain).incidents.every(({ id }: { id: string }) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  });

  it('nine hours in three pieces are the same nine hours', async () => {
    const plain = await reportOf('demo');
    const pieces = await report(['replay', ...split(capture('demo'), 3)]);
    expect(withoutFiles(pieces.json)).toBe(withoutFiles(plain.json));
  });
});

describe('the captures that come with thingwatch', () => {
  it.each(['three-mailers', 'ipv6-mail'])('%s: three devices, three fates', async (name) => {
    const { incidents, devices } = (await reportOf(name)).report;
    const told = incidents.map(({ device, kind, severity }) => ({ device, kind, severity }));
    expect(told).toHaveLength(3);
    expect(told).toEqual(
      expect.arrayContaining([
        { device: '24:0a:c4:10:00:01', kind: 'mail_started', severity: 'high' },
        { device: '30:ae:a4:10:00:02', kind: 'mail_started', severity: 'high' },
        { device: '00:e0:4c:10:00:03', kind: 'mail_started', severity: 'critical' },
      ]),
    );
    const mailOf = (mac: string) => devices.find((device) => device.mac === mac)?.mail;
    expect(mailOf('24:0a:c4:10:00:01')).toMatchObject({ attempts: 1, unanswered: 1, connected: 0, refused: 0 });
    expect(mailOf('30:ae:a4:10:00:02')).toMatchObject({ attempts: 1, unanswered: 0, connected: 0, refused: 1 });
    expect(mailOf('00:e0:4c:10:00:03')).toMatchObject({ attempts: 1, connected: 1, messages: 1, recipients: 2 });
    const destinations = devices.flatMap(({ mail }) => mail.destinations.map(({ name: host }) => host));
    expect(destinations.toSorted()).toEqual(['closed.example.net', 'mail.example.net', 'silent.example.net']);
  });

  it('vlan-qinq: behind one tag and behind two', async () => {
    const { incidents } = (await reportOf('vlan-qinq')).report;
    expect(incidents.map(({ device, severity }) => [device, severity])).toEqual(
      expect.arrayContaining([
        ['24:0a:c4:10:00:01', 'critical'],
        ['30:ae:a4:10:00:02', 'high'],
      ]),
    );
    expect(incidents).toHaveLength(2);
  });

  it('retransmitted-syn: one attempt, however often its SYN was sent', async () => {
    const { incidents, devices } = (await reportOf('retransmitted-syn')).report;
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.evidence).toMatchObject({ attempts: 1 });
    expect(devices.map(({ mail }) => mail.attempts)).toEqual([0, 1]);
  });

  it('inside-mail: mail to a server in the home is nobody’s business', async () => {
    const { incidents, devices } = (await reportOf('inside-mail')).report;
    expect(incidents).toEqual([]);
    expect(devices.map(({ mail }) => mail.attempts)).toEqual([0, 0, 0]);
  });

  it('lease-reuse: 192.168.50.50 was the camera’s, then the laptop’s, and each one’s mail is its own', async () => {
    const { incidents, devices } = (await reportOf('lease-reuse')).report;
    const [camera, laptop] = ['24:0a:c4:10:00:01', 'f8:94:c2:10:00:04'].map((mac) => {
      const device = devices.find((entry) => entry.mac === mac);
      const lease = device?.addresses.find(({ ip }) => ip === '192.168.50.50');
      return { mail: device?.mail, lease };
    });
    expect(camera?.mail).toMatchObject({ attempts: 1, connected: 1, refused: 0 });
    expect(laptop?.mail).toMatchObject({ attempts: 1, connected: 0, refused: 1 });
    expect(camera?.mail?.destinations.map(({ name }) => name)).toEqual(['mail.example.net']);
    expect(laptop?.mail?.destinations.map(({ name }) => name)).toEqual(['closed.example.net']);
    expect(Date.parse(camera?.lease?.to ?? '')).toBeLessThan(Date.parse(laptop?.lease?.from ?? ''));
    expect(incidents.map(({ device }) => device).toSorted()).toEqual(['24:0a:c4:10:00:01', 'f8:94:c2:10:00:04']);
  });

  it('demo: what happened before, and the one backend that both mailers share and nobody else', async () => {
    const config = writeYaml(files.path('notes.yaml'), { notes: { dirs: [join(CAPTURES, 'demo-notes')] } });
    const { incidents, devices } = (await report(['--config', config, 'replay', capture('demo')])).report;
    const outbreak = incidents.find(({ kind }) => kind === 'outbreak');
    expect(outbreak?.evidence).toMatchObject({
      backend: 'lumacam.example',
      role: 'update',
      unaffectedDevices: 0,
      devices: [{ mac: '24:0a:c4:10:00:01' }, { mac: '24:0a:c4:10:00:05' }],
    });
    // The camera's bot asked for the mail servers of its victims first; the doorbell's knew them.
    const camera = incidents.find(({ device, kind }) => device === '24:0a:c4:10:00:01' && kind === 'mail_started');
    expect(camera?.evidence).toMatchObject({ lookups: { mx: 1, dnsbl: 0 }, supportedBy: ['mail_lookup', 'outbreak'] });
    for (const [mac, lookups] of [
      ['24:0a:c4:10:00:01', ['Looked up mail servers (1 question).']],
      ['24:0a:c4:10:00:05', []],
    ] as const) {
      const mail = incidents.find(({ device, kind }) => device === mac && kind === 'mail_started');
      expect(mail?.before.filter(({ kind }) => kind === 'mail_lookup').map(({ text }) => text)).toEqual(lookups);
      expect(mail?.before[lookups.length]).toMatchObject({
        kind: 'firmware_download',
        name: 'firmware.lumacam.example',
        nameFrom: 'sni',
      });
      expect(mail?.before.map(({ name }) => name)).toContain('cdn.manyfiles.example');
      const times = mail?.before.map(({ time }) => Date.parse(time)) ?? [];
      expect(times).toEqual(times.toSorted((a, b) => b - a));
    }
    expect(devices.map(({ name, note }) => [name, note])).toEqual(
      expect.arrayContaining([
        ['hallway-camera', 'lumacam-camera'],
        ['porch-doorbell', 'lumacam-camera'],
        ['kitchen-fridge', 'coldbox-fridge'],
        ['laptop', null],
      ]),
    );
    expect(incidents).toHaveLength(3);
  });

  it('each one is read whole: nothing malformed, nothing cut', async () => {
    const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
    expect(names).toHaveLength(7);
    for (const name of names) {
      const read = (await reportOf(name.replace('.pcap', ''))).report.capture;
      expect(read.packets, name).toBeGreaterThan(20);
      expect([read.malformed, read.truncated], name).toEqual([0, 0]);
    }
  });
});

describe('many attempts', () => {
  it('10,000 to 500 servers are one incident with exact totals, told a handful of times', async () => {
    const home = { mac: '24:0a:c4:20:00:01', ip: '192.168.50.20' };
    const frames = Array.from({ length: 10_000 }, (_, index) => {
      const server = index % 500;
      return tcpConversation({
        client: { ...home, port: 20_000 + index },
        server: { mac: '00:0d:b9:10:00:fe', ip: `203.0.${100 + (server >> 8)}.${server & 255}`, port: 25 },
        time: START + index * 100,
        isn: 5_000_000 + index * 77_777,
        outcome: 'unanswered',
      });
    });
    const { code, stdout } = await Program.run(['replay', '-', '--format', 'ndjson'], pcapBytes(frames.flat()));
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { devices, incidents } = lines.at(-1) as Report;
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.evidence).toMatchObject({ attempts: 10_000, unanswered: 10_000, servers: 500 });
    expect(devices.find(({ mac }) => mac === home.mac)?.mail.attempts).toBe(10_000);
    expect(lines.length - 1).toBeLessThanOrEqual(6);
  });

  it('stopped half way: the report covers what was read, and says so', async () => {
    // The camera's mail comes after two seconds, the laptop's an hour and a half later.
    const program = Program.start(['replay', capture('lease-reuse'), '--speed', '10', '--format', 'ndjson']);
    await eventually(() => (program.stdout.includes('mail_started') ? true : null));
    const { code, stderr, stdout } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/Stopped before the end; the report covers what was read until then/);
    const { incidents } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
    expect(incidents.map(({ device }) => device)).toEqual(['24:0a:c4:10:00:01']);
  });
});
