// A capture that comes in the packets of a remote mirror tells what it tells bare, through tcpdump and the filter.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Report } from '../../sensor/record/report.ts';
import { WRAPPINGS, type WrapFields, type Wrapping, wrapAll, writePcap } from '../support/packet-builder.ts';
import { framesOf } from '../support/pcap-frames.ts';
import { replayedReport } from '../support/replayed.ts';

const CAPTURES = resolve(import.meta.dirname, '../captures');
const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
const folder = mkdtempSync(join(tmpdir(), 'thingwatch-remote-mirror-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All but what the file is called. */
function told(report: Report): unknown {
  return { ...report, capture: { ...report.capture, files: null } };
}

async function reportWrapped(name: string, wrapping: Wrapping, fields: WrapFields): Promise<unknown> {
  const file = join(folder, 'wrapped.pcap');
  writePcap(file, wrapAll(framesOf(join(CAPTURES, name)), wrapping, fields));
  return told(await replayedReport(file, []));
}

const bareReports = new Map<string, Promise<Report>>();

function bare(name: string): Promise<Report> {
  const known = bareReports.get(name) ?? replayedReport(join(CAPTURES, name), []);
  bareReports.set(name, known);
  return known;
}

async function sameWrapped(name: string, wrapping: Wrapping, fields: WrapFields = {}): Promise<void> {
  const report = await bare(name);
  expect(report.devices.length).toBeGreaterThan(0);
  expect(await reportWrapped(name, wrapping, fields)).toEqual(told(report));
}

describe.each(names)('%s', (name) => {
  test.each(['tzsp', 'erspan2', 'vxlan'] as const)('in %s', (wrapping) => sameWrapped(name, wrapping));
});

test.each(WRAPPINGS)('tags and mail, in %s', (wrapping) => sameWrapped('vlan-qinq.pcap', wrapping));

test.each(['tzsp', 'erspan2'] as const)('in %s over a link that makes fragments of most, behind a tag', (wrapping) =>
  sameWrapped('three-mailers.pcap', wrapping, { mtu: 120, vlans: [7] }),
);

test('in VXLAN over IPv6', () => sameWrapped('ipv6-mail.pcap', 'vxlan', { source: 'fd00::5', destination: 'fd00::9' }));

test('a tunnel between a device and the Internet stays closed', async () => {
  const there = { source: '192.168.1.50', destination: '203.0.113.9' };
  const back = { source: '203.0.113.9', destination: '192.168.1.50' };
  for (const wrapping of WRAPPINGS) {
    for (const fields of [there, back]) {
      const report = await reportWrapped('three-mailers.pcap', wrapping, fields);
      expect(report).toMatchObject({ devices: [], incidents: [], capture: { packets: 0, malformed: 0, truncated: 0 } });
    }
  }
});
