// Which frames of an incident are kept, how many, for how long, and that no secret is among them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newConnection } from '../../sensor/attribute/connection.ts';
import { type Frame, LINK_TYPES } from '../../sensor/capture/frame.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { evidencePcap } from '../../sensor/record/evidence-export.ts';
import { EvidenceReader } from '../../sensor/record/evidence-reader.ts';
import { EvidenceWatch } from '../../sensor/record/evidence-watch.ts';
import { DIALOGUES, secretsIn } from '../support/dialogues.ts';
import { asks } from '../support/name-frames.ts';
import { ethernet, ipv4, raw, tcpConversation, udp } from '../support/packet-builder.ts';
import { at, CAMERA, DAY, FRIDGE, GATEWAY, HOUR, outside, SECOND, START, Stage } from '../support/stage.ts';
import { attempts, framesOf, mail, reportOf, tool } from './evidence-fixtures.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-evidence-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('which frames', () => {
  test('all of the connections that an incident is about, whatever comes later, and none of others', () => {
    const web = tcpConversation({
      client: at(CAMERA, CAMERA.ip, 50_000),
      server: outside('198.51.100.7', 443),
      time: START + 5,
      outcome: 'connected',
    });
    const stage = new Stage().play(mail({ dialogue: 'plain' }), web, mail({ from: FRIDGE, port: 443 }));
    const sent = mail({ dialogue: 'plain' });
    const frames = framesOf(stage);
    expect(frames.map(({ time }) => time)).toEqual(sent.map(({ time }) => time));
    expect(frames.map(({ wireLength }) => wireLength)).toEqual(sent.map(({ data }) => data.length));
    expect(stage.spine.recorder.evidence.ring.countOf(stage.incident('mail_started').id)).toEqual({
      kept: sent.length,
      seen: sent.length,
    });
  });

  test('with the SYN, when a connection becomes an incident only by its answer', () => {
    const stage = new Stage();
    stage.play(
      tcpConversation({
        client: at(CAMERA, CAMERA.ip, 50_000),
        server: outside('198.51.100.7', 443),
        time: START - SECOND,
        outcome: 'connected',
      }),
      tcpConversation({
        client: outside('203.0.113.99', 40_000),
        server: at(CAMERA, CAMERA.ip, 23),
        time: START,
        outcome: 'connected',
      }),
    );
    const text = tool('tcpdump', ['-n', '-r', '-'], evidencePcap(framesOf(stage, 'exposed')));
    expect(text).toMatch(/203\.0\.113\.99\.40000 > 192\.168\.1\.50\.23: Flags \[S\]/);
    expect(text).toMatch(/192\.168\.1\.50\.23 > 203\.0\.113\.99\.40000: Flags \[S\.\]/);
  });

  test.each([
    ['before', -SECOND],
    ['after', HOUR],
  ])('with a lookup %s, which became part of it, without its name', (_, offset) => {
    const lookup = asks(CAMERA, 'private-person.example', 'MX', START + offset);
    const stage = new Stage().play(lookup, mail({ dialogue: 'plain' }));
    expect(stage.incidents('mail_lookup')).toEqual([]);
    const pcap = evidencePcap(framesOf(stage));
    const text = tool('tcpdump', ['-n', '-r', '-'], pcap);
    expect(text).toMatch(/192\.168\.1\.50\.\d+ > [\d.]+\.53: /);
    expect(text.trim().split('\n')).toHaveLength(mail({ dialogue: 'plain' }).length + 1);
    expect(pcap.includes('private-person')).toBe(false);
  });

  test.each([
    ['as time passes', (stage: Stage) => stage.wait(START + HOUR + SECOND)],
    ['when the sensor ends', (stage: Stage) => stage.spine.engine.finish()],
  ])('with the SYN of a device that nobody knew, told %s before any other frame', (_, pass) => {
    const stage = new Stage();
    const [syn] = attempts(1, CAMERA, START + HOUR);
    if (syn === undefined) throw new Error('no SYN');
    stage.play(mail({ from: FRIDGE, port: 443 }), [syn]);
    expect(stage.incidents()).toEqual([]);
    pass(stage);
    expect(framesOf(stage).map(({ time }) => time)).toEqual([syn.time]);
  });

  test('with the ICMP error that refused one', () => {
    const [syn] = attempts(1);
    if (syn === undefined) throw new Error('no SYN');
    const quoted = Buffer.concat([Buffer.from([3, 13, 0, 0, 0, 0, 0, 0]), syn.data.subarray(14)]);
    const error = ipv4({ source: '198.51.100.1', destination: CAMERA.ip }, raw(1, quoted));
    const refusal = { time: START + 50, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, error) };
    const { recorder } = new Stage().play([syn]).spine;
    const [incident] = recorder.incidents.all();
    const [packet, errorPacket] = [syn, refusal].map(({ data, time }) => {
      const frame: Frame = { time, data, linkType: LINK_TYPES.ethernet, originalLength: data.length };
      return { frame, packet: decodeFrame(frame, new DecodeCounters()) };
    });
    if (incident === undefined || !packet?.packet?.tcp || !errorPacket?.packet) throw new Error('not decoded');
    const connection = newConnection(packet.packet, packet.packet.tcp, START, 1);
    const watch = new EvidenceWatch();
    watch.before();
    watch.found(incident, { about: connection });
    watch.after(errorPacket.frame, errorPacket.packet, null);
    const kept = watch.ring.changes(true).changes.flatMap(({ frames }) => frames);
    expect(tool('tcpdump', ['-n', '-r', '-'], evidencePcap(kept))).toMatch(
      /ICMP host 203\.0\.113\.25 unreachable - admin prohibited/,
    );
  });

  test('none of what is expected', () => {
    const stage = new Stage().play(mail({}));
    const { id } = stage.incident('mail_started');
    const before = framesOf(stage).length;
    stage.run({ type: 'expect', incident: id, until: null });
    stage.play(mail({ clientPort: 41_000, time: START + HOUR, dialogue: 'plain' }));
    expect(framesOf(stage)).toHaveLength(before);
  });

  test('not the packet at hand when a deadline passes with it', () => {
    const stage = new Stage().play(attempts(1));
    const other = ethernet(
      { source: FRIDGE.mac, destination: CAMERA.mac },
      ipv4(
        { source: FRIDGE.ip, destination: '192.168.1.1' },
        udp({ sourcePort: 5000, destinationPort: 53 }, Buffer.alloc(12)),
      ),
    );
    stage.play([{ time: START + 40 * SECOND, data: other }]);
    expect(stage.incident('mail_started').evidence).toMatchObject({ unanswered: 1 });
    expect(framesOf(stage)).toHaveLength(1);
  });
});

