// Step by step through one mail connection: what counts as an attempt, what is said of it when, and what is remembered.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection } from '../../sensor/attribute/connection.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { TCP_FLAGS, type Tcp } from '../../sensor/decode/packet.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { MailDetector } from '../../sensor/detect/mail.ts';
import { CAMERA, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, remembering, surroundings, take } from '../support/surroundings.ts';

let around: Around;
let detector: MailDetector;
let camera: Device;

beforeEach(() => {
  around = surroundings();
  detector = new MailDetector(around);
  camera = deviceIn(around, CAMERA);
});

const SERVER = { mac: GATEWAY.mac, ip: MAIL_SERVER };

function connectionTo(port: number, more: Partial<Connection> = {}): Connection {
  return connectionBetween(CAMERA, SERVER, port, { way: 'outbound', ...more });
}

type Inner = NonNullable<Connection['inner']>;
const inner = (more: Partial<Inner> = {}): Inner => ({
  ...{ host: 'mx.example.net', ip: '203.0.113.99', port: 25, via: 'socks5', outcome: 'pending' },
  ...{ clientNext: 1, serverNext: 1 },
  ...more,
});

function segmentOf(text: string, more: Partial<Tcp> = {}): Tcp {
  const payload = Buffer.from(text);
  const ports = { sourcePort: 40_000, destinationPort: 25 };
  const flags = TCP_FLAGS.ack | TCP_FLAGS.psh;
  return {
    ...ports,
    sequence: 1,
    acknowledgement: 1,
    flags,
    window: 1,
    payload,
    payloadLength: payload.length,
    ...more,
  };
}

function opens(connection = connectionTo(25), time = START, device = camera): Finding[] {
  detector.opened(device, connection, time);
  return take(around);
}

/** Counts the octets, as the connection table does before it hands a segment on. */
function says(
  connection: Connection,
  text: string,
  from: 'originator' | 'responder',
  time = START,
  more?: Partial<Tcp>,
) {
  const counter = from === 'originator' ? connection.up : connection.down;
  const sequence = (from === 'originator' ? (connection.isn ?? 0) + 1 : 1) + counter.total;
  counter.total += text.length;
  detector.segment(camera, connection, segmentOf(text, { sequence, ...more }), from, time);
  return take(around);
}

const settles = (connection: Connection, outcome: Connection['outcome'], more: Partial<Connection> = {}) => {
  Object.assign(connection, { outcome, ...more });
  detector.settled(camera, connection, START + SECOND);
  return take(around);
};
const said = (findings: Finding[]) => findings.map(({ effect, stage }) => `${effect} ${stage}`);
const ofPhone = () => {
  camera.hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: START, lastSeen: START });
  camera.identity.userAgent = 'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)';
};
/** Others send from the MAC of the camera: what comes from this address is somebody's behind it. */
const others = () => {
  for (const last of [210, 211]) around.devices.lease(camera, `192.168.1.${last}`, START, 'on-link');
};

describe('an attempt is', () => {
  it.each([
    ['a SYN to port 25', 25, {}, true],
    ['a SYN to a submission port', 587, {}, true],
    ['none to another port', 443, {}, false],
    ['none within the home', 25, { way: 'local' }, false],
    ['none from outside', 25, { way: 'inbound' }, false],
  ] as const)('%s', (_, port, more, counts) => {
    const connection = connectionTo(port, more);
    expect(said(opens(connection))).toEqual(counts ? ['opens attempt'] : []);
    expect(connection.mailAttempt).toBe(counts);
    expect(camera.mail.attempts).toBe(counts ? 1 : 0);
  });

  it('counted in the totals and in the hour, and its server remembered', () => {
    opens();
    expect([...camera.activity]).toEqual([{ hour: Math.floor(START / HOUR), connections: 0, mailAttempts: 1 }]);
    expect([...camera.mail.destinations.values()]).toMatchObject([{ ip: MAIL_SERVER, port: 25, attempts: 1 }]);
    expect(detector.memory.takeChanged()).toEqual([
      { mac: CAMERA.mac, value: { '25': { servers: [[MAIL_SERVER, START]], recipients: 0, since: START } } },
    ]);
    opens(connectionTo(25, { name: 'mx1.example.net', nameFrom: 'dns' }), START + 1);
    expect(detector.memory.get(CAMERA.mac)?.['25']?.servers.at(-1)).toEqual(['example.net', START + 1]);
  });

  it('with what had become of it by then', () => {
    expect(
      opens(connectionTo(25, { outcome: 'connected' })).map(({ add, effect, stage }) => [effect, stage, add]),
    ).toEqual([
      ['opens', 'connected', { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 }],
      ['updates', 'connected', { connected: 1 }],
    ]);
    expect(camera.mail).toMatchObject({ attempts: 1, connected: 1 });
    expect(said(opens(connectionTo(25, { outcome: 'refused' })))).toEqual(['opens attempt', 'updates attempt']);
    expect(said(opens(connectionTo(25, { outcome: 'unseen' })))).toEqual(['opens attempt']);
  });
});

