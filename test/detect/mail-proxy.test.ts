// Mail through SOCKS and HTTP CONNECT proxies: what the proxy was asked for is the destination, also where it is asked by name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { interestOf } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { answered, mail, ONE_MESSAGE } from '../support/name-frames.ts';
import {
  type CapturedFrame,
  connect,
  octets,
  socks4,
  socks4a,
  socks5,
  tcpConversation,
} from '../support/packet-builder.ts';
import { at, CAMERA, FRIDGE, HOUR, MAIL_SERVER, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';

const PROXY = '198.51.100.10';
const MX = 'mx.example.net';
const TO_MX = socks5(MX, 25);

/** What the capture filter lets through. */
const filtered = (frames: CapturedFrame[]) =>
  frames.filter(({ data, time }) => {
    const packet = decodeFrame({ data, time, linkType: 1, originalLength: data.length }, new DecodeCounters());
    return packet !== null && interestOf(packet) !== null;
  });
const usual = () => mail(CAMERA, '203.0.113.80', START - MINUTE, { port: 443, outcome: 'connected' });

let port = 51_000;
const talk = (
  prologue: ReturnType<typeof octets>[],
  dialogue: readonly string[],
  { to = outside(PROXY, 1080), time = START } = {},
) =>
  tcpConversation({
    client: { ...CAMERA, port: ++port },
    server: to,
    time,
    isn: port * 991,
    outcome: 'connected',
    dialogue: [...prologue, ...dialogue],
  });

it.each([
  ['SOCKS4', socks4(MAIL_SERVER, 25), MAIL_SERVER, null],
  ['SOCKS4a', socks4a(MX, 25), PROXY, MX],
  ['SOCKS5', TO_MX, PROXY, MX],
  ['CONNECT', connect(MX, 25), PROXY, MX],
])('%s: the inner destination is the destination, and its messages count', (_, prologue, ip, name) => {
  const stage = new Stage().play(filtered(talk(prologue, ONE_MESSAGE)));
  const incident = stage.incident('mail_started');
  expect(incident).toMatchObject({
    severity: 'critical',
    evidence: {
      attempts: 1,
      connected: 1,
      messages: 1,
      recipients: 1,
      lastDestination: { ip, port: 25, name },
    },
  });
  expect(incident.summary).toContain(`through the proxy ${PROXY}`);
  expect(stage.device(CAMERA).mail.destinations).toMatchObject([
    { ip, port: 25, name, nameFrom: name === null ? null : 'http', namedToProxy: name !== null, messages: 1 },
  ]);
});

it('the request alone is an attempt; a refusal of the proxy is one of the server', () => {
  expect(new Stage().play(talk(TO_MX.slice(0, 3), [])).incident('mail_started')).toMatchObject({
    severity: 'high',
    evidence: { attempts: 1, connected: 0 },
  });
  const refused = [...TO_MX.slice(0, 3), octets('S', 5, 5, 0, 1, 0, 0, 0, 0, 0, 0)];
  expect(new Stage().play(talk(refused, [])).incident('mail_started').evidence).toMatchObject({
    attempts: 1,
    refused: 1,
  });
  const silent = new Stage().play(talk(TO_MX.slice(0, 3), []));
  expect(silent.finish().incidents[0]?.evidence).toMatchObject({ attempts: 1, unanswered: 1 });
});

it('inside the home as well: who asked it is the sender', () => {
  const stage = new Stage().play(usual(), talk(TO_MX, ONE_MESSAGE, { to: at(FRIDGE, FRIDGE.ip, 1080) }));
  expect(stage.incident('mail_started')).toMatchObject({ device: CAMERA.mac, evidence: { messages: 1 } });
});

it('for a web server, or for a host of the home, is no mail', () => {
  const web = [octets('C', 'CONNECT www.example.net:443 HTTP/1.1\r\n\r\n'), octets('S', 'HTTP/1.1 200 OK\r\n\r\n')];
  const inside = [octets('C', 4, 1, 0, 25, 192, 168, 1, 9, 0), octets('S', 0, 0x5a, 0, 0, 0, 0, 0, 0)];
  const stage = new Stage().play(talk(web, []), talk(inside, ['S: 220 nas ESMTP', 'C: EHLO cam']));
  expect(stage.incidents('mail_started')).toEqual([]);
});

it('SMTP on an odd inner port is mail on an odd port', () => {
  const odd = socks4(MAIL_SERVER, 0x1f59);
  const incident = new Stage().play(talk(odd, ONE_MESSAGE)).incident('mail_started');
  expect(incident.evidence).toMatchObject({ messages: 1, lastDestination: { ip: MAIL_SERVER, port: 8025 } });
});

describe('asked for by name', () => {
  const destinations = (stage: Stage) =>
    stage.device(CAMERA).mail.destinations.map(({ attempts, ip, name, port }) => ({ attempts, ip, name, port }));

  it('two hosts through one proxy are two destinations, also after a restart; their address is the proxy’s', () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-proxy-'));
    const other = 'mx.example.com';
    const talks = (time: number) => [
      talk(TO_MX, ONE_MESSAGE, { time }),
      talk(socks5(other, 25), ONE_MESSAGE, { time: time + SECOND }),
    ];
    const both = (attempts: number) => [
      { attempts, ip: PROXY, name: other, port: 25 },
      { attempts, ip: PROXY, name: MX, port: 25 },
    ];
    try {
      const first = new Stage({ stateDir }).play(usual(), ...talks(START));
      expect(destinations(first)).toEqual(both(1));
      first.finish();
      first.spine.close();
      const second = new Stage({ stateDir });
      expect(destinations(second)).toEqual(both(1));
      second.play(...talks(START + HOUR));
      expect(destinations(second)).toEqual(both(2));
      expect(second.incident('mail_started').summary).toContain('2 servers');
      second.spine.close();
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  });

  it('the address is the one that DNS gave for the name, to whomever', () => {
    const stage = new Stage().play(
      answered(FRIDGE, 'MX.example.net', [MAIL_SERVER], START - MINUTE),
      talk(TO_MX, ONE_MESSAGE),
    );
    expect(destinations(stage)).toEqual([{ attempts: 1, ip: MAIL_SERVER, name: MX, port: 25 }]);
    expect(stage.incident('mail_started').evidence).toMatchObject({
      firstDestination: { ip: MAIL_SERVER, name: MX, port: 25, through: { proxy: PROXY, by: 'socks5' } },
    });
  });

  it('an answer that has long been stale gives no address', () => {
    const stage = new Stage().play(answered(CAMERA, MX, [MAIL_SERVER], START), talk(TO_MX, [], { time: START + HOUR }));
    expect(destinations(stage)).toEqual([{ attempts: 1, ip: PROXY, name: MX, port: 25 }]);
  });

  it('what is expected of it is the name: not whatever else goes through that proxy, nor the proxy as a mail server', () => {
    const stage = new Stage().play(usual(), talk(TO_MX, ONE_MESSAGE));
    const expectIt = () => {
      const { id } = stage.incident('mail_started');
      expect(stage.run({ type: 'expect', incident: id, until: null })).toMatchObject({ ok: true });
    };
    expectIt();
    expect(stage.spine.recorder.expectations.all()).toMatchObject([{ targets: [{ destination: MX, port: 25 }] }]);
    stage.play(talk(TO_MX, ONE_MESSAGE, { time: START + HOUR }));
    expect(stage.incident('mail_started')).toMatchObject({ state: 'expected' });
    stage.play(talk(socks5('mx.other.example', 25), ONE_MESSAGE, { time: START + 2 * HOUR }));
    expect(stage.incident('mail_started')).toMatchObject({ state: 'open' });
  });

  it('mail that is expected to go to an address is not what a proxy at that address is asked for', () => {
    const stage = new Stage().play(usual(), mail(CAMERA, PROXY, START, { outcome: 'connected' }));
    const { id } = stage.incident('mail_started');
    expect(stage.run({ type: 'expect', incident: id, until: null })).toMatchObject({ ok: true });
    stage.play(talk(TO_MX, ONE_MESSAGE, { time: START + HOUR }));
    expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2 });
  });
});
