// Names are chosen by whoever sends them. What becomes of hostile ones in the reports, the log and the store.
import { expect, test } from 'vitest';
import { cleanHostName } from '../sensor/decode/text.ts';
import { textReport } from '../sensor/main/text-report.ts';
import type { Report } from '../sensor/record/report.ts';
import { answered, datagram, dhcpRequest, mail, mdns, tlsHello, visit } from './support/name-frames.ts';
import { dhcpv6, tcpConversation, wireName } from './support/packet-builder.ts';
import { sightFrom } from './support/sight.ts';
import {
  CAMERA,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  START,
  Stage,
  TELEVISION,
} from './support/stage.ts';

const HOSTILE = {
  'terminal controls': 'cam\u001b[2J\u001b]0;owned\u0007era\r\nFAKE LINE\t',
  'a bell, a null and an escape of C1': 'a\u0000b\u0007c\u009bd',
  markup: '<img src=x onerror=alert(1)>"\'&',
  'a path': '../../etc/passwd',
  'MQTT wildcards': '+/#/$SYS',
  SQL: "x'); DROP TABLE incidents;--",
  'text turned round': 'gnp.\u202eexe\u2066\u200b',
  'a lone surrogate and separators': 'a\ud800b\u2028c\u2029d',
  'prototype keys': '__proto__',
  '255 octets': 'x'.repeat(255),
} as const;