describe('what becomes of an attempt', () => {
  it.each([
    ['connected', 'connected'],
    ['refused', 'attempt'],
    ['unanswered', 'attempt'],
  ] as const)('%s: stage %s', (outcome, stage) => {
    const connection = connectionTo(25);
    opens(connection);
    const [told, ...more] = settles(connection, outcome);
    expect(more).toEqual([]);
    expect(told).toMatchObject({ effect: 'updates', stage, time: START + SECOND, about: connection });
    expect(told?.add).toEqual({ [outcome]: 1 });
    expect(camera.mail).toMatchObject({ attempts: 1, [outcome]: 1 });
  });

  it('a late answer outweighs the deadline', () => {
    const connection = connectionTo(25);
    opens(connection);
    settles(connection, 'unanswered');
    expect(settles(connection, 'connected', { outcomeBefore: 'unanswered' })[0]?.add).toEqual({
      connected: 1,
      unanswered: -1,
    });
    expect(camera.mail).toMatchObject({ connected: 1, unanswered: 0 });
    const other = connectionTo(25);
    opens(other);
    expect(settles(other, 'connected', { outcomeBefore: 'pending' })[0]?.add).toEqual({ connected: 1 });
  });

  it.each([
    ['of no attempt', connectionTo(443), 'connected'],
    [
      'through a proxy, whose own answer says nothing',
      connectionTo(1080, { mailAttempt: true, inner: inner() }),
      'connected',
    ],
    ['that is still open', connectionTo(25, { mailAttempt: true }), 'pending'],
    ['that was not seen', connectionTo(25, { mailAttempt: true }), 'unseen'],
  ] as const)('nothing %s', (_, connection, outcome) => {
    expect(settles(connection, outcome)).toEqual([]);
  });
});

describe('a name from its TLS hello', () => {
  it('is told of an attempt', () => {
    const connection = connectionTo(465);
    opens(connection);
    Object.assign(connection, { name: 'smtp.example.net', nameFrom: 'sni' });
    detector.named(camera, connection, START + 1);
    expect(take(around)).toMatchObject([{ effect: 'updates', stage: 'attempt', time: START + 1, add: {} }]);
    connection.outcome = 'connected';
    detector.named(camera, connection, START + 2);
    expect(take(around)).toMatchObject([
      { stage: 'connected', evidence: { lastDestination: { name: 'smtp.example.net' } } },
    ]);
    expect([...camera.mail.destinations.values()]).toMatchObject([{ name: 'smtp.example.net', nameFrom: 'sni' }]);
  });

  it.each([
    ['of another connection', { mailAttempt: false, nameFrom: 'sni' }],
    ['from DNS', { mailAttempt: true, nameFrom: 'dns' }],
  ] as const)('not %s', (_, more) => {
    detector.named(camera, connectionTo(465, { name: 'smtp.example.net', ...more }), START);
    expect(take(around)).toEqual([]);
  });
});

