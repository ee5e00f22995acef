// What a detector has around it, of real parts and without an engine: for tests that tell one detector alone what it hears.
import { type Connection, newConnection } from '../../sensor/attribute/connection.ts';
import type { Device } from '../../sensor/attribute/device.ts';
import { DeviceTable } from '../../sensor/attribute/device-table.ts';
import { GatewayFinder } from '../../sensor/attribute/gateway.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { Resolvers } from '../../sensor/attribute/resolvers.ts';
import { VantageJudge } from '../../sensor/attribute/vantage.ts';
import { loadVendors } from '../../sensor/attribute/vendor.ts';
import type { Detector, Surroundings } from '../../sensor/detect/detector.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { Knowledge } from '../../sensor/detect/knowledge.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';
import { START } from './stage.ts';

export interface Around extends Surroundings {
  /** What was found since it was last taken. */
  told: { finding: Finding; device: Device | null }[];
  /** What was asked to be woken for, in ms. */
  waits: number[];
  /** Hears of new addresses, where it is set. */
  hears: Detector | null;
}

const vendors = loadVendors();

export function surroundings(settings: Partial<Surroundings['settings']> = {}): Around {
  const told: Around['told'] = [];
  const waits: number[] = [];
  const home = new Home([]);
  const recorded = settings.recorded ?? false;
  const around: Around = {
    devices: new DeviceTable((device, time) => around.hears?.appeared?.(device, time)),
    gateways: new GatewayFinder(),
    home,
    vantage: new VantageJudge(home, { sensorMac: null, recorded }),
    resolvers: new Resolvers(),
    knowledge: new Knowledge(vendors, indexNotes([])),
    settings: { learningDays: 7, overdueDays: 30, recorded, ...settings },
    onWait: (milliseconds) => waits.push(milliseconds),
    found: (finding, device) => told.push({ finding, device }),
    told,
    waits,
    hears: null,
  };
  return around;
}

/** A device that was there a while and is kept, with the address it was given. */
export function deviceIn({ devices }: Around, { ip, mac }: { ip?: string; mac: string }, time = START): Device {
  const device = devices.seen(mac, time);
  if (device === null) throw new Error(`no interface has ${mac}`);
  devices.keep(device);
  devices.prove(mac);
  if (ip !== undefined) devices.lease(device, ip, time, 'dhcp');
  return device;
}

/** What was told since, and no longer is. */
export function take({ told }: Around): Finding[] {
  return told.splice(0).map(({ finding }) => finding);
}

/** A connection with these ends, from 40000 to `port`. */
export function connectionBetween(
  originator: { mac: string; ip: string },
  responder: { mac: string; ip: string },
  port: number,
  more: Partial<Connection> = {},
): Connection {
  const connection = newConnection(null, { sourcePort: 40_000, destinationPort: port }, START, 7);
  const ends = {
    originatorMac: originator.mac,
    originatorIp: originator.ip,
    responderMac: responder.mac,
    responderIp: responder.ip,
    openedBy: originator.mac,
  };
  return Object.assign(connection, ends, more);
}

/** After a restart: what `before` remembered, as it lies on disk. */
export function remembering<T extends Detector>(before: Detector, after: T): T {
  for (const { mac, value } of before.memory?.all() ?? [])
    after.memory?.restore(mac, JSON.parse(JSON.stringify(value)) as unknown);
  return after;
}
