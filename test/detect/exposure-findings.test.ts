// What is said of each open door, whole; which answers count, what is remembered, and which use of it was a login.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { ExposureDetector } from '../../sensor/detect/exposure.ts';
import { CAMERA, FRIDGE, GATEWAY, MINUTE, SECOND, START } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, remembering, surroundings, take } from '../support/surroundings.ts';

const STRANGER = '198.51.100.77';

let around: Around;
let detector: ExposureDetector;
let camera: Device;

beforeEach(() => {
  around = surroundings();
  detector = new ExposureDetector(around);
  camera = deviceIn(around, CAMERA);
});

function inbound(port: number, more: Partial<Connection> = {}, ip = STRANGER): Connection {
  const answered = { way: 'inbound', outcome: 'connected' } as const;
  return connectionBetween({ mac: GATEWAY.mac, ip }, CAMERA, port, { ...answered, ...more });
}

function reached(port: number, more: Partial<Connection> = {}, ip = STRANGER, time = START) {
  detector.settled(camera, inbound(port, more, ip), time);
  return take(around);
}

function says(connection: Connection, text: string, from: 'originator' | 'responder', time = START) {
  const payload = Buffer.from(text);
  const ports = { sourcePort: 40_000, destinationPort: connection.responderPort };
  const tcp = { ...ports, sequence: 1, acknowledgement: 1, flags: 0x18, window: 1, payload };
  detector.segment(camera, connection, { ...tcp, payloadLength: payload.length }, from, time);
  return take(around);
}

const known = () => detector.memory.get(CAMERA.mac);
const logins = () => camera.timeline.filter(({ kind }) => kind === 'remote_login');
const SSH = 'SSH-2.0-dropbear\r\n';
const HTTP = 'HTTP/1.1 200 OK\r\n\r\n';
const LOGIN = 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\n\r\n';

test('an answer to a stranger, whole, with what is remembered', () => {
  const connection = inbound(8080);
  detector.settled(camera, connection, START + SECOND);
  expect(around.told).toEqual([
    {
      device: camera,
      finding: {
        kind: 'exposed',
        severity: 'medium',
        device: CAMERA.mac,
        portClass: 'http',
        time: START + SECOND,
        effect: 'opens',
        about: connection,
        destination: { ip: STRANGER, port: 8080, name: null },
        evidence: {
          service: 'http',
          ports: [8080],
          lastSource: STRANGER,
          sources: 1,
          unansweredScans: 0,
          behind: undefined,
        },
        first: { firstSource: STRANGER, address: CAMERA.ip },
        add: { connections: 1 },
      },
    },
  ]);
  take(around);
  expect(camera.timeline).toEqual([
    {
      time: START + SECOND,
      kind: 'inbound_connection',
      name: null,
      nameFrom: null,
      ip: STRANGER,
      role: null,
      detail: { port: 8080, service: 'http' },
    },
  ]);
  const value = { services: { http: [8080] }, spoken: {}, scans: 0, sources: [STRANGER] };
  expect(detector.memory.takeChanged()).toEqual([{ mac: CAMERA.mac, value }]);
  // The same again is told and not stored again; a new port and a new source are.
  expect(reached(8080)).toHaveLength(1);
  expect(detector.memory.takeChanged()).toEqual([]);
  expect(reached(80)[0]?.evidence).toMatchObject({ ports: [80, 8080], sources: 1 });
  expect(detector.memory.takeChanged()).toHaveLength(1);
  expect(reached(80, {}, '203.0.113.9')[0]?.evidence).toMatchObject({ lastSource: '203.0.113.9', sources: 2 });
  expect(detector.memory.takeChanged()).toHaveLength(1);
});

describe('nothing is said', () => {
  it.each([
    ['of what goes out', { way: 'outbound' }, STRANGER],
    ['of what stays inside', { way: 'local' }, STRANGER],
    ['of who comes from the address of the home', {}, '198.51.100.9'],
  ] as const)('%s', (_, more, ip) => {
    around.home.toldPublic('198.51.100.9');
    expect(reached(22, more, ip)).toEqual([]);
    expect(known()).toBeUndefined();
  });

  it('of the router', () => {
    camera.role = 'gateway';
    expect(reached(22)).toEqual([]);
    expect(known()).toBeUndefined();
  });

  it('of words on a connection that goes out, nor of empty segments', () => {
    reached(40_022);
    expect(says(inbound(40_022, { way: 'outbound' }), SSH, 'responder')).toEqual([]);
    const connection = inbound(40_022);
    expect(says(connection, '', 'responder')).toEqual([]);
    // The first words are still to come.
    expect(says(connection, SSH, 'responder')).toHaveLength(1);
  });
});