describe('a connection whose beginning was not captured', () => {
  it('to a mail port counts with whatever comes of it, once', () => {
    const connection = connectionTo(587, { isn: null, beganUnseen: true, outcome: 'unseen' });
    expect(said(says(connection, 'x', 'originator'))).toEqual(['opens attempt']);
    expect(said(says(connection, 'x', 'originator'))).toEqual([]);
    expect(camera.mail.attempts).toBe(1);
  });

  it('and whose SYN comes after its answer lacks nothing', () => {
    const connection = connectionTo(25, { beganUnseen: true, outcome: 'connected' });
    opens(connection);
    expect(says(connection, '', 'originator', START + 1, { flags: TCP_FLAGS.syn | TCP_FLAGS.ack })).toEqual([]);
    expect(says(connection, '', 'originator', START + 1, { flags: TCP_FLAGS.ack })).toEqual([]);
    expect(says(connection, '', 'originator', START + 1, { flags: TCP_FLAGS.rst })).toEqual([]);
    const [told, ...more] = says(connection, '', 'originator', START + 2, { flags: TCP_FLAGS.syn });
    expect(more).toEqual([]);
    expect(told).toMatchObject({ effect: 'updates', stage: 'connected', add: {}, evidence: { answerOnly: false } });
    expect(connection.beganUnseen).toBe(false);
    expect(says(connection, '', 'originator', START + 3, { flags: TCP_FLAGS.syn })).toEqual([]);
    const pending = connectionTo(25, { beganUnseen: true });
    opens(pending);
    expect(says(pending, '', 'originator', START + 2, { flags: TCP_FLAGS.syn })).toMatchObject([{ stage: 'attempt' }]);
  });
});

describe('SMTP on an odd port', () => {
  const HELLO = 'EHLO thing\r\n';
  const BANNER = '220 mx.example ESMTP\r\n';

  it.each([
    ['a hello of the client', HELLO, 'originator', true],
    ['a banner of the server', BANNER, 'responder', true],
    ['a banner of the client', BANNER, 'originator', false],
    ['a hello of the server', HELLO, 'responder', false],
    ['anything else', 'GET / HTTP/1.1\r\n', 'originator', false],
  ] as const)('%s', (_, text, from, counts) => {
    const connection = connectionTo(8025, { outcome: 'connected' });
    expect(says(connection, text, from).length > 0).toBe(counts);
    expect(connection.mailAttempt).toBe(counts);
  });

  it('past the first octets both sides have to speak it', () => {
    const connection = connectionTo(8025, { outcome: 'connected' });
    says(connection, 'hm', 'originator');
    says(connection, 'hm', 'responder');
    expect(says(connection, HELLO, 'originator')).toEqual([]);
    expect(says(connection, HELLO, 'originator')).toEqual([]);
    expect(said(says(connection, BANNER, 'responder'))[0]).toBe('opens connected');
    const other = connectionTo(8025, { outcome: 'connected' });
    says(other, 'hm', 'originator');
    // The first octets of this side.
    expect(says(other, BANNER, 'responder').length).toBeGreaterThan(0);
  });

  it('of the server is past its first octets by what the server has sent', () => {
    const connection = connectionTo(8025, { outcome: 'connected' });
    connection.down.total = 500;
    expect(says(connection, BANNER, 'responder')).toEqual([]);
  });

  it('within the home is nothing', () => {
    expect(says(connectionTo(8025, { way: 'local' }), HELLO, 'originator')).toEqual([]);
    expect(says(connectionTo(25, { way: 'local' }), HELLO, 'originator')).toEqual([]);
  });
});

