// What is said of mail, fact by fact: an attempt, what became of it, its dialogue, each with where it went and whose it was.
import { describe, expect, it, test } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import type { Place } from '../../sensor/attribute/whereabouts.ts';
import { type MailContext, mailAttempt, mailDialogue, mailOutcome } from '../../sensor/detect/mail-findings.ts';
import { isStrange, placeFacts } from '../../sensor/detect/place-facts.ts';
import { CAMERA, GATEWAY, SECOND, START } from '../support/stage.ts';

function connectionTo(port: number, more: Partial<Connection> = {}): Connection {
  const connection = newConnection(null, { sourcePort: 40_000, destinationPort: port }, START, 7);
  const ends = { originatorMac: CAMERA.mac, originatorIp: CAMERA.ip, responderIp: '203.0.113.25' };
  return Object.assign(connection, ends, more);
}

function context(more: Partial<MailContext> = {}): MailContext {
  const told = { sender: 'thing', stage: 'attempt', time: START + SECOND, place: null, servers: 3 } as const;
  return { device: CAMERA.mac, ...told, ...more };
}

const DESTINATION = { ip: '203.0.113.25', port: 25, name: null };
const NOTHING_YET = { connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };

test('an attempt, whole', () => {
  const connection = connectionTo(25);
  const burst = { attempts: 20, servers: 4, minutes: 2, silentBefore: true };
  expect(mailAttempt(connection, context(), burst)).toEqual({
    kind: 'mail_started',
    severity: 'high',
    stage: 'attempt',
    device: CAMERA.mac,
    portClass: '25',
    time: START + SECOND,
    about: connection,
    destination: DESTINATION,
    evidence: { lastDestination: DESTINATION, behind: undefined, burst },
    first: { firstDestination: DESTINATION, address: CAMERA.ip },
    effect: 'opens',
    add: { attempts: 1, ...NOTHING_YET },
  });
  expect(mailAttempt(connection, context(), null).evidence).not.toHaveProperty('burst');
});

test.each([
  [25, 'mail_started', '25', 'high'],
  [465, 'submission_started', 'submission', 'medium'],
  [587, 'submission_started', 'submission', 'medium'],
  [2525, 'submission_started', 'submission', 'medium'],
  [26, 'mail_started', 'odd', 'high'],
  [588, 'mail_started', 'odd', 'high'],
])('port %d is %s, class %s', (port, kind, portClass, severity) => {
  expect(mailAttempt(connectionTo(port), context(), null)).toMatchObject({ kind, portClass, severity });
});

describe('what was seen of its beginning', () => {
  it.each([
    ['its SYN', {}, {}],
    ['its answer alone, which shows when', { beganUnseen: true }, { answerOnly: true }],
    ['neither', { beganUnseen: true, isn: null }, { beganBefore: true }],
  ])('%s', (_, more, first) => {
    const told = mailAttempt(connectionTo(25, more), context(), null).first;
    expect(told).toEqual({ firstDestination: DESTINATION, address: CAMERA.ip, ...first });
    expect(mailDialogue(connectionTo(25, more), context(), {}, {}).first).toEqual({
      firstDestination: DESTINATION,
      address: CAMERA.ip,
    });
  });
});

describe('what became of it', () => {
  it.each([
    ['connected', null, null, { connected: 1 }, {}],
    ['unanswered', null, 'router', { unanswered: 1 }, {}],
    ['connected', 'unanswered', null, { connected: 1, unanswered: -1 }, {}],
    ['refused', null, null, { refused: 1 }, {}],
    ['refused', 'unanswered', 'router', { refused: 1, unanswered: -1 }, { refusedBy: 'router' }],
  ] as const)('%s after %s, by %s', (outcome, before, refusedBy, add, facts) => {
    const connection = connectionTo(25, { refusedBy: refusedBy as Connection['refusedBy'] });
    const told = mailOutcome(connection, context({ stage: 'connected' }), outcome, before);
    expect(told).toMatchObject({ effect: 'updates', severity: 'critical', stage: 'connected' });
    expect(told.add).toEqual(add);
    expect(told.evidence).toEqual({ lastDestination: DESTINATION, behind: undefined, ...facts });
  });
});