describe('who calls back for active FTP was invited', () => {
  const opens = (more: Partial<Connection> = {}, port = 21, device = camera) =>
    detector.opened(
      device,
      connectionBetween(CAMERA, { mac: GATEWAY.mac, ip: STRANGER }, port, { way: 'outbound', ...more }),
    );
  const calls = (originatorPort = 20, ip = STRANGER) => reached(50_000, { originatorPort }, ip).length;

  it.each([
    ['the server', () => opens(), [20, STRANGER], 0],
    ['the server, from another port', () => opens(), [21, STRANGER], 1],
    ['another', () => opens(), [20, '203.0.113.9'], 1],
    ['one that was asked on another port', () => opens({}, 22), [20, STRANGER], 1],
    ['one that called first', () => opens({ way: 'inbound' }), [20, STRANGER], 1],
    ['one that another device had called', () => opens({}, 21, deviceIn(around, FRIDGE)), [20, STRANGER], 1],
  ] as const)('%s', (_, play, [port, ip], count) => {
    play();
    expect(calls(port, ip)).toBe(count);
  });

  it('of the 512 latest', () => {
    opens();
    for (let i = 0; i < 511; i++) opens({ responderIp: `203.0.${i >> 8}.${i & 255}` });
    expect(calls()).toBe(0);
    opens({ responderIp: '203.0.113.250' });
    expect(calls()).toBe(1);
  });
});

describe('what nobody answers', () => {
  it('is counted, to the card with the first and every hundredth after', () => {
    const stored = Array.from({ length: 202 }, (_, i) => i + 1).filter(() => {
      expect(reached(22, { outcome: 'unanswered' })).toEqual([]);
      return detector.memory.takeChanged().length > 0;
    });
    expect(stored).toEqual([1, 101, 201]);
    expect(reached(22)[0]?.evidence.unansweredScans).toBe(202);
    expect(known()).toMatchObject({ scans: 202, sources: [STRANGER] });
  });

  it('or refuses, too', () => {
    reached(22, { outcome: 'refused' });
    expect(known()).toEqual({ services: {}, spoken: {}, scans: 1, sources: [] });
    expect(camera.timeline).toEqual([]);
  });
});

describe('of one device', () => {
  it('sixteen ports of a service are shown, in order, each once', () => {
    for (let i = 0; i < 18; i++) reached(40_017 - i);
    expect(reached(40_017)[0]?.evidence.ports).toEqual(Array.from({ length: 16 }, (_, i) => 40_002 + i));
    detector.memory.takeChanged();
    reached(40_000);
    expect(detector.memory.takeChanged()).toEqual([]);
  });

  it('256 strangers are told apart', () => {
    for (let i = 0; i < 255; i++) reached(80, {}, `203.0.113.${i}`);
    expect(reached(80, {}, '192.0.2.1')[0]?.evidence.sources).toBe(256);
    detector.memory.takeChanged();
    expect(reached(80, {}, '192.0.2.2')[0]?.evidence).toMatchObject({ sources: 256, lastSource: '192.0.2.2' });
    expect(detector.memory.takeChanged()).toEqual([]);
  });

  it('services are told of by themselves', () => {
    reached(80);
    expect(reached(22)).toMatchObject([{ portClass: 'ssh', severity: 'high', evidence: { ports: [22], sources: 1 } }]);
    expect(known()?.services).toEqual({ http: [80], ssh: [22] });
  });

  it('that was not kept before, what was seen first is remembered', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    if (fridge === null) throw new Error('nobody');
    detector.settled(fridge, inbound(80), START);
    detector.settled(fridge, inbound(8080), START);
    expect(take(around)[1]?.evidence.ports).toEqual([80, 8080]);
    expect(around.devices.isKept(FRIDGE.mac)).toBe(true);
  });

  it('that nobody knows and nobody reaches, nothing is kept', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    if (fridge === null) throw new Error('nobody');
    detector.settled(fridge, inbound(80, { outcome: 'unanswered' }), START);
    expect(around.devices.isKept(FRIDGE.mac)).toBe(false);
  });

  it('behind a MAC that carries others it is told whose door it was', () => {
    camera.path.behind = FRIDGE.mac;
    expect(reached(80)[0]?.evidence.behind).toMatchObject({ mac: FRIDGE.mac, who: 'client' });
  });
});

