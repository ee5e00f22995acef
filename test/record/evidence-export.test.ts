// The files that go to others: the capture as tcpdump and tshark read it, the report as a person does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evidenceFileName, evidencePcap, framesOfOneKind } from '../../sensor/record/evidence-export.ts';
import type { EvidenceFrame } from '../../sensor/record/evidence-ring.ts';
import { tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, outside, SECOND, START, Stage } from '../support/stage.ts';
import { attempts, framesOf, mail, reportOf, tool } from './evidence-fixtures.ts';

/** tshark takes no pipe. */
function tshark(pcap: Buffer, ...args: string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-evidence-'));
  try {
    const file = join(directory, 'evidence.pcap');
    writeFileSync(file, pcap);
    return tool('tshark', ['-r', file, ...args], Buffer.alloc(0))
      .trim()
      .split('\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the capture', () => {
  test('is read by tcpdump and tshark as it was on the wire, but for the payload', () => {
    const stage = new Stage().play(mail({ dialogue: 'plain' }));
    const pcap = evidencePcap(framesOf(stage));
    const lines = tool('tcpdump', ['-n', '-tttt', '-r', '-'], pcap).trim().split('\n');
    expect(lines).toHaveLength(mail({ dialogue: 'plain' }).length);
    expect(lines[0]).toMatch(
      /^2026-01-05 10:00:00\.000000 IP 192\.168\.1\.50\.40000 > 203\.0\.113\.25\.25: Flags \[S\]/,
    );
    const fields = ['frame.len', 'tcp.len', 'ip.src'].flatMap((field) => ['-e', field]);
    const seen = tshark(pcap, '-T', 'fields', ...fields);
    expect(seen).toHaveLength(lines.length);
    expect(seen[0]).toBe('58\t0\t192.168.1.50');
    const commands = tshark(pcap, '-Y', 'smtp.req.command', '-T', 'fields', '-e', 'smtp.req.command');
    expect(commands).toEqual(['EHLO', 'MAIL', 'rcpt', 'DATA']);
  });

  const frame = (seq: number, over: Partial<EvidenceFrame> = {}): EvidenceFrame => ({
    ...{ seq, time: START + seq, linkType: 1, wireLength: 60, data: Buffer.alloc(20), ...over },
  });
  const sorted = (frames: EvidenceFrame[]) => {
    const { frames: chosen, leftOut } = framesOfOneKind(frames);
    return [chosen.map(({ seq }) => seq), leftOut];
  };

  test('has one link type, that of most frames, and says how many frames that leaves out', () => {
    const mixed = [frame(0, { linkType: 113 }), frame(1), frame(2)];
    expect(sorted(mixed)).toEqual([[1, 2], 1]);
    expect(evidencePcap(mixed).readUInt32LE(20)).toBe(1);
    const other = [
      frame(0),
      frame(1, { linkType: 113 }),
      frame(2),
      frame(3, { linkType: 113 }),
      frame(4, { linkType: 113 }),
    ];
    expect(sorted(other)).toEqual([[1, 3, 4], 2]);
    expect([evidencePcap(other).readUInt32LE(20), evidencePcap(other).length]).toEqual([113, 24 + 3 * (16 + 20)]);
    // Of as many, that which came first.
    expect(sorted([frame(0, { linkType: 113 }), frame(1)])).toEqual([[0], 1]);
    expect(sorted([])).toEqual([[], 0]);
  });

  test('is in the order of time, and of coming where that is the same', () => {
    const frames = [frame(3, { time: START }), frame(0, { time: START + 1 }), frame(2, { time: START }), frame(1)];
    expect(sorted(frames)).toEqual([[2, 3, 0, 1], 0]);
    expect(frames.map(({ seq }) => seq)).toEqual([3, 0, 2, 1]);
  });

  test('is a classic one of microseconds, byte for byte', () => {
    const empty = Buffer.from('d4c3b2a1020004000000000000000000' + '0004000001000000', 'hex');
    expect(evidencePcap([])).toEqual(empty);
    const one = frame(0, { time: 1_700_000_001_234.5, wireLength: 1514, data: Buffer.from([1, 2, 3]) });
    // 1,700,000,001 s, 234,500 µs; three octets of 1,514.
    const record = Buffer.from('01f15365' + '04940300' + '03000000' + 'ea050000' + '010203', 'hex');
    expect(evidencePcap([one])).toEqual(Buffer.concat([empty, record]));
    // What is kept is never told as more than there was.
    const short = evidencePcap([frame(0, { wireLength: 2, data: Buffer.from([1, 2, 3]) })]);
    expect([short.readUInt32LE(24 + 8), short.readUInt32LE(24 + 12)]).toEqual([3, 3]);
  });

  test('has a name of plain letters, whatever the incident is called', () => {
    expect(evidenceFileName('0az9', 'pcap')).toBe('thingwatch-0az9.pcap');
    expect(evidenceFileName('../A b"9\n-z_', 'txt')).toBe('thingwatch-b9z.txt');
  });
});

describe('the report', () => {
  test('tells when, who, to whom, how often, and what was not visible', () => {
    const stage = new Stage().play(mail({ dialogue: 'plain' }), attempts(2, CAMERA, START + SECOND));
    stage.wait(START + 60 * SECOND);
    const text = reportOf(stage);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
    expect(text).toMatch(/Incident\s+[a-z0-9]{16}\n/);
    expect(text).toMatch(/Period\s+2026-01-05 10:00:00\.000 to 2026-01-05 10:00:3\d\.\d{3} \(UTC\)/);
    expect(text).toMatch(/MAC address\s+a4:cf:12:99:be:ef\n/);
    expect(text).toMatch(/Addresses then\s+192\.168\.1\.50\n/);
    expect(text).toMatch(/Attempts\s+3 connections/);
    expect(text).toMatch(/Messages\s+1 accepted/);
    expect(text).toMatch(/203\.0\.113\.25:25\n\s+3 attempts, 1 connected, 0 refused, 1 message\n/);
    expect(text).toMatch(/After STARTTLS nothing is visible/);
    expect(text).toMatch(/Frames\s+\d+ of \d+ frames of this incident were kept/);
    expect(text).toMatch(/2026-01-05\n\s+10:00:00\.000 192\.168\.1\.50:40000 > 203\.0\.113\.25:25 SYN\n/);
    expect(text).toMatch(/192\.168\.1\.50:40000 > 203\.0\.113\.25:25 ACK, 20 bytes: EHLO\n/);
    expect(text).toMatch(/TZ=UTC tcpdump -n -tttt -r thingwatch-[a-z0-9]{16}\.pcap/);
    expect(text).toMatch(/No mail address, subject, message text or password/);
  });

  test('says that a mirror with one direction shows no answers', () => {
    const stage = new Stage().play(attempts(30));
    expect(reportOf(stage)).toMatch(/ONE DIRECTION ONLY/);
  });

  test('does not pass off the address of a proxy as that of the mail server', () => {
    const request = { from: 'C' as const, bytes: Buffer.from('CONNECT mx.example.net:25 HTTP/1.1\r\n\r\n') };
    const proxied = tcpConversation({
      client: at(CAMERA, CAMERA.ip, 50_000),
      server: outside('198.51.100.10', 3128),
      time: START,
      outcome: 'connected',
      dialogue: [request, 'S: HTTP/1.1 200 OK'],
    });
    const text = reportOf(new Stage().play(proxied));
    expect(text).toMatch(/mx\.example\.net:25 {2}\(by this name, through a proxy\)\n/);
    expect(text).toMatch(/through the proxy\s+198\.51\.100\.10/);
    expect(text).not.toContain('198.51.100.10:25');
  });

  test('keeps hostile names on their line', () => {
    const stage = new Stage().play(attempts(1));
    stage.run({ type: 'rename', device: CAMERA.mac, label: `a‮b${'w'.repeat(60)}` });
    stage.spine.recorder.flushAll();
    const text = reportOf(stage);
    expect(text).not.toMatch(/[‪-‮]/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
  });
});