describe('no secret is in', () => {
  test.each(Object.keys(DIALOGUES))('capture, report or database after "%s"', (dialogue) => {
    for (const port of [25, 587, 2526]) {
      const stateDir = join(directory, `${port}`);
      const stage = new Stage({ stateDir }).play(mail({ dialogue, port }));
      stage.finish();
      const incidents = stage.spine.recorder.incidents.all();
      for (const { id, kind } of incidents) {
        const frames = stage.spine.recorder.framesOf(id);
        expect(secretsIn(evidencePcap(frames))).toEqual([]);
        expect(secretsIn(Buffer.from(reportOf(stage, kind)))).toEqual([]);
      }
      stage.spine.close();
      for (const ending of ['', '-wal'])
        expect(secretsIn(readIfThere(join(stateDir, `thingwatch.db${ending}`)))).toEqual([]);
    }
  });
});

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

describe('bounds', () => {
  test('an incident keeps its first 64 frames and its last 192', () => {
    const stage = new Stage().play(attempts(500));
    const frames = framesOf(stage);
    expect(frames).toHaveLength(256);
    const seconds = frames.map(({ time }) => (time - START) / SECOND);
    expect(seconds.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, n) => n));
    expect(seconds.slice(64)).toEqual(Array.from({ length: 192 }, (_, n) => 308 + n));
    expect(stage.spine.recorder.evidence.ring.countOf(stage.incident('mail_started').id)).toEqual({
      kept: 256,
      seen: 500,
    });
  });

  test('the same whenever it was stored, and over a restart', () => {
    const whole = new Stage().play(attempts(400));
    const first = new Stage({ stateDir: directory });
    attempts(300).forEach((frame, n) => {
      first.play([frame]);
      if (n % 7 === 0) first.spine.recorder.flushMail();
      if (n % 50 === 0) first.spine.recorder.flushAll();
    });
    first.spine.close();
    const second = new Stage({ stateDir: directory }).play(attempts(400).slice(300));
    const plain = (stage: Stage) => framesOf(stage).map(({ data, time }) => [time, data.toString('hex')]);
    expect(plain(second)).toEqual(plain(whole));
    expect(second.spine.recorder.evidence.ring.countOf(second.incident('mail_started').id)).toEqual({
      kept: 256,
      seen: 400,
    });
    second.spine.close();
  });

  test('a flood adds little in a minute, and no later incident goes without', () => {
    const stage = new Stage().play(attempts(20_000, CAMERA, START, 1));
    stage.play(mail({ from: FRIDGE, time: START + 30 * SECOND, outcome: 'unanswered' }));
    const { recorder } = stage.spine;
    const fridge = recorder.incidents.all().find(({ device }) => device === FRIDGE.mac);
    expect(recorder.framesOf(fridge?.id ?? '')).toHaveLength(1);
    const { changes } = recorder.evidence.ring.changes(true);
    expect(changes.flatMap(({ frames }) => frames)).toEqual([]);
  });

  test('goes with a forgotten device, and with its incident', () => {
    const stage = new Stage({ stateDir: directory }).play(attempts(3), attempts(3, FRIDGE));
    stage.spine.recorder.flushAll();
    const { store, recorder } = stage.spine;
    expect(store.loadEvidence().map(({ seen }) => seen)).toEqual([3, 3]);
    stage.run({ type: 'forget', device: CAMERA.mac });
    expect(store.loadEvidence()).toHaveLength(1);
    const fridge = recorder.incidents.ofDevice(FRIDGE.mac)[0];
    stage.run({ type: 'resolve', incident: fridge?.id ?? '' });
    stage.wait(START + 800 * DAY);
    recorder.flushAll();
    expect(store.loadEvidence()).toEqual([]);
    stage.spine.close();
  });
});

test('a second reader has it all while the sensor writes', () => {
  const stage = new Stage({ stateDir: directory }).play(mail({ dialogue: 'plain' }));
  stage.spine.recorder.flushAll();
  const reader = new EvidenceReader(stage.spine.databasePath);
  const { id } = stage.incident('mail_started');
  expect(reader.list()).toMatchObject([{ incident: { id }, kept: 32, seen: 32 }]);
  stage.play(attempts(1, CAMERA, START + HOUR));
  stage.spine.recorder.flushAll();
  expect(reader.read(id)).toMatchObject({ seen: 33, vantage: 'lan-both-ways', chain: [{ mac: CAMERA.mac }] });
  expect(reader.read('nothing')).toBeNull();
  reader.close();
  stage.spine.close();
});