describe('a dialogue', () => {
  const talk = (connection: Connection, lines: readonly string[]) =>
    lines.flatMap((line) =>
      says(connection, `${line.slice(3)}\r\n`, line.startsWith('C') ? 'originator' : 'responder'),
    );
  const LINES = [
    ...['S: 220 mx', 'C: EHLO a', 'S: 250 mx', 'C: MAIL FROM:<a@b.example>', 'S: 250 ok'],
    ...['C: RCPT TO:<c@d.example>', 'S: 250 ok', 'C: RCPT TO:<e@d.example>', 'S: 250 ok'],
    ...['C: DATA', 'S: 354 go', 'C: x', 'C: .', 'S: 250 taken'],
  ];

  it('counts what is accepted, in the totals and over a restart', () => {
    const connection = connectionTo(25, { outcome: 'connected' });
    opens(connection);
    detector.memory.takeChanged();
    talk(connectionTo(25, { mailAttempt: true, outcome: 'connected' }), LINES.slice(0, 3));
    expect(detector.memory.takeChanged()).toEqual([]);
    const told = talk(connection, LINES);
    const sum = (key: string) => told.reduce((total, { add }) => total + (add[key] ?? 0), 0);
    expect([sum('messages'), sum('recipients')]).toEqual([1, 2]);
    expect(told.filter(({ stage }) => stage === 'accepted')).toMatchObject([{ add: { messages: 1 } }]);
    expect(new Set(said(told))).toEqual(new Set(['updates connected', 'updates accepted']));
    expect(told.at(-1)?.evidence.dialogue).toBeDefined();
    expect(camera.mail).toMatchObject({ messages: 1, recipients: 2 });
    expect(detector.memory.takeChanged()).toMatchObject([{ value: { '25': { recipients: 2 } } }]);
    detector.ended(camera, connection, START + MINUTE);
    expect(take(around)).toEqual([]);
  });

  it('to ten recipients fans out, also after a restart', () => {
    const connection = connectionTo(25, { outcome: 'connected' });
    opens(connection);
    const rcpt = ['C: RCPT TO:<c@d.example>', 'S: 250 ok'];
    const told = talk(connection, [...LINES.slice(0, 5), ...Array.from({ length: 9 }, () => rcpt).flat()]);
    expect(told.some(({ stage }) => stage === 'fan-out')).toBe(false);
    expect(talk(connection, rcpt).at(-1)).toMatchObject({ stage: 'fan-out', add: { recipients: 1 } });
    detector = remembering(detector, new MailDetector(around));
    expect(said(opens())).toEqual(['opens fan-out']);
  });

  it('is followed no more once it has ended', () => {
    const connection = connectionTo(25, { outcome: 'connected' });
    opens(connection);
    talk(connection, LINES.slice(0, 5));
    detector.ended(camera, connection, START + MINUTE);
    expect(talk(connection, LINES.slice(5)).every(({ add }) => (add.messages ?? 0) === 0)).toBe(true);
  });
});

describe('many servers', () => {
  const to = (count: number, port: number) =>
    Array.from({ length: count }, (_, i) => opens(connectionTo(port, { responderIp: `203.0.113.${i}` }))).flat();

  it('five are fan-out of a thing', () => {
    expect(said(to(5, 25))).toEqual([...Array(4).fill('opens attempt'), 'opens fan-out']);
  });

  it('of a telephone at its providers only twenty', () => {
    ofPhone();
    expect(said(to(20, 587))).toEqual([...Array(19).fill('opens attempt'), 'opens fan-out']);
    expect(take(around)).toEqual([]);
  });
});

describe('twenty attempts within ten minutes', () => {
  const burst = (count: number, from: string, device = camera, time = START) =>
    Array.from({ length: count }, (_, i) => opens(connectionTo(25, { originatorIp: from }), time + i, device))
      .flat()
      .map(({ evidence }) => evidence.burst);

  it('are a burst, which goes on over a clock that was put right', () => {
    expect(burst(20, CAMERA.ip).filter((one) => one !== undefined)).toEqual([
      { attempts: 20, servers: 1, minutes: 1, silentBefore: true },
    ]);
    detector.moveTime({ since: START, until: START, by: HOUR });
    expect(burst(1, CAMERA.ip, camera, START + HOUR + MINUTE)).toMatchObject([{ attempts: 21 }]);
  });

  it('of each device by itself', () => {
    burst(19, CAMERA.ip);
    expect(burst(1, FRIDGE.ip, deviceIn(around, FRIDGE))).toEqual([undefined]);
    expect(burst(1, CAMERA.ip)).toMatchObject([{ attempts: 20 }]);
  });

  it('of each address that stands apart by itself', () => {
    others();
    burst(19, '192.168.1.210');
    expect(burst(1, '192.168.1.211')).toEqual([undefined]);
    expect(burst(1, CAMERA.ip)).toEqual([undefined]);
    expect(burst(1, '192.168.1.210')).toMatchObject([{ attempts: 20 }]);
    expect(Object.keys(detector.memory.get(CAMERA.mac)?.inner ?? {})).toEqual(['192.168.1.210', '192.168.1.211']);
  });

  it('of a device that is not kept are none', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    if (fridge === null) throw new Error('nobody');
    expect(burst(25, FRIDGE.ip, fridge).every((one) => one === undefined)).toBe(true);
  });
});

