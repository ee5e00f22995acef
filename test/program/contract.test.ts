// Every report there is keeps to the contract: of the shipped captures by the built program, of empty and damaged ones, and of
// the captures beside the checkout where a team has them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaptureError } from '../../sensor/capture/errors.ts';
import { silentLog } from '../../sensor/log.ts';
import { buildReport, replayInto } from '../../sensor/main/replay.ts';
import { memorySpine } from '../bench/spine.ts';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';
import { tcpConversation, writePcap } from '../support/packet-builder.ts';
import { contractFaults } from './contract.ts';
import { CAPTURES, ensureBuilt, Program, report, scratch } from './program.ts';

const EVERYTHING_OUTSIDE = '255.255.255.255/32';
const files = scratch();
beforeAll(ensureBuilt);
afterAll(files.remove);

const capturesIn = (folder: string): string[] => readdirSync(folder).filter((name) => /\.pcap(?:ng|_)?$/.test(name));

describe('the report of the built program', () => {
  it.each(capturesIn(CAPTURES))('%s', async (name) => {
    const path = join(CAPTURES, name);
    expect(contractFaults((await report(['replay', path])).report)).toEqual([]);
    expect(contractFaults((await report(['replay', path, '--home-net', EVERYTHING_OUTSIDE])).report)).toEqual([]);
  });

  it('a capture without packets, and one that is cut', async () => {
    writePcap(files.path('none.pcap'), []);
    const whole = readFileSync(join(CAPTURES, 'three-mailers.pcap'));
    writeFileSync(files.path('cut.pcap'), whole.subarray(0, whole.length - 10));
    const none = (await report(['replay', files.path('none.pcap')])).report;
    expect(contractFaults(none)).toEqual([]);
    expect(none.capture).toMatchObject({ packets: 0, firstPacket: null, lastPacket: null, vantage: 'nothing' });
    const cut = (await report(['replay', files.path('cut.pcap')])).report;
    expect(contractFaults(cut)).toEqual([]);
    expect(cut.capture.truncated).toBe(1);
  });

  it('with a state from earlier replays, which the report goes on from', async () => {
    const path = join(CAPTURES, 'three-mailers.pcap');
    const replays = ['replay', path, '--state', files.path('state')];
    const first = (await report(replays)).report;
    const second = (await report(replays)).report;
    expect([contractFaults(first), contractFaults(second)]).toEqual([[], []]);
    const attempts = ({ devices }: typeof first) => devices.reduce((sum, { mail }) => sum + mail.attempts, 0);
    expect(attempts(second)).toBe(2 * attempts(first));
    expect(second.incidents.map(({ id }) => id)).toEqual(first.incidents.map(({ id }) => id));
  });

  it('mail through a proxy that is asked by name', async () => {
    const dialogue = [
      { from: 'C' as const, bytes: Buffer.from('CONNECT mx.example.net:25 HTTP/1.1\r\n\r\n') },
      { from: 'S' as const, bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') },
      'S: 220 mx.example.net ESMTP',
      'C: EHLO camera',
    ];
    const client = { mac: 'a4:cf:12:99:be:ef', ip: '192.168.1.50', port: 40_000 };
    const server = { mac: '3c:37:86:2b:11:00', ip: '198.51.100.10', port: 3128 };
    const frames = tcpConversation({ client, server, time: 1_767_607_200_000, outcome: 'connected', dialogue });
    writePcap(files.path('proxy.pcap'), frames);
    const { devices, ...document } = (await report(['replay', files.path('proxy.pcap')])).report;
    expect(contractFaults({ ...document, devices })).toEqual([]);
    expect(devices.find(({ mac }) => mac === client.mac)?.mail.destinations).toMatchObject([
      { ip: server.ip, name: 'mx.example.net', nameFrom: 'http', port: 25, connected: 1 },
    ]);
  });

  it('the last line of ndjson is the same document', async () => {
    const path = join(CAPTURES, 'demo.pcap');
    const { stdout } = await Program.run(['replay', path, '--format', 'ndjson']);
    const lines = stdout.trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual((await report(['replay', path])).report);
  });
});

describe('the checker', () => {
  it('finds what it is there to find', async () => {
    const { json } = await report(['replay', join(CAPTURES, 'three-mailers.pcap')]);
    const broken = (change: (text: string) => string) => contractFaults(JSON.parse(change(json))).join('\n');
    expect(broken((text) => text.replace('24:0a:c4:10:00:01', '24:0A:C4:10:00:01'))).toContain('mac: ');
    expect(broken((text) => text.replace(/(\d\d:\d\d:\d\d)\.\d{3}Z/, '$1Z'))).toContain('firstPacket: ');
    expect(broken((text) => text.replace('"attempts": 1', '"attempts": 1.5'))).toContain('attempts: ');
    expect(broken((text) => text.replace('"attempts": 1', '"attempts": 2'))).toContain('its destinations add up to 1');
    expect(broken((text) => text.replace('"vendor":', '"seller":'))).toContain('vendor: ');
    expect(broken((text) => text.replaceAll('00:e0:4c:10:00:03', 'fe:e0:4c:10:00:03'))).toContain('not sorted');
  });
});

const isThere = existsSync(CAPTURES_OF_OTHERS);
if (!isThere)
  console.warn(`SKIPPED, the contract is not tested on captures of others: there is no ${CAPTURES_OF_OTHERS}`);

describe.skipIf(!isThere)('on captures of others', () => {
  it.each([
    { inside: 'the private ranges', homeNet: [] },
    { inside: 'nothing', homeNet: [EVERYTHING_OUTSIDE] },
  ])(
    'none breaks it where $inside is inside',
    async ({ homeNet }) => {
      const faults: Record<string, string[]> = {};
      let reports = 0;
      for (const name of capturesIn(CAPTURES_OF_OTHERS)) {
        const made = await reportOf(join(CAPTURES_OF_OTHERS, name), homeNet);
        if (made === null) continue;
        reports++;
        const found = contractFaults(JSON.parse(JSON.stringify(made)));
        if (found.length > 0) faults[name] = found;
      }
      expect(faults).toEqual({});
      expect(reports).toBeGreaterThan(0);
      // A home of its own and a tcpdump for each of more than a hundred captures.
    },
    120_000,
  );
});

/** Null for what is no capture, or of a link type that is refused. */
async function reportOf(file: string, homeNet: string[]): Promise<ReturnType<typeof buildReport> | null> {
  const spine = memorySpine(homeNet);
  try {
    const outcome = await replayInto(
      spine,
      { files: [file], speed: null },
      { out: () => {}, progress: null, log: silentLog, now: () => 0, signal: new AbortController().signal },
    );
    spine.engine.finish();
    spine.recorder.flushAll();
    return buildReport(spine, outcome);
  } catch (error) {
    if (error instanceof CaptureError) return null;
    throw error;
  } finally {
    spine.close();
  }
}