describe("the device's own first words", () => {
  it('change what was told, and are remembered', () => {
    reached(40_022);
    detector.memory.takeChanged();
    const connection = inbound(40_022);
    const told = says(connection, SSH, 'responder', START + SECOND);
    expect(told).toEqual([
      {
        kind: 'exposed',
        severity: 'high',
        device: CAMERA.mac,
        portClass: 'other',
        time: START + SECOND,
        effect: 'updates',
        about: connection,
        destination: { ip: STRANGER, port: 40_022, name: null },
        evidence: {
          service: 'ssh',
          ports: [40_022],
          lastSource: STRANGER,
          sources: 1,
          unansweredScans: 0,
          behind: undefined,
        },
        first: { firstSource: STRANGER, address: CAMERA.ip },
        add: {},
      },
    ]);
    expect(detector.memory.takeChanged()).toMatchObject([{ value: { spoken: { 40022: 'ssh' } } }]);
    expect(says(inbound(40_022), SSH, 'responder')).toEqual([]);
    detector = remembering(detector, new ExposureDetector(around));
    expect(reached(40_022)).toMatchObject([{ severity: 'high', portClass: 'other', evidence: { service: 'ssh' } }]);
    expect(camera.timeline.at(-1)?.detail).toEqual({ port: 40_022, service: 'ssh' });
  });

  it('are the first alone, and what a stranger says is none', () => {
    reached(40_022);
    const connection = inbound(40_022);
    expect(says(connection, SSH, 'originator')).toEqual([]);
    expect(says(connection, 'hm', 'responder')).toEqual([]);
    expect(says(connection, SSH, 'responder')).toEqual([]);
  });

  it.each([
    [
      'on a port without a habit HTTP is what it is',
      40_080,
      HTTP,
      { portClass: 'other', evidence: { service: 'http' } },
    ],
    ['on one with a habit HTTP is how that is carried', 7547, HTTP, null],
    ['SSH is SSH wherever it is', 80, SSH, { portClass: 'http', severity: 'high', evidence: { service: 'ssh' } }],
    ['what is usual says nothing new', 22, SSH, null],
    ['what is not understood says nothing', 40_080, 'hm', null],
  ])('%s', (_, port, words, expected) => {
    reached(port);
    const told = says(inbound(port), words, 'responder');
    expect(told).toHaveLength(expected === null ? 0 : 1);
    if (expected !== null) expect(told[0]).toMatchObject(expected);
  });

  it('back to the habit take it back', () => {
    reached(554);
    says(inbound(554), SSH, 'responder');
    expect(says(inbound(554), 'hm', 'responder')).toMatchObject([
      { severity: 'medium', evidence: { service: 'rtsp' } },
    ]);
  });

  it('on a port that was not reached, or is not followed, say nothing', () => {
    expect(says(inbound(40_022), SSH, 'responder')).toEqual([]);
    reached(80);
    expect(says(inbound(40_022), SSH, 'responder')).toEqual([]);
    reached(40_001);
    expect(says(inbound(40_022), SSH, 'responder')).toEqual([]);
    expect(known()?.spoken).toEqual({});
  });

  it('name the incident by the gravest of its ports', () => {
    for (const port of [40_001, 40_080, 40_022]) reached(port);
    says(inbound(40_080), HTTP, 'responder');
    expect(reached(40_001)).toMatchObject([{ severity: 'medium', evidence: { service: 'http' } }]);
    says(inbound(40_022), SSH, 'responder');
    expect(reached(40_001)).toMatchObject([{ severity: 'high', evidence: { service: 'ssh' } }]);
  });

  it('of a port beyond those shown are heard all the same', () => {
    for (let i = 0; i < 16; i++) reached(40_000 + i);
    expect(reached(40_022)).toMatchObject([{ severity: 'medium', evidence: { service: 'other' } }]);
  });
});