describe('through a proxy', () => {
  const asks = (connection: Connection, time = START) => {
    detector.tunnelled(camera, connection, time);
    return take(around);
  };

  it('it is asked for a mail server: an attempt; then what becomes of it', () => {
    const connection = connectionTo(1080, { outcome: 'connected', inner: inner() });
    expect(asks(connection)).toMatchObject([
      { effect: 'opens', stage: 'attempt', portClass: '25', evidence: { lastDestination: { name: 'mx.example.net' } } },
    ]);
    expect(asks(connection)).toEqual([]);
    connection.inner = inner({ outcome: 'refused' });
    expect(asks(connection, START + 1)).toMatchObject([{ effect: 'updates', add: { refused: 1 }, time: START + 1 }]);
  });

  it.each([
    ['a host of the home', inner({ host: '192.168.1.9' })],
    ['another port', inner({ port: 443 })],
    ['nothing', null],
  ])('for %s is nothing', (_, what) => {
    expect(asks(connectionTo(1080, { inner: what }))).toEqual([]);
  });

  it('within the home, too, which is one that its clients use', () => {
    const connection = connectionTo(1080, { way: 'local', inner: inner() });
    expect(said(asks(connection))).toEqual(['opens attempt']);
  });

  it('what comes back says that it has got through', () => {
    const connection = connectionTo(1080, { way: 'local', outcome: 'connected', inner: inner() });
    asks(connection);
    expect(says(connection, 'hm', 'responder')).toEqual([]);
    const told = says(connection, '220 mx ESMTP\r\n', 'responder', START + 1);
    expect(told[0]).toMatchObject({ effect: 'updates', stage: 'connected', add: { connected: 1 } });
    expect(connection.inner?.outcome).toBe('connected');
    expect(says(connection, 'EHLO a\r\n', 'originator').some(({ add }) => 'connected' in add)).toBe(false);
  });

  it('SMTP for another port of it counts whenever it comes', () => {
    const connection = connectionTo(1080, { outcome: 'connected', inner: inner({ port: 8025, outcome: 'connected' }) });
    connection.up.total = 500;
    expect(said(says(connection, 'EHLO a\r\n', 'originator'))[0]).toBe('opens connected');
    const inside = connectionTo(1080, { inner: inner({ host: '192.168.1.9', port: 8025 }) });
    expect(says(inside, 'EHLO a\r\n', 'originator')).toEqual([]);
  });

  it('whose beginning was not captured counts with whatever comes of it', () => {
    const connection = connectionTo(1080, { outcome: 'connected', inner: inner({ outcome: 'connected' }) });
    expect(said(says(connection, 'x', 'originator'))[0]).toBe('opens connected');
  });

  it('the dialogue begins where the proxy was done', () => {
    const begun = inner({ outcome: 'connected', clientNext: 108, serverNext: 51 });
    const connection = connectionTo(1080, { outcome: 'connected', inner: begun });
    Object.assign(connection.up, { total: 100 });
    Object.assign(connection.down, { total: 50 });
    asks(connection);
    says(connection, '220 mx ESMTP\r\n', 'responder');
    const told = says(connection, 'EHLO a\r\n', 'originator');
    expect(told).toMatchObject([{ evidence: { dialogue: { bannerSeen: true, helloSeen: true } } }]);
  });

  it('an end without an answer is none', () => {
    const connection = connectionTo(1080, { inner: inner() });
    asks(connection);
    detector.ended(camera, connection, START + 5);
    expect(take(around)).toMatchObject([{ effect: 'updates', add: { unanswered: 1 }, time: START + 5 }]);
    expect(connection.inner?.outcome).toBe('unanswered');
    detector.ended(camera, connection, START + 6);
    detector.ended(camera, connectionTo(1080, { inner: inner({ port: 443 }) }), START + 6);
    const direct = connectionTo(25);
    opens(direct);
    detector.ended(camera, direct, START + 6);
    expect(take(around)).toEqual([]);
  });
});