/** Controls, format characters, surrogates and separators: nothing of these may be shown. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

function reportOf(stage: Stage): Report {
  const { devices, incidents } = stage.finish();
  const capture = { files: ['a.pcap'], packets: 1, firstPacket: null, lastPacket: null } as const;
  const loss = { percent: null, low: 0, high: 100, samples: 0, missed: 0, isCertain: false };
  const counts = {
    ...{ truncated: 0, malformed: 0, duplicates: 0, lossPercent: null },
    ...{ duplicatesByKind: { identical: 0, vlan: 0, routed: 0, hairpin: 0 }, loss },
    vantage: 'lan-both-ways',
  } as const;
  return {
    schema: 'thingwatch.report/1',
    capture: { ...capture, files: [...capture.files], ...counts, sight: sightFrom('lan-both-ways') },
    devices,
    incidents,
  };
}

/** Every string in the report, keys included. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]);
}

function announceAll(stage: Stage, name: string): void {
  const octets = Buffer.from(name).subarray(0, 255);
  const label = octets.subarray(0, 63).toString('latin1');
  const fqdn = Buffer.concat([
    Buffer.from([4, 0, 0, octets.subarray(0, 63).length]),
    octets.subarray(0, 63),
    Buffer.alloc(1),
  ]);
  const v6 = Buffer.concat([Buffer.from([1, octets.subarray(0, 63).length]), octets.subarray(0, 63), Buffer.alloc(1)]);
  const servers = { mac: '33:33:00:01:00:02', ip: 'ff02::1:2', port: 547 };
  const group = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
  const notify = `NOTIFY * HTTP/1.1\r\nNT: ${name}\r\nNTS: ssdp:alive\r\nSERVER: ${name}/1.0 ${name}\r\n\r\n`;
  const instance = `${label.replaceAll('.', '')}._http._tcp.local`;
  stage.play(
    dhcpRequest(
      CAMERA.mac,
      [
        [12, octets],
        [60, octets],
        [61, octets.subarray(0, 64)],
      ],
      START,
    ),
    dhcpRequest(FRIDGE.mac, [[81, fqdn]], START + 1),
    datagram(
      { mac: TELEVISION.mac, ip: 'fe80::52', port: 546 },
      servers,
      dhcpv6({
        messageType: 1,
        clientMac: TELEVISION.mac,
        options: [
          [39, v6],
          [16, octets],
        ],
      }),
      START + 2,
    ),
    datagram({ ...CAMERA, port: 1900 }, group, Buffer.from(notify), START + 3),
    mdns(FRIDGE, [{ type: 'TXT', name: instance, ttl: 120, data: [`md=${name}`, `fv=${name}`] }], START + 4),
    mdns(FRIDGE, [{ type: 'SRV', name: instance, ttl: 120, data: { target: instance, port: 80 } }], START + 5),
  );
}

function contactAll(stage: Stage, name: string): void {
  const request = `GET /../${name} HTTP/1.1\r\nHost: ${name.replace(/[\r\n]/g, '')}\r\nUser-Agent: ${name.replace(/[\r\n]/g, '')}\r\n\r\n`;
  stage.play(
    visit(CAMERA, '198.51.100.1', START + MINUTE, { port: 8443 }).slice(0, 3),
    tcpConversation({
      client: { ...CAMERA, port: 50_001 },
      server: outside('198.51.100.2', 443),
      time: START + 2 * MINUTE,
      outcome: 'connected',
      dialogue: [{ from: 'C', bytes: tlsHello(Buffer.from(name)) }],
    }),
    tcpConversation({
      client: { ...FRIDGE, port: 50_002 },
      server: outside('198.51.100.3', 80),
      time: START + 3 * MINUTE,
      outcome: 'connected',
      dialogue: [{ from: 'C', bytes: Buffer.from(request) }],
    }),
  );
}

test.each(Object.entries(HOSTILE))('%s, announced, contacted and looked up, does no harm in any report', (_, name) => {
  const stage = new Stage({ detect: { learning_days: 0 } });
  announceAll(stage, name);
  contactAll(stage, name);
  const label = Buffer.from(name).subarray(0, 63);
  const question = Buffer.concat([Buffer.from([label.length]), label, wireName('vendor.example')]);
  const header = Buffer.from([0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, 4]);
  const answer = Buffer.concat([header, question, Buffer.from([0, 1, 0, 1]), record]);
  const resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
  stage.play(
    datagram(resolver, { ...CAMERA, port: 40_000 }, answer, START + 4 * MINUTE),
    visit(CAMERA, '198.51.100.4', START + 5 * MINUTE),
    mail(CAMERA, MAIL_SERVER, START + HOUR),
    mail(FRIDGE, MAIL_SERVER, START + HOUR),
  );
  const report = reportOf(stage);
  expect(report.devices.length).toBeGreaterThanOrEqual(3);
  expect(report.incidents.filter(({ kind }) => kind === 'mail_started')).toHaveLength(2);
  for (const text of texts(report)) {
    expect(text).not.toMatch(UNPRINTABLE);
    expect(text.length).toBeLessThanOrEqual(1024);
  }
  // What names a host is host-like: nothing in it means anything to a shell, a path, a topic, a page or a query.
  for (const { backends } of report.devices)
    for (const { hosts, name: backend } of backends)
      for (const host of [backend, ...hosts]) expect(host).toMatch(/^[a-z0-9_.:~-]{1,760}$/);
  for (const line of textReport(report).split('\n')) {
    expect(line).not.toMatch(UNPRINTABLE);
    expect(line).not.toMatch(/^FAKE LINE/);
  }
  for (const line of stage.log) expect(line).not.toMatch(UNPRINTABLE);
  expect(Object.getPrototypeOf(report.incidents[0]?.evidence)).toBe(Object.prototype);
});

test('markup and quotes stay as they are in the JSON report: text is text, and escaping is for whoever shows it', () => {
  const stage = new Stage();
  stage.play(dhcpRequest(CAMERA.mac, [[12, HOSTILE.markup]], START), mail(CAMERA, MAIL_SERVER, START + MINUTE));
  const report = reportOf(stage);
  expect(report.devices[0]?.name).toBe(HOSTILE.markup);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('what a hello or a request calls its server is kept with every strange octet escaped', () => {
  const stage = new Stage();
  contactAll(stage, HOSTILE.markup);
  contactAll(stage, HOSTILE['a path']);
  stage.finish();
  const hosts = stage.device(CAMERA).backends.flatMap((backend) => backend.hosts);
  expect(hosts).toEqual(['~3cimg~20src~3dx~20onerror~3dalert~281~29~3e~22~27~26']);
});

test('SQL in a name is stored as a name', () => {
  const stage = new Stage();
  stage.play(dhcpRequest(CAMERA.mac, [[12, HOSTILE.SQL]], START), mail(CAMERA, MAIL_SERVER, START + MINUTE));
  stage.finish();
  expect(stage.spine.store.loadIncidents()).toHaveLength(1);
  expect(stage.spine.store.loadDevices()[0]?.hostnames[0]?.name).toBe(HOSTILE.SQL);
});

test('a name that no host can have names no destination', () => {
  for (const name of Object.values(HOSTILE)) if (name !== '__proto__') expect(cleanHostName(name)).toBeNull();
  const stage = new Stage();
  stage.play(
    answered(CAMERA, 'a b.vendor.example', ['198.51.100.9'], START),
    visit(CAMERA, '198.51.100.9', START + MINUTE),
  );
  stage.finish();
  expect(stage.device(CAMERA).backends).toMatchObject([{ name: '198.51.100.9', nameFrom: [] }]);
});
