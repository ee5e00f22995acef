// Whose a frame is that bears another's MAC: what is believed of clients behind a carrier, rule by rule.
import { beforeEach, describe, expect, it } from 'vitest';
import { Carriers, type Grant } from '../../sensor/attribute/carriers.ts';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { macIn } from '../../sensor/attribute/mac-address.ts';
import { DAY, GATEWAY, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';

const [CARRIER, OTHER] = ['02:ca:00:00:00:01', '02:ca:00:00:00:02'];
const IP = '192.168.1.70';
const client = (n = 1): Device => newDevice(`02:00:00:00:01:${n.toString(16).padStart(2, '0')}`, START);

let carriers: Carriers;
let camera: Device;
beforeEach(() => {
  carriers = new Carriers((mac) => mac === GATEWAY.mac);
  camera = client();
});

const granted = (device: Device, fields: Partial<Grant> = {}): void =>
  carriers.granted(device, {
    ...{ ip: IP, time: START, until: START + MINUTE, server: GATEWAY.mac },
    ...{ via: CARRIER, arrived: false, kind: 'repeater', ...fields },
  });
const carries = (device: Device, time = START, carrier = CARRIER, ip = IP): boolean =>
  carriers.carries(carrier, device, ip, time);
/** A client of the carrier that was never heard itself. */
function establish(n: number): Device {
  const device = client(n);
  granted(device, { ip: `192.168.1.${n}`, until: null });
  expect(carriers.carries(CARRIER, device, `192.168.1.${n}`, START)).toBe(true);
  return device;
}

describe('a client that was never heard itself', () => {
  it('is its carrier’s once the router gave it the address, while the lease lasts', () => {
    expect(carries(camera)).toBe(false);
    granted(camera);
    expect(carriers.hasClients(CARRIER)).toBe(false);
    expect(carries(camera, START + MINUTE + 1)).toBe(false);
    expect(carries(camera, START + MINUTE)).toBe(true);
    expect(camera.path).toEqual({
      ...{ directAt: null, behind: CARRIER, kind: 'repeater', ip: IP, until: START + MINUTE, carriers: [CARRIER] },
    });
    expect([carriers.hasClients(CARRIER), carriers.hasCarried(CARRIER, camera)]).toEqual([true, true]);
    expect([carriers.hasClients(OTHER), carriers.hasCarried(OTHER, camera)]).toEqual([false, false]);
    expect(carries(camera, START + MINUTE + 1)).toBe(false);
  });

  it.each<[string, Partial<Grant>, boolean]>([
    ['the router', {}, true],
    ['the router, for ever', { until: null }, true],
    ['the router, by way of nobody known', { via: null }, true],
    ['the router, by way of another', { via: OTHER }, false],
    ['the router, another address', { ip: '192.168.1.71' }, false],
    ['nobody known', { server: null }, false],
    ['somebody else', { server: OTHER }, false],
    ['the carrier itself', { server: CARRIER, via: null }, false],
    ['the router, to everybody', { via: 'ff:ff:ff:ff:ff:ff' }, false],
    ['the router, to itself', { via: GATEWAY.mac }, false],
  ])('is so by the word of %s: %o', (_what, fields, expected) => {
    granted(camera, fields);
    expect(carries(camera)).toBe(expected);
  });

  it('is not by the word of a carrier that may give addresses, for what it carries', () => {
    carriers = new Carriers(() => true);
    granted(camera, { server: CARRIER, via: null });
    expect([carries(camera), carries(camera, START, OTHER)]).toEqual([false, true]);
  });

  it('has one address there, and each of IPv6', () => {
    granted(camera);
    expect(carries(camera, START, CARRIER, 'fe80::1')).toBe(false);
    expect(carries(camera)).toBe(true);
    expect(carries(camera, START, CARRIER, '192.168.1.71')).toBe(false);
    expect(carries(camera, START, CARRIER, 'fe80::1')).toBe(true);
    expect(carries(camera, START + MINUTE + 1, CARRIER, 'fe80::1')).toBe(false);
    expect(carries(camera, START, OTHER, 'fe80::1')).toBe(false);
  });

  it('keeps its place with what it is given there, and not with what others say', () => {
    granted(camera);
    carries(camera);
    const taken = (fields: Partial<Grant>) => {
      granted(camera, fields);
      return camera.path.ip;
    };
    expect(taken({ ip: '192.168.1.71', server: OTHER })).toBe(IP);
    expect(taken({ ip: '192.168.1.71', via: OTHER })).toBe(IP);
    expect(taken({ ip: '192.168.1.71', server: CARRIER, via: null })).toBe(IP);
    expect(taken({ ip: '192.168.1.72', via: null, kind: 'router', until: null })).toBe('192.168.1.72');
    expect(camera.path).toMatchObject({ behind: CARRIER, kind: 'router', until: null });
    expect(taken({ ip: '192.168.1.73' })).toBe('192.168.1.73');
  });

  it('to whom two ways are told is of neither without more', () => {
    granted(camera, { via: OTHER });
    granted(camera);
    expect(carries(camera)).toBe(false);
    granted(camera);
    expect(carries(camera)).toBe(false);
    granted(camera, { arrived: true });
    expect(carries(camera)).toBe(true);
  });

  it('whose first way has ended may be told another', () => {
    granted(camera, { via: OTHER, until: START + SECOND });
    granted(camera, { time: START + SECOND + 1 });
    expect(carries(camera)).toBe(true);
    const next = client(2);
    granted(next, { via: null });
    granted(next);
    expect(carries(next)).toBe(true);
  });

  it('moves to another carrier only where the acknowledgement came in, or that has carried it or others', () => {
    granted(camera);
    carries(camera);
    granted(camera, { via: OTHER });
    expect(carries(camera, START, OTHER)).toBe(false);
    granted(camera, { via: OTHER, arrived: true });
    expect(carries(camera, START, OTHER)).toBe(true);
    expect(camera.path).toMatchObject({ behind: OTHER, carriers: [CARRIER, OTHER] });
    expect([carriers.hasClients(CARRIER), carriers.hasClients(OTHER)]).toEqual([false, true]);
    granted(camera);
    expect(carries(camera)).toBe(true);
    expect(camera.path.carriers).toEqual([OTHER, CARRIER]);
  });
});

describe('a client that was heard itself', () => {
  beforeEach(() => carriers.heard(camera, START));

  it('is behind nobody from then on', () => {
    const other = client(2);
    granted(other);
    carries(other);
    carriers.heard(other, START + 5);
    expect(other.path).toMatchObject({ directAt: START + 5, behind: null });
    expect(carriers.hasClients(CARRIER)).toBe(false);
  });

  it.each<[string, Partial<Grant>, boolean]>([
    ['and was given the address later, where it came in', { time: START + 1, arrived: true }, true],
    ['and was given it before', { time: START, arrived: true }, false],
    ['and was given it by way of nobody known', { time: START + 1, via: null, arrived: true }, false],
    ['and asked by way of the carrier', { time: START + 1 }, false],
  ])('%s', (_what, fields, expected) => {
    granted(camera, fields);
    expect(carries(camera)).toBe(expected);
  });

  it('is believed behind one that carries two others that were never heard', () => {
    granted(camera, { time: START + 1 });
    establish(11);
    expect(carries(camera)).toBe(false);
    const third = establish(12);
    carriers.heard(third, START);
    expect(carries(camera)).toBe(false);
    establish(13);
    expect(carries(camera)).toBe(true);
  });

  it('is not made one of those two by having been heard before', () => {
    granted(camera, { time: START + 1, arrived: true, until: null });
    carries(camera);
    establish(11);
    const next = client(2);
    carriers.heard(next, START);
    granted(next, { time: START + 1 });
    expect(carries(next)).toBe(false);
  });

  it('is back behind its carrier after half a minute of silence, with the address it had there', () => {
    granted(camera, { time: START + 1, arrived: true });
    carries(camera);
    carriers.heard(camera, START + SECOND);
    expect(carries(camera, START + 31 * SECOND - 1)).toBe(false);
    expect(carries(camera, START + 31 * SECOND, OTHER)).toBe(false);
    expect(carries(camera, START + 31 * SECOND, CARRIER, '192.168.1.71')).toBe(false);
    expect(carries(camera, START + MINUTE + 1)).toBe(false);
    expect(carries(camera, START + 31 * SECOND)).toBe(true);
    expect(camera.path).toMatchObject({ behind: CARRIER, ip: IP, carriers: [CARRIER] });
  });

  it('is back as well where it has carried it before and a new lease says so', () => {
    granted(camera, { time: START + 1, arrived: true });
    carries(camera);
    carriers.heard(camera, START + SECOND);
    granted(camera, { time: START + 2 * SECOND, ip: '192.168.1.71' });
    expect(carries(camera, START + 3 * SECOND, CARRIER, '192.168.1.71')).toBe(true);
  });
});

describe('what is remembered', () => {
  it('who asked, by transaction and client, of the last 256', () => {
    const asker = (transactionId: number, mac = camera.mac) => carriers.askerOf({ transactionId }, mac);
    for (let n = 0; n < 256; n++) carriers.asked(n, camera.mac, CARRIER);
    expect([asker(1), asker(1, OTHER), asker(256)]).toEqual([CARRIER, null, null]);
    carriers.asked(256, camera.mac, OTHER);
    expect([asker(0), asker(1), asker(256)]).toEqual([null, CARRIER, OTHER]);
  });

  it('the last 1,024 grants', () => {
    granted(camera);
    const others = Array.from({ length: 1024 }, (_, n) => newDevice(`02:00:00:00:${n >> 8}:${n & 255}`, START));
    for (const other of others.slice(1)) granted(other);
    expect(carries(camera)).toBe(true);
    const late = client(2);
    granted(late);
    for (const other of others) granted(other);
    expect(carries(late)).toBe(false);
  });

  it('64 clients of each of 64 carriers', () => {
    const clients = Array.from({ length: 65 }, (_, n) => client(n));
    for (const one of clients) granted(one);
    expect(clients.map((one) => carries(one))).toEqual([...Array.from({ length: 64 }, () => true), false]);
    expect(clients.slice(0, 2).map((one) => carries(one))).toEqual([true, true]);
    for (let n = 0; n < 63; n++) {
      const via = `02:cb:00:00:00:${n.toString(16).padStart(2, '0')}`;
      const one = client(100 + n);
      granted(one, { via });
      carries(one, START, via);
    }
    expect(carriers.hasClients(CARRIER)).toBe(true);
    const one = client(99);
    granted(one, { via: OTHER });
    carries(one, START, OTHER);
    expect([carriers.hasClients(CARRIER), carriers.hasClients(OTHER)]).toEqual([false, true]);
  });

  it('four carriers of each client, the newest last', () => {
    for (let n = 0; n < 5; n++) {
      const via = `02:cb:00:00:00:0${n}`;
      granted(camera, { via, arrived: true });
      carries(camera, START, via);
    }
    expect(camera.path.carriers).toEqual([1, 2, 3, 4].map((n) => `02:cb:00:00:00:0${n}`));
  });

  it('32 addresses without a MAC, of which those that are surely another’s are told', () => {
    const note = (n: number, isSure: boolean) => carriers.noteAddress(CARRIER, `10.0.0.${n}`, isSure);
    expect(carriers.addressesOf(CARRIER)).toEqual([]);
    expect([note(3, true), note(2, false), note(1, false), note(1, true), note(3, false)]).toEqual([
      ...[true, true, true, true, true],
    ]);
    expect(carriers.addressesOf(CARRIER)).toEqual(['10.0.0.1', '10.0.0.3']);
    expect([1, 2, 3, 4].map((n) => carriers.hasAddress(CARRIER, `10.0.0.${n}`))).toEqual([true, false, true, false]);
    expect(carriers.hasAddress(OTHER, '10.0.0.1')).toBe(false);
    for (let n = 4; n <= 32; n++) note(n, true);
    expect([note(33, true), note(2, true), carriers.addressesOf(CARRIER).length]).toEqual([false, true, 32]);
  });

  it('clients by the MAC that their IPv6 address is made from', () => {
    const ip = 'fe80::ff:fe00:101';
    expect(macIn(ip)).toBe(camera.mac);
    expect(carriers.clientBy(CARRIER, ip)).toBeUndefined();
    granted(camera);
    carries(camera);
    expect(carriers.clientBy(CARRIER, ip)).toBe(camera);
    expect([carriers.clientBy(OTHER, ip), carriers.clientBy(CARRIER, 'fe80::1')]).toEqual([undefined, undefined]);
  });

  it('after a restart, and not what is forgotten', () => {
    granted(camera);
    carries(camera);
    carriers.noteAddress(camera.mac, '10.0.0.1', true);
    const again = new Carriers(() => true);
    again.restore(camera);
    again.restore(client(2));
    expect([again.hasClients(CARRIER), again.carries(CARRIER, camera, IP, START)]).toEqual([true, true]);
    carriers.forget(camera);
    expect([carriers.hasClients(CARRIER), carriers.addressesOf(camera.mac)]).toEqual([false, []]);
    const anew = client();
    expect(carries(anew)).toBe(false);
  });
});

describe('a clock that is put right', () => {
  const deviceOf = (mac: string): Device | undefined => (mac === camera.mac ? camera : undefined);
  const all = { since: START - SECOND, until: START + SECOND, by: DAY };

  it('takes a lease along, and that of the client which has it: it holds no longer and no shorter', () => {
    granted(camera);
    carries(camera);
    expect(carriers.moveTime(all, deviceOf)).toEqual([camera]);
    expect(camera.path.until).toBe(START + MINUTE + DAY);
    expect([carries(camera, START + MINUTE + DAY), carries(camera, START + MINUTE + DAY + 1)]).toEqual([true, false]);
  });

  it.each<[string, Partial<typeof all>, boolean]>([
    ['that began just then', { since: START }, true],
    ['that ended just then', { until: START }, true],
    ['that began later', { since: START + 1 }, false],
    ['that ended before', { until: START - 1 }, false],
    ['in which nothing was stamped wrong', { since: START + SECOND }, true],
    ['in which nothing was stamped wrong, far from it', { since: START + DAY, until: START + DAY }, true],
  ])('moves a lease of a move %s: %s', (_, changes, isMoved) => {
    granted(camera);
    carries(camera);
    expect(carriers.moveTime({ ...all, ...changes }, deviceOf)).toEqual(isMoved ? [camera] : []);
    expect(camera.path.until).toBe(START + MINUTE + (isMoved ? DAY : 0));
  });

  it('leaves alone what has no end, and what the client has by another word', () => {
    granted(camera, { until: null });
    carries(camera);
    expect([carriers.moveTime(all, deviceOf), camera.path.until]).toEqual([[], null]);
    const changes: (() => void)[] = [
      () => Object.assign(camera.path, { ip: '192.168.1.71' }),
      () => Object.assign(camera.path, { until: START + MINUTE + 1 }),
    ];
    for (const change of changes) {
      carriers = new Carriers((mac) => mac === GATEWAY.mac);
      camera = client();
      granted(camera);
      carries(camera);
      change();
      const { until } = camera.path;
      expect([carriers.moveTime(all, deviceOf), camera.path.until]).toEqual([[], until]);
    }
  });

  it('takes along what nobody has used yet, and whoever is not known', () => {
    granted(camera);
    expect(carriers.moveTime(all, deviceOf)).toEqual([]);
    expect([carries(camera, START + MINUTE + DAY), camera.path.until]).toEqual([true, START + MINUTE + DAY]);
    expect(carriers.moveTime({ since: 0, until: START + 2 * DAY, by: DAY }, () => undefined)).toEqual([]);
    expect(camera.path.until).toBe(START + MINUTE + DAY);
  });

  it('takes the time along at which a lease was given: who was heard since is behind nobody by it', () => {
    establish(20);
    establish(21);
    carriers.heard(camera, START - MINUTE);
    granted(camera, { until: null });
    carriers.moveTime({ since: START - SECOND, until: START + SECOND, by: -2 * MINUTE }, deviceOf);
    expect(carries(camera)).toBe(false);
    carriers.moveTime({ since: START - 3 * MINUTE, until: START, by: 2 * MINUTE }, deviceOf);
    expect(carries(camera)).toBe(true);
  });
});
