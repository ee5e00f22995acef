// Which way a connection goes and whose it is, by who opened it, who takes it, and what is known of addresses.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { Direction } from '../../sensor/attribute/direction.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { NULL_ADDRESS } from '../../sensor/attribute/mac-address.ts';
import { CAMERA, FRIDGE, GATEWAY, START, TELEVISION } from '../../sensor/self-test/frames/home.ts';

const SERVER = '203.0.113.25';
/** On a prefix that somebody announced. */
const PUBLIC = '198.51.100.7';

let devices: DeviceTable;
let gateways: GatewayFinder;
let home: Home;
let direction: Direction;
function begin(homeNet: string[] = []): void {
  devices = new DeviceTable();
  gateways = new GatewayFinder();
  home = new Home(homeNet);
  direction = new Direction({ devices, gateways, home });
}
beforeEach(() => begin());

const join = ({ mac }: { mac: string }): Device => devices.seen(mac, START) as Device;
const holds = (host: { mac: string }, ip: string): void => devices.lease(join(host), ip, START, 'arp');
const announce = (by: string): void => {
  home.learn('198.51.100.0', 24, { by, lifetime: null, time: START });
};
const proven = (): void => {
  gateways.handedTo(GATEWAY.mac, SERVER);
  gateways.cameFrom(GATEWAY.mac, SERVER);
};
type End = [mac: string | null, ip: string];
function between([originatorMac, originatorIp]: End, [responderMac, responderIp]: End): Connection {
  const connection = newConnection(null, { sourcePort: 1, destinationPort: 2 }, START, 1);
  return Object.assign(connection, { originatorMac, originatorIp, responderMac, responderIp });
}
/** The way and the device that it is about. */
function judged(from: End, to: End): [Connection['way'], string | null] {
  const connection = between(from, to);
  const subject = direction.subject(connection)?.mac ?? null;
  return [connection.way, subject];
}
const camera: End = [CAMERA.mac, CAMERA.ip];
const fridge: End = [FRIDGE.mac, FRIDGE.ip];
const outside: End = [GATEWAY.mac, SERVER];

describe('a connection', () => {
  beforeEach(() => {
    join(CAMERA);
    join(FRIDGE);
    join(GATEWAY);
    proven();
  });

  it.each<[string, End, End, Connection['way'], string | null]>([
    ['from a device to the Internet', camera, outside, 'outbound', CAMERA.mac],
    ['from a device to another', camera, fridge, 'local', CAMERA.mac],
    ['from a device to a group', camera, ['01:00:5e:00:00:01', '224.0.0.1'], 'local', CAMERA.mac],
    ['from the router itself', [GATEWAY.mac, GATEWAY.ip], [TELEVISION.mac, SERVER], 'outbound', GATEWAY.mac],
    ['from the Internet to a device', outside, camera, 'inbound', CAMERA.mac],
    ['from the Internet to the router', outside, [GATEWAY.mac, GATEWAY.ip], 'inbound', GATEWAY.mac],
    ['from the Internet, to an outside address of a device', outside, [CAMERA.mac, PUBLIC], 'inbound', CAMERA.mac],
    ['through the router, between outside addresses', outside, [GATEWAY.mac, PUBLIC], 'outbound', GATEWAY.mac],
    ['from nobody known', [TELEVISION.mac, TELEVISION.ip], camera, null, null],
    ['from an outside address of nobody known', [TELEVISION.mac, SERVER], camera, 'inbound', CAMERA.mac],
    ['from an outside address of a device', [FRIDGE.mac, SERVER], camera, 'local', FRIDGE.mac],
    ['from an outside address of a device to the Internet', [FRIDGE.mac, PUBLIC], outside, 'outbound', FRIDGE.mac],
  ])('%s', (_what, from, to, way, subject) => {
    expect(judged(from, to)).toEqual([way, subject]);
  });

  it('is judged once, and keeps its device', () => {
    const connection = between(camera, outside);
    expect([direction.subject(connection)?.mac, connection.openedBy]).toEqual([CAMERA.mac, CAMERA.mac]);
    connection.responderIp = FRIDGE.ip;
    connection.originatorMac = FRIDGE.mac;
    expect([direction.subject(connection)?.mac, connection.way]).toEqual([CAMERA.mac, 'outbound']);
    devices.forget(CAMERA.mac);
    expect(direction.subject(connection)?.mac).toBe(FRIDGE.mac);
  });

  it('from outside is received by who was found first', () => {
    const connection = between(outside, camera);
    direction.subject(connection);
    expect(connection.receivedBy).toBe(CAMERA.mac);
    connection.responderMac = FRIDGE.mac;
    expect(direction.subject(connection)?.mac).toBe(CAMERA.mac);
    devices.forget(CAMERA.mac);
    expect(direction.subject(connection)).toBeNull();
  });

  it('from the Internet to nobody known is judged once somebody shows up there', () => {
    const connection = between(outside, [null, TELEVISION.ip]);
    direction.subject(connection);
    expect(connection.way).toBeNull();
    join(TELEVISION);
    connection.responderMac = TELEVISION.mac;
    expect([direction.subject(connection)?.mac, connection.way]).toEqual([TELEVISION.mac, 'inbound']);
  });

  it('on a cooked capture is of who holds the address', () => {
    holds(CAMERA, CAMERA.ip);
    expect(judged([null, CAMERA.ip], [null, SERVER])).toEqual(['outbound', CAMERA.mac]);
    expect(judged([null, FRIDGE.ip], [null, SERVER])).toEqual([null, null]);
    const connection = between([null, SERVER], [null, CAMERA.ip]);
    expect([direction.subject(connection)?.mac, connection.way, connection.receivedBy]).toEqual([
      CAMERA.mac,
      'inbound',
      null,
    ]);
  });

  it('from a MAC that no interface has is of who holds the address, else of nobody who is kept', () => {
    holds(CAMERA, CAMERA.ip);
    expect(judged([NULL_ADDRESS, CAMERA.ip], outside)).toEqual(['outbound', CAMERA.mac]);
    expect(judged([NULL_ADDRESS, FRIDGE.ip], outside)).toEqual(['outbound', NULL_ADDRESS]);
    expect(judged([NULL_ADDRESS, PUBLIC], outside)).toEqual(['inbound', GATEWAY.mac]);
    expect(devices.get(NULL_ADDRESS)).toBeUndefined();
  });
});