test('a dialogue adds counts and replaces facts', () => {
  const told = mailDialogue(connectionTo(25), context({ stage: 'accepted' }), { messages: 2 }, { helo: 'a b' });
  expect(told).toMatchObject({ effect: 'updates', severity: 'critical', stage: 'accepted' });
  expect(told.add).toEqual({ messages: 2 });
  expect(told.evidence).toEqual({ lastDestination: DESTINATION, behind: undefined, helo: 'a b' });
});

describe('where it went', () => {
  it.each([
    ['dns', 'mx.example'],
    ['dns-other', null],
    ['sni', null],
  ] as const)('a name from %s: expectations go by %s', (nameFrom, name) => {
    const told = mailAttempt(connectionTo(25, { name: 'mx.example', nameFrom }), context(), null);
    expect(told.destination).toEqual({ ip: '203.0.113.25', port: 25, name });
    expect(told.evidence.lastDestination).toEqual({ ip: '203.0.113.25', port: 25, name: 'mx.example' });
  });

  it('through a proxy it is what that was asked for, and the proxy is told', () => {
    const inner = {
      host: 'mx.example',
      ip: '198.51.100.25',
      port: 25,
      via: 'socks5',
      outcome: 'pending',
      clientNext: 1,
      serverNext: null,
    } as const;
    const told = mailAttempt(connectionTo(1080, { inner }), context(), null);
    expect(told).toMatchObject({ kind: 'mail_started', portClass: '25' });
    // By its name: the device never saw the address.
    expect(told.destination).toEqual({ ip: null, port: 25, name: 'mx.example' });
    expect(told.evidence.lastDestination).toEqual({
      ip: '198.51.100.25',
      port: 25,
      name: 'mx.example',
      through: { proxy: '203.0.113.25', by: 'socks5' },
    });
  });
});

describe('whose it was', () => {
  const place = (who: Place['who'], apart: boolean): Place => ({ mac: GATEWAY.mac, kind: 'repeater', who, apart });
  const behind = (who: Place['who']) => ({ mac: GATEWAY.mac, name: null, kind: 'repeater', who });

  it('an address that stands apart separates the incident, and its servers are counted', () => {
    const told = mailAttempt(connectionTo(25), context({ place: place('address', true) }), null);
    expect(told.inner).toBe(CAMERA.ip);
    expect(told.evidence).toEqual({
      lastDestination: DESTINATION,
      behind: behind('address'),
      innerAddress: CAMERA.ip,
      servers: 3,
    });
  });

  it('a client behind a repeater is told of as behind it, and is itself', () => {
    const told = mailAttempt(connectionTo(25), context({ place: place('client', false) }), null);
    expect(told).not.toHaveProperty('inner');
    expect(told.evidence).toEqual({ lastDestination: DESTINATION, behind: behind('client') });
    expect([null, place('client', false), place('perhaps', true), place('address', true)].map(isStrange)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(placeFacts(null, CAMERA.ip)).toEqual({ evidence: { behind: undefined } });
  });

  it.each([
    ['a MAC that no interface has', '01:00:5e:00:00:01', true],
    ['its own', CAMERA.mac, false],
    ['its own, which no interface has', null, false],
    ["a repeater's", GATEWAY.mac, false],
  ])('frames with %s', (_, originatorMac, isForged) => {
    const told = mailAttempt(connectionTo(25, { originatorMac }), context(), null);
    expect(told.evidence.forgedMac).toBe(isForged ? originatorMac : undefined);
  });

  it('a device that itself has such a MAC forged none', () => {
    const mac = '01:00:5e:00:00:01';
    const told = mailAttempt(connectionTo(25, { originatorMac: mac }), context({ device: mac }), null);
    expect(told.evidence).not.toHaveProperty('forgedMac');
  });
});
