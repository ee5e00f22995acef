// The name inside names the connection: TLS and HTTP behind SOCKS and CONNECT proxies, TLS after STARTTLS and its like.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReportBackend } from '../../sensor/record/report.ts';
import { answered, tlsHello, visit } from '../support/name-frames.ts';
import {
  clientHello,
  connect,
  extension,
  octets,
  serverNameExtension,
  socks4,
  socks4a,
  socks5,
  tcpConversation,
  tlsRecords,
} from '../support/packet-builder.ts';
import { at, CAMERA, DAY, FRIDGE, GATEWAY, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';

const PROXY = '198.51.100.10';
const SERVER = '203.0.113.80';
const HOST = 'api.vendor.example';
const hello = (host = HOST) => ({ from: 'C' as const, bytes: tlsHello(host) });
const request = (host = HOST) => octets('C', `GET /v1 HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: cam/1\r\n\r\n`);
const usual = () => visit(CAMERA, '203.0.113.99', START - MINUTE, { host: 'usual.example' });

let port = 52_000;
type Said = readonly (string | { from: 'C' | 'S'; bytes: Buffer })[];
const talk = (said: Said, to = outside(PROXY, 1080), time = START) =>
  tcpConversation({
    client: { ...CAMERA, port: ++port },
    server: to,
    time,
    isn: port * 991,
    outcome: 'connected',
    dialogue: said,
  });

/** What the camera is shown to talk to besides the usual. */
function backends(stage: Stage): ReportBackend[] {
  stage.finish();
  return stage.device(CAMERA).backends.filter(({ name }) => name !== 'usual.example');
}

const PROLOGUES = [
  ['SOCKS5 by name', socks5(HOST, 443)],
  [
    'SOCKS5 by address',
    [
      octets('C', 5, 1, 0),
      octets('S', 5, 0),
      octets('C', 5, 1, 0, 1, 203, 0, 113, 80, 1, 187),
      octets('S', 5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    ],
  ],
  [
    'SOCKS5 with a login',
    [
      octets('C', 5, 2, 0, 2),
      octets('S', 5, 2),
      octets('C', 1, 4, 'user', 4, 'pass'),
      octets('S', 1, 0),
      ...socks5(HOST, 443).slice(2),
    ],
  ],
  ['SOCKS4', socks4(SERVER, 443)],
  ['SOCKS4a', socks4a(HOST, 443)],
  ['CONNECT by name', connect(HOST, 443)],
  ['CONNECT by address', connect(SERVER, 443)],
] as const satisfies readonly (readonly [string, Said])[];
const PLACES = [
  ['on the Internet, port 1080', outside(PROXY, 1080), `${PROXY}:1080`],
  ['on the Internet, port 443', outside(PROXY, 443), `${PROXY}:443`],
  ['on the Internet, an odd port', outside(PROXY, 40_123), `${PROXY}:40123`],
  ['in the home', at(FRIDGE, FRIDGE.ip, 3128), `${FRIDGE.ip}:3128`],
  ['in the router', at(GATEWAY, GATEWAY.ip, 8080), `${GATEWAY.ip}:8080`],
] as const;

describe.each(PROLOGUES)('%s', (_, prologue) => {
  test.each(PLACES)('a proxy %s: TLS within has the name', (_where, place, through) => {
    const stage = new Stage().play(usual(), talk([...prologue, hello(), octets('S', '\x16\x03\x03')], place));
    expect(backends(stage)).toMatchObject([
      { name: 'vendor.example', hosts: [HOST], nameFrom: ['sni'], through: [through], connections: 1 },
    ]);
    expect(stage.device(CAMERA).connections).toBe(2);
  });

  test('HTTP within has the name', () => {
    const stage = new Stage().play(usual(), talk([...prologue, request(), octets('S', 'HTTP/1.1 200 OK\r\n\r\n')]));
    expect(backends(stage)).toMatchObject([
      { name: 'vendor.example', hosts: [HOST], nameFrom: ['http'], connections: 1 },
    ]);
  });

  test('a client that does not wait for the answers: all in one segment', () => {
    const said = prologue.filter(({ from }) => from === 'C').map(({ bytes }) => bytes);
    const whole = { from: 'C' as const, bytes: Buffer.concat([...said, hello('inner.other.example').bytes]) };
    expect(backends(new Stage().play(usual(), talk([whole])))).toMatchObject([
      { name: 'other.example', hosts: ['inner.other.example'], nameFrom: ['sni'] },
    ]);
  });
});

test('what the hello says wins over what the proxy was asked for', () => {
  const stage = new Stage().play(usual(), talk([...connect('front.example', 443), hello()]));
  expect(backends(stage)).toMatchObject([{ name: 'vendor.example', hosts: [HOST] }]);
});

test('where nothing inside shows a name, it is what the proxy was asked for', () => {
  const noise = [octets('C', 'SSH-2.0-x\r\n'), octets('S', 'SSH-2.0-y\r\n')];
  expect(backends(new Stage().play(usual(), talk([...socks5(HOST, 22), ...noise])))).toMatchObject([
    { name: 'vendor.example', hosts: [HOST], nameFrom: ['http'], through: [`${PROXY}:1080`], connections: 1 },
  ]);
  // Its own DNS answer names the address behind the proxy; the proxy's name is not it.
  const stage = new Stage().play(
    usual(),
    answered(CAMERA, 'proxy.example', [PROXY], START - 10 * SECOND),
    answered(CAMERA, 'dns.vendor.example', [SERVER], START - 10 * SECOND),
    talk([...socks4(SERVER, 22), ...noise]),
  );
  expect(backends(stage)).toMatchObject([{ name: 'vendor.example', hosts: ['dns.vendor.example'], nameFrom: ['dns'] }]);
  expect(backends(new Stage().play(usual(), talk([...socks4(SERVER, 22), ...noise])))).toMatchObject([
    { name: SERVER, hosts: [], through: [`${PROXY}:1080`] },
  ]);
});

test('a proxy that refuses is itself what was talked to', () => {
  const refused = [octets('C', `CONNECT ${HOST}:443 HTTP/1.1\r\n\r\n`), octets('S', 'HTTP/1.1 403 Forbidden\r\n\r\n')];
  expect(backends(new Stage().play(usual(), talk(refused)))).toMatchObject([{ name: PROXY, through: [] }]);
});

test('a proxy in the home that is asked for a host of the home stays inside', () => {
  const nas = [...socks4('192.168.1.9', 443), hello('nas.local.example')];
  const stage = new Stage().play(usual(), talk(nas, at(FRIDGE, FRIDGE.ip, 1080)));
  expect(backends(stage)).toEqual([]);
  expect(stage.device(CAMERA).connections).toBe(1);
});

test('several hosts through several proxies, also after a restart; a new one is told with its proxy', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-inner-'));
  try {
    const first = new Stage({ stateDir }).play(
      usual(),
      talk([...socks5(HOST, 443), hello()]),
      talk([...connect(HOST, 443), hello()], outside('198.51.100.11', 3128), START + SECOND),
      talk([...connect('a.other.example', 443), hello('a.other.example')], outside(PROXY, 1080), START + 2 * SECOND),
    );
    const proxies = [
      { name: 'other.example', through: [`${PROXY}:1080`] },
      { name: 'vendor.example', through: [`${PROXY}:1080`, '198.51.100.11:3128'] },
    ];
    expect(backends(first)).toMatchObject(proxies);
    first.spine.close();
    const second = new Stage({ stateDir });
    expect(second.device(CAMERA).backends.filter(({ through }) => through.length > 0)).toMatchObject(proxies);
    const later = START + 10 * DAY;
    second.play(talk([...socks5('new.example', 8443), hello('new.example')], outside(PROXY, 1080), later));
    expect(second.incident('backend_new').evidence).toMatchObject({
      backend: 'new.example',
      destination: { ip: PROXY, port: 8443, name: 'new.example' },
      through: `${PROXY}:1080`,
    });
    second.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});

test('more proxies than a backend remembers, and hostile names, are bounded', () => {
  const stage = new Stage().play(usual());
  for (let i = 1; i < 40; i++)
    stage.play(
      talk([...socks5('\x1b[2J<b>.example', 443), hello()], outside(`198.51.100.${i}`, 1080), START + i * SECOND),
    );
  const found = backends(stage);
  expect(found).toMatchObject([{ name: 'vendor.example', connections: 39 }]);
  expect(found[0]?.through).toHaveLength(4);
});

describe('mail that goes over to TLS', () => {
  const SMTP = ['S: 220 mx', 'C: EHLO cam', 'S: 250-mx\r\n250 STARTTLS', 'C: STARTTLS', 'S: 220 go'];
  const MX = 'smtp.provider.example';
  const destinations = (stage: Stage) => stage.device(CAMERA).mail.destinations;

  test.each([
    ['from the start, port 465', 465, [hello(MX)]],
    ['after STARTTLS, port 587', 587, [...SMTP, hello(MX)]],
    ['after STARTTLS, port 25', 25, [...SMTP, hello(MX)]],
    ['after STARTTLS, an odd port', 2526, [...SMTP, hello(MX)]],
  ] as const satisfies readonly (readonly [string, number, Said])[])(
    '%s: the hello names the server',
    (_, to, said) => {
      const stage = new Stage().play(usual(), talk(said, outside(SERVER, to)));
      expect(destinations(stage)).toMatchObject([{ ip: SERVER, port: to, name: MX, nameFrom: 'sni', attempts: 1 }]);
      const [incident] = stage.finish().incidents;
      expect(incident).toMatchObject({
        findings: 1,
        evidence: { lastDestination: { ip: SERVER, port: to, name: MX } },
      });
    },
  );

  test('through a proxy that was asked for an address, too', () => {
    const stage = new Stage().play(usual(), talk([...socks4(SERVER, 587), ...SMTP, hello(MX)]));
    expect(destinations(stage)).toMatchObject([{ ip: SERVER, port: 587, name: MX, nameFrom: 'sni' }]);
    expect(stage.incident('submission_started').summary).toContain(`through the proxy ${PROXY}`);
  });

  test('its own DNS answer goes before the hello, and another device’s behind it', () => {
    const to = outside(SERVER, 465);
    const own = new Stage().play(
      usual(),
      answered(CAMERA, 'dns.example', [SERVER], START - SECOND),
      talk([hello(MX)], to),
    );
    expect(destinations(own)).toMatchObject([{ name: 'dns.example', nameFrom: 'dns' }]);
    const other = new Stage().play(
      usual(),
      answered(FRIDGE, 'dns.example', [SERVER], START - SECOND),
      talk([hello(MX)], to),
    );
    expect(destinations(other)).toMatchObject([{ name: MX, nameFrom: 'sni' }]);
  });

  test('what it calls the server excuses nothing: what is expected is the address', () => {
    const stage = new Stage().play(usual(), talk([hello(MX)], outside(SERVER, 465)));
    const { id } = stage.incident('submission_started');
    expect(stage.run({ type: 'expect', incident: id, until: null })).toMatchObject({ ok: true });
    expect(stage.spine.recorder.expectations.all()).toMatchObject([{ targets: [{ destination: SERVER, port: 465 }] }]);
    stage.play(talk([hello(MX)], outside(SERVER, 465), START + MINUTE));
    expect(stage.incident('submission_started')).toMatchObject({ state: 'expected' });
    stage.play(talk([hello(MX)], outside('203.0.113.81', 465), START + 2 * MINUTE));
    expect(stage.incident('submission_started')).toMatchObject({ state: 'open' });
  });
});

describe('TLS that begins later, on the port of', () => {
  test.each([
    ['POP3', 110, ['S: +OK ready', 'C: CAPA', 'S: +OK\r\nSTLS\r\n.', 'C: STLS', 'S: +OK begin']],
    ['POP3, at once', 110, ['S: +OK ready', 'C: STLS', 'S: +OK begin']],
    [
      'IMAP',
      143,
      ['S: * OK ready', 'C: a1 CAPABILITY', 'S: * CAPABILITY STARTTLS', 'C: a2 STARTTLS', 'S: a2 OK begin'],
    ],
    ['PostgreSQL', 5432, [octets('C', 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f), octets('S', 'S')]],
    [
      'LDAP',
      389,
      [
        octets('C', '\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037'),
        octets('S', '\x30\x0c\x02\x01\x01\x78\x07'),
      ],
    ],
    ['FTP', 21, ['S: 220 ready', 'C: AUTH TLS', 'S: 234 begin']],
    [
      'XMPP',
      5222,
      [
        "C: <?xml version='1.0'?><stream:stream to='x'>",
        'S: <stream:features/>',
        "C: <starttls xmlns='x'/>",
        'S: <proceed/>',
      ],
    ],
    ['MySQL', 3306, [octets('S', 'J\0\0\0\x0a8.0'), octets('C', '\x20\0\0\x01\x85\xae\xff\0')]],
    ['anything at all', 7777, [octets('C', 'upgrade please'), octets('S', 'yes')]],
  ] as const satisfies readonly (readonly [string, number, Said])[])('%s', (_, to, said) => {
    const stage = new Stage().play(usual(), talk([...said, hello('imap.vendor.example')], outside(SERVER, to)));
    expect(backends(stage)).toMatchObject([
      { name: 'vendor.example', hosts: ['imap.vendor.example'], nameFrom: ['sni'], through: [], connections: 1 },
    ]);
  });

  test('a hello in two segments, the second first or twice, is put together', () => {
    const long = tlsRecords(clientHello(extension(21, Buffer.alloc(1500)), serverNameExtension(HOST)));
    const said = [
      'C: a1 STARTTLS',
      'S: a1 OK',
      { from: 'C' as const, bytes: long.subarray(0, 1400) },
      { from: 'C' as const, bytes: long.subarray(1400) },
    ];
    // To a port where what continues a hello passes the filter.
    const frames = talk(said, outside(SERVER, 443));
    const at2 = frames.findIndex(({ data }) => data.length > 1400);
    const [first, second] = [frames[at2], frames[at2 + 2]];
    if (first === undefined || second === undefined) throw new Error('no hello');
    const orders = [
      frames,
      [...frames.slice(0, at2), { ...second, time: first.time - 1 }, ...frames.slice(at2)],
      [...frames.slice(0, at2 + 1), { ...first, time: first.time + 300 }, ...frames.slice(at2 + 1)],
    ];
    for (const order of orders) {
      const stage = new Stage().play(usual());
      for (const frame of order) stage.send(frame);
      expect(backends(stage)).toMatchObject([{ name: 'vendor.example', nameFrom: ['sni'] }]);
    }
  });

  test('what only looks like a hello in the middle names nothing', () => {
    const stage = new Stage().play(
      usual(),
      talk(
        [octets('C', 'x'.repeat(40)), octets('C', '\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03')],
        outside(SERVER, 7777),
      ),
    );
    expect(backends(stage)).toMatchObject([{ name: SERVER, nameFrom: [] }]);
  });
});