describe('an outside address', () => {
  it('of a device, before the router is known, is of who claims it; else it comes from outside', () => {
    join(CAMERA);
    join(FRIDGE);
    expect(judged([FRIDGE.mac, PUBLIC], camera)).toEqual(['inbound', CAMERA.mac]);
    holds(FRIDGE, PUBLIC);
    expect(judged([FRIDGE.mac, PUBLIC], camera)).toEqual(['local', FRIDGE.mac]);
  });

  it('that is the home’s own by the router’s word stays at home, either way', () => {
    join(CAMERA);
    join(GATEWAY);
    proven();
    home.claimPublic(PUBLIC, FRIDGE.mac, START);
    expect(judged(camera, [GATEWAY.mac, PUBLIC])).toEqual(['outbound', CAMERA.mac]);
    home.claimPublic(PUBLIC, GATEWAY.mac, START);
    expect(judged(camera, [GATEWAY.mac, PUBLIC])).toEqual(['local', CAMERA.mac]);
    expect(judged([GATEWAY.mac, PUBLIC], camera)).toEqual(['local', GATEWAY.mac]);
  });

  it('that another of the home holds is there, where the frame goes to it', () => {
    for (const host of [CAMERA, FRIDGE, GATEWAY]) join(host);
    proven();
    holds(FRIDGE, PUBLIC);
    expect(judged(camera, [FRIDGE.mac, PUBLIC])).toEqual(['local', CAMERA.mac]);
    expect(judged(camera, [GATEWAY.mac, PUBLIC])).toEqual(['outbound', CAMERA.mac]);
    expect(judged(fridge, [FRIDGE.mac, PUBLIC])).toEqual(['outbound', FRIDGE.mac]);
    holds(GATEWAY, '198.51.100.8');
    expect(judged(camera, [GATEWAY.mac, '198.51.100.8'])).toEqual(['outbound', CAMERA.mac]);
    begin(['10.0.0.0/8']);
    for (const host of [CAMERA, FRIDGE]) join(host);
    holds(FRIDGE, PUBLIC);
    expect(judged(camera, [FRIDGE.mac, PUBLIC])).toEqual(['outbound', CAMERA.mac]);
  });
});

describe('an announced prefix', () => {
  beforeEach(() => {
    for (const host of [CAMERA, FRIDGE, GATEWAY]) join(host);
    proven();
  });

  it('is inside, but for what is handed to the router and nobody holds', () => {
    announce(GATEWAY.mac);
    expect(judged(camera, [FRIDGE.mac, PUBLIC])).toEqual(['local', CAMERA.mac]);
    expect(judged(camera, [null, PUBLIC])).toEqual(['local', CAMERA.mac]);
    expect(judged(camera, [GATEWAY.mac, PUBLIC])).toEqual(['outbound', CAMERA.mac]);
    holds(FRIDGE, PUBLIC);
    expect(judged(camera, [GATEWAY.mac, PUBLIC])).toEqual(['local', CAMERA.mac]);
  });

  it('of the router is inside where it comes from', () => {
    announce(GATEWAY.mac);
    expect(judged([GATEWAY.mac, PUBLIC], camera)).toEqual(['local', GATEWAY.mac]);
  });

  it('of another hides no stranger who comes by way of the router', () => {
    announce(FRIDGE.mac);
    expect(judged([GATEWAY.mac, PUBLIC], camera)).toEqual(['inbound', CAMERA.mac]);
    expect(judged([CAMERA.mac, PUBLIC], fridge)).toEqual(['local', CAMERA.mac]);
    // Also where it comes to an address that nobody announced.
    expect(judged([GATEWAY.mac, PUBLIC], [CAMERA.mac, SERVER])).toEqual(['inbound', CAMERA.mac]);
    holds(GATEWAY, '198.51.100.8');
    expect(judged([GATEWAY.mac, '198.51.100.8'], camera)).toEqual(['inbound', CAMERA.mac]);
    holds(FRIDGE, PUBLIC);
    expect(judged([GATEWAY.mac, PUBLIC], camera)).toEqual(['local', GATEWAY.mac]);
  });

  it('is nothing where a person said what is inside', () => {
    begin(['192.168.1.0/24']);
    for (const host of [CAMERA, FRIDGE, GATEWAY]) join(host);
    proven();
    expect(judged(camera, [FRIDGE.mac, '10.0.0.1'])).toEqual(['outbound', CAMERA.mac]);
    expect(judged(outside, camera)).toEqual(['inbound', CAMERA.mac]);
    expect(judged(outside, [CAMERA.mac, '10.0.0.1'])).toEqual(['outbound', GATEWAY.mac]);
  });
});