describe('a program on a computer that asks to be reached', () => {
  it.each([
    [40_000, 'low'],
    [80, 'medium'],
    [22, 'high'],
  ])('on port %i is %s', (port, severity) => {
    camera.hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: START, lastSeen: START });
    camera.identity.userAgent = 'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)';
    expect(reached(port)[0]?.severity).toBe(severity);
  });
});

describe('a login', () => {
  const ends = (port: number, up: number, down: number, more: Partial<Connection> = {}) => {
    const connection = inbound(port, { openedAt: START, ...more });
    connection.up.total = up;
    connection.down.total = down;
    detector.ended(camera, connection, START + MINUTE);
    return logins().length;
  };

  it.each([
    [23, 128],
    [5555, 512],
    [22, 4096],
  ])('on port %i is %i bytes each way', (port, bytes) => {
    expect([ends(port, bytes - 1, bytes), ends(port, bytes, bytes - 1), ends(port, bytes, bytes)]).toEqual([0, 0, 1]);
  });

  it('whole', () => {
    ends(23, 200, 200);
    expect(logins()).toEqual([
      {
        time: START + MINUTE,
        kind: 'remote_login',
        name: null,
        nameFrom: null,
        ip: STRANGER,
        role: null,
        detail: { port: 23, service: 'telnet', durationMs: MINUTE },
      },
    ]);
  });

  it.each([
    [{ way: 'outbound' }, 23],
    [{ way: 'local' }, 23],
    [{ outcome: 'unanswered' }, 23],
    [{}, 80],
    [{}, 3389],
  ] as const)('is none with %j on port %i', (more, port) => {
    expect(ends(port, 10_000, 10_000, more)).toBe(0);
  });

  it('over SSH goes by what was heard', () => {
    reached(40_022);
    says(inbound(40_022), SSH, 'responder');
    expect(ends(40_022, 4096, 4096)).toBe(1);
    expect(logins()[0]?.detail.service).toBe('ssh');
  });

  it('over HTTP is in the request, once a connection', () => {
    const connection = inbound(8080, { openedAt: START });
    says(connection, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'originator', START + 1);
    expect(logins()).toEqual([]);
    says(connection, LOGIN, 'originator', START + 2);
    says(connection, LOGIN, 'originator', START + 3);
    expect(logins().map(({ detail, time }) => [detail.service, detail.port, detail.durationMs, time])).toEqual([
      ['http', 8080, 2, START + 2],
    ]);
    says(inbound(8080), LOGIN, 'originator');
    expect(logins()).toHaveLength(2);
    says(inbound(8080), LOGIN, 'responder');
    says(inbound(8080, { way: 'outbound' }), LOGIN, 'originator');
    expect(logins()).toHaveLength(2);
  });

  it('over HTTP on a port without a habit is named by what it is', () => {
    says(inbound(40_080), LOGIN, 'originator');
    says(inbound(7547), LOGIN, 'originator');
    expect(
      logins()
        .map(({ detail }) => detail.service)
        .sort(),
    ).toEqual(['http', 'tr-069']);
  });
});

test('what is remembered is read as it should be', () => {
  const whole = { services: { http: [80] }, spoken: { 80: 'ssh' }, scans: 3, sources: ['a'] };
  const read = (value: unknown) => {
    const other = new ExposureDetector(around);
    other.memory.restore(CAMERA.mac, value);
    return other.memory.get(CAMERA.mac);
  };
  expect(read(whole)).toEqual(whole);
  const { spoken: _, ...older } = whole;
  expect(read(older)).toEqual({ ...whole, spoken: {} });
  const many = (length: number) => Array.from({ length }, (_, i) => i);
  expect(read({ ...whole, services: { http: many(16) } })).toBeDefined();
  expect(read({ ...whole, services: { http: many(17) } })).toBeUndefined();
  expect(read({ ...whole, sources: many(256).map(String) })).toBeDefined();
  expect(read({ ...whole, sources: many(257).map(String) })).toBeUndefined();
  for (const key of Object.keys(whole)) expect(read({ ...whole, [key]: 'x' }), key).toBeUndefined();
  expect([detector.name, detector.ways]).toEqual(['exposure', ['inbound', 'outbound']]);
});