describe('what shows later', () => {
  const looks = (time: number) => {
    detector.tick(time);
    return take(around);
  };

  it.each([
    [{}, 'attempt'],
    [{ outcome: 'connected' }, 'connected'],
  ] as const)('that a device is a telephone, of submission, asked once a minute: %j', (more, stage) => {
    looks(START);
    const connection = connectionTo(587, more);
    expect(opens(connection)[0]?.severity).toBe('medium');
    ofPhone();
    expect(looks(START + MINUTE - 1)).toEqual([]);
    expect(looks(START + MINUTE)).toMatchObject([
      { effect: 'updates', severity: 'info', stage, about: connection, time: START + MINUTE, add: {} },
    ]);
    expect(looks(START + 2 * MINUTE)).toEqual([]);
  });

  it('of port 25 says nothing, nor of what was a telephone from the first', () => {
    opens(connectionTo(25));
    ofPhone();
    opens(connectionTo(587));
    expect(looks(START + MINUTE)).toEqual([]);
  });

  it('of a thing that stays one nothing is said; of one that was forgotten neither', () => {
    opens(connectionTo(587));
    expect(looks(START + MINUTE)).toEqual([]);
    around.devices.forget(CAMERA.mac);
    ofPhone();
    expect(looks(START + 2 * MINUTE)).toEqual([]);
    deviceIn(around, CAMERA);
    expect(looks(START + 3 * MINUTE)).toEqual([]);
  });

  it('of one that is not kept nothing waits', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    if (fridge === null) throw new Error('nobody');
    opens(connectionTo(587), START, fridge);
    fridge.hostnames.push({ name: 'iPad', from: 'mdns', firstSeen: START, lastSeen: START });
    fridge.identity.userAgent = 'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)';
    expect(looks(START + MINUTE)).toEqual([]);
  });

  it('a clock that was set back is not waited for, and the end of the capture waits no longer', () => {
    looks(START + HOUR);
    opens(connectionTo(587));
    ofPhone();
    expect(looks(START + HOUR + MINUTE - 1)).toEqual([]);
    expect(looks(START + HOUR)).toHaveLength(1);
    camera.hostnames.length = 0;
    camera.identity.userAgent = null;
    opens(connectionTo(587));
    ofPhone();
    detector.finish(START + HOUR + 1);
    expect(take(around)).toHaveLength(1);
  });

  const settledLater = (more: Partial<Connection> = {}) => {
    const connection = connectionTo(25, more);
    opens(connection);
    return connection;
  };

  it.each([
    [{}, 'attempt'],
    [{ outcome: 'connected' }, 'connected'],
  ] as const)('that others are behind the MAC is told of the mail before: %j', (more, stage) => {
    around.devices.lease(camera, '192.168.1.209', START, 'on-link');
    const connection = settledLater({ originatorIp: '192.168.1.209', ...more });
    expect(looks(START + MINUTE)).toEqual([]);
    others();
    expect(looks(START + 2 * MINUTE)).toMatchObject([
      { effect: 'updates', stage, inner: '192.168.1.209', about: connection, time: START + 2 * MINUTE, add: {} },
    ]);
    expect(looks(START + 3 * MINUTE)).toEqual([]);
  });

  it.each([
    ['within the hour', HOUR, 1],
    ['later', HOUR + 1, 0],
  ])('and that %s', (_, after, count) => {
    around.devices.lease(camera, '192.168.1.209', START, 'on-link');
    settledLater({ originatorIp: '192.168.1.209' });
    expect(looks(START + after - MINUTE)).toEqual([]);
    if (count === 0) expect(looks(START + after)).toEqual([]);
    for (const last of [210, 211]) around.devices.lease(camera, `192.168.1.${last}`, START + after, 'on-link');
    around.devices.lease(camera, '192.168.1.209', START + after, 'on-link');
    expect(looks(START + after + (count === 0 ? MINUTE : 0))).toHaveLength(count);
  });

  it('of a device that was forgotten nothing', () => {
    around.devices.lease(camera, '192.168.1.209', START, 'on-link');
    settledLater({ originatorIp: '192.168.1.209', openedBy: null });
    others();
    expect(looks(START + MINUTE)).toEqual([]);
  });
});

test('who is behind a MAC is a thing, whatever the MAC is', () => {
  ofPhone();
  others();
  expect(opens(connectionTo(587, { originatorIp: '192.168.1.210' }))).toMatchObject([
    { severity: 'medium', inner: '192.168.1.210', evidence: { innerAddress: '192.168.1.210', servers: 1 } },
  ]);
  const second = connectionTo(587, { originatorIp: '192.168.1.210', responderIp: '203.0.113.77' });
  expect(opens(second)).toMatchObject([{ evidence: { servers: 2 } }]);
  expect(opens(connectionTo(587))).toMatchObject([{ severity: 'info' }]);
  expect([detector.name, detector.ways]).toEqual(['mail', ['outbound', 'local']]);
});
