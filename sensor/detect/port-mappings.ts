// A device asks the router to open a port: by UPnP (WANIPConnection and its kin over SOAP), NAT-PMP (RFC 6886) or PCP
// (RFC 6887). Each mapping is an incident until it is deleted or runs out; the ports that malware lives on weigh more.
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { atMost } from '../attribute/at-most.ts';
import type { Connection, Way } from '../attribute/connection.ts';
import type { Side } from '../attribute/connections.ts';
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { addTimeline } from '../attribute/timeline.ts';
import type { IgdRequest, IgdResponse } from '../decode/igd.ts';
import { IgdExchange } from '../decode/igd-exchange.ts';
import { decodeNatPmp } from '../decode/nat-pmp.ts';
import { Failure } from '../decode/outcome.ts';
import type { IpAddress, Mac, Packet, Tcp, Udp } from '../decode/packet.ts';
import { decodePcp } from '../decode/pcp.ts';
import { lazily } from '../lazily.ts';
import type { Detector, Surroundings } from './detector.ts';
import { DeviceMemory } from './memory.ts';

const MINUTE = 60_000;
/** SOAP conversations read at once. */
const EXCHANGES = 64;
/** Mappings remembered of one device; with more the oldest is no longer followed. */
const MAPPINGS = 16;
/** Mappings of one device that are incidents of their own; further ones share one. */
const OWN_INCIDENTS = 8;
/** Remote shells and mail: what bots ask for, and what lets the next one in. */
const GRAVE_PORTS = new Set([22, 23, 2323, 5555, 25]);

const mappingShape = lazily(() =>
  z.object({
    by: z.enum(['upnp', 'nat-pmp', 'pcp']),
    protocol: z.enum(['tcp', 'udp']).nullable(),
    /** Null where the router may choose, and for an opening in an IPv6 firewall. */
    externalPort: z.number().nullable(),
    internalPort: z.number().nullable(),
    /** For whom, where the device says so. */
    internalClient: z.string().nullable(),
    /** Seconds; 0 is for good. */
    lease: z.number(),
    description: z.string(),
  }),
);
type Mapping = z.infer<ReturnType<typeof mappingShape>>;

const heldShape = lazily(() =>
  mappingShape().extend({
    portClass: z.string(),
    /** Packet time; null for good. */
    until: z.number().nullable(),
    /** Of a pinhole. */
    uniqueId: z.number().nullable(),
  }),
);
type Held = z.infer<ReturnType<typeof heldShape>>;

const memoryShape = lazily(() => z.object({ held: z.array(heldShape()).max(MAPPINGS) }));
type Known = z.infer<ReturnType<typeof memoryShape>>;

/** What the router said; `port` where it gave another than it was asked for. */
interface Answer {
  result: number | null;
  port: number | null;
  uniqueId: number | null;
}

export class PortMappingDetector implements Detector {
  readonly name = 'port-mappings';
  readonly ways: readonly Way[] = ['local'];
  readonly memory: DeviceMemory<Known>;
  readonly #around: Surroundings;
  readonly #exchanges = new LRUCache<Connection, { exchange: IgdExchange; asked: Held | null }>(atMost(EXCHANGES));
  #nextLook = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory((value) => memoryShape().safeParse(value).data ?? null, around.devices);
  }

  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void {
    if (tcp.payload.length === 0) return;
    let known = this.#exchanges.get(connection);
    if (known === undefined) {
      if (from !== 'originator' || tcp.payload.toString('latin1', 0, 5) !== 'POST ') return;
      known = { exchange: new IgdExchange(), asked: null };
      this.#exchanges.set(connection, known);
    }
    const { exchange } = known;
    if (from === 'originator') {
      const request = exchange.request(tcp.payload);
      if (request !== null) known.asked = this.#igd(device, request, time);
      return;
    }
    // The router answers what was not seen in full: then that is all there will be of it.
    const unfinished = exchange.unfinished();
    if (unfinished !== null) known.asked = this.#igd(device, unfinished, time);
    const response = exchange.response(tcp.payload);
    if (response !== null) this.#igdAnswer(device, connection, known.asked, response, time);
  }

  ended(device: Device, connection: Connection, time: number): void {
    const unfinished = this.#exchanges.get(connection)?.exchange.unfinished() ?? null;
    if (unfinished !== null) this.#igd(device, unfinished, time);
    this.#exchanges.delete(connection);
  }

  datagram(device: Device, packet: Packet, { payload, payloadLength }: Udp, time: number): void {
    if (payload[0] === 2) this.#pcp(device, packet, payload, payloadLength, time);
    else this.#natPmp(device, packet, payload, payloadLength, time);
  }

  /** Mappings that run out are closed. */
  tick(time: number): void {
    if (time < this.#nextLook && time > this.#nextLook - MINUTE) return;
    this.#nextLook = time + MINUTE;
    for (const [mac, { held }] of [...this.memory.entries()]) {
      const over = held.filter(({ until }) => until !== null && until < time);
      const device = over.length === 0 ? undefined : this.#around.devices.get(mac);
      if (device !== undefined) for (const mapping of over) this.#closed(device, mapping, time);
    }
  }

  /** A mapping lasts as long as the router said when it gave it. */
  moveTime({ by, until: now }: TimeMove): void {
    for (const [mac, { held }] of this.memory.entries()) {
      const lasting = held.filter(({ until }) => until !== null && until > now);
      for (const mapping of lasting) mapping.until = (mapping.until ?? now) + by;
      if (lasting.length > 0) this.memory.mark(mac);
    }
  }

  #igd(device: Device, request: IgdRequest, time: number): Held | null {
    const { action, description, enabled, externalPort, externalPortEnd, internalClient, internalPort, lease } =
      request;
    const { protocol, uniqueId } = request;
    if (action === 'delete' || action === 'delete-range') {
      const last = externalPortEnd ?? externalPort ?? 0;
      this.#delete(device, time, (one) => {
        const port = one.externalPort ?? -1;
        return port >= (externalPort ?? 0) && port <= last && (protocol === null || one.protocol === protocol);
      });
      return null;
    }
    if (action === 'delete-pinhole') {
      this.#delete(device, time, (one) => uniqueId !== null && one.uniqueId === uniqueId);
      return null;
    }
    if (action === 'update-pinhole' || !enabled) return null;
    const wanted = externalPort === 0 ? null : externalPort;
    return this.#asked(
      device,
      { by: 'upnp', protocol, externalPort: wanted, internalPort, internalClient, lease: lease ?? 0, description },
      time,
    );
  }

  #igdAnswer(
    device: Device,
    { responderMac }: Connection,
    asked: Held | null,
    response: IgdResponse,
    time: number,
  ): void {
    const { errorCode, externalAddress, reservedPort, uniqueId } = response;
    this.#publicAddress(externalAddress, responderMac, time);
    if (asked !== null) this.#answered(device, asked, { result: errorCode, port: reservedPort, uniqueId }, time);
  }

  #natPmp(device: Device, packet: Packet, payload: Buffer, onWire: number, time: number): void {
    const message = decodeNatPmp(payload, onWire);
    if (message instanceof Failure) return;
    if (message.kind === 'address-response') {
      this.#publicAddress(message.address, packet.sourceMac, time);
    } else if (message.kind === 'map-request') {
      const { externalPort, internalPort, lifetime, protocol } = message;
      this.#requested(
        device,
        { by: 'nat-pmp', protocol, externalPort, internalPort, internalClient: null },
        lifetime,
        time,
      );
    } else if (message.kind === 'map-response') {
      const { externalPort, internalPort, protocol, result } = message;
      this.#replied(packet, protocol, internalPort, { result, port: externalPort }, time);
    }
  }

  #pcp(device: Device, packet: Packet, payload: Buffer, onWire: number, time: number): void {
    const message = decodePcp(payload, onWire);
    if (message instanceof Failure) return;
    const { externalPort, internalPort, lifetime } = message;
    const protocol = protocolOf(message.protocol);
    if (message.kind === 'map-request') {
      const internalClient = message.thirdParty;
      this.#requested(device, { by: 'pcp', protocol, externalPort, internalPort, internalClient }, lifetime, time);
      return;
    }
    if (message.result === 0) this.#publicAddress(message.externalAddress, packet.sourceMac, time);
    this.#replied(packet, protocol, internalPort, { result: message.result, port: externalPort }, time);
  }

  /** Somebody answers as the router does; whether it is the router is asked when it matters. */
  #publicAddress(ip: IpAddress | null, by: Mac | null, time: number): void {
    if (ip !== null && by !== null) this.#around.home.claimPublic(ip.replace(/^::ffff:(?=\d+\.)/, ''), by, time);
  }

  /** NAT-PMP and PCP: a lifetime of 0 ends the mapping; port 0 stands for all of the protocol. */
  #requested(device: Device, asked: Omit<Mapping, 'lease' | 'description'>, lifetime: number, time: number): void {
    const { externalPort, internalPort, protocol } = asked;
    if (lifetime > 0) {
      const wanted = externalPort === 0 ? null : externalPort;
      this.#asked(device, { ...asked, externalPort: wanted, lease: lifetime, description: '' }, time);
      return;
    }
    this.#delete(device, time, (one) => {
      const isPort = internalPort === 0 || one.internalPort === internalPort;
      return isPort && (protocol === null || one.protocol === protocol);
    });
  }

  /** The router's answer goes to who asked. */
  #replied(
    { destinationMac, ip }: Packet,
    protocol: Mapping['protocol'],
    internalPort: number,
    answer: { result: number; port: number },
    time: number,
  ): void {
    const { devices } = this.#around;
    const to = ip?.destination ?? '';
    const device = destinationMac === null ? devices.ownerOf(to) : devices.at(destinationMac, to);
    const asked = device === undefined ? undefined : this.#find(device, protocol, internalPort, null);
    if (device === undefined || asked === undefined) return;
    const result = answer.result === 0 ? null : answer.result;
    this.#answered(device, asked, { result, port: answer.port === 0 ? null : answer.port, uniqueId: null }, time);
  }

  #asked(device: Device, mapping: Mapping, time: number): Held {
    const { externalPort, internalClient, internalPort, lease, protocol } = mapping;
    this.#around.devices.keep(device);
    const known = this.memory.of(device.mac, () => ({ held: [] }));
    const until = lease === 0 ? null : time + lease * 1000;
    const again = this.#find(device, protocol, internalPort, internalClient);
    if (again !== undefined && (again.externalPort === externalPort || externalPort === null)) {
      again.until = until;
      again.lease = lease;
      this.memory.mark(device.mac);
      this.#found(device, again, time, 'state');
      return again;
    }
    const isOwn = known.held.length < OWN_INCIDENTS;
    const portClass = isOwn ? `${protocol ?? 'any'}/${externalPort ?? internalPort ?? 0}` : 'many';
    const held: Held = { ...mapping, portClass, until, uniqueId: null };
    known.held.push(held);
    if (known.held.length > MAPPINGS) known.held.shift();
    this.memory.mark(device.mac);
    const detail = { externalPort, internalPort, protocol, by: mapping.by };
    addTimeline(device, { time, kind: 'port_mapped', name: null, nameFrom: null, ip: null, role: null, detail });
    this.#found(device, held, time, 'opens');
    return held;
  }

  #answered(device: Device, asked: Held, { port, result, uniqueId }: Answer, time: number): void {
    if (port !== null && result === null) asked.externalPort = port;
    asked.uniqueId = uniqueId ?? asked.uniqueId;
    this.memory.mark(device.mac);
    // The latest answer is what stands.
    const isGranted = result === null;
    this.#found(device, asked, time, 'updates', {
      granted: isGranted ? true : undefined,
      refusedWith: isGranted ? undefined : result,
    });
  }

  #delete(device: Device, time: number, matches: (one: Held) => boolean): void {
    for (const mapping of (this.memory.get(device.mac)?.held ?? []).filter(matches))
      this.#closed(device, mapping, time);
  }

  #closed(device: Device, mapping: Held, time: number): void {
    const known = this.memory.get(device.mac);
    if (known === undefined) return;
    known.held = known.held.filter((one) => one !== mapping);
    this.memory.mark(device.mac);
    const isLast = !known.held.some(({ portClass }) => portClass === mapping.portClass);
    if (isLast) this.#found(device, mapping, time, 'updates', { closedAt: new Date(time).toISOString() }, true);
  }

  #find(
    device: { mac: Mac },
    protocol: Mapping['protocol'],
    internalPort: number | null,
    internalClient: string | IpAddress | null,
  ): Held | undefined {
    return this.memory
      .get(device.mac)
      ?.held.find(
        (one) =>
          one.protocol === protocol && one.internalPort === internalPort && one.internalClient === internalClient,
      );
  }

  #found(
    device: Device,
    held: Held,
    time: number,
    effect: 'opens' | 'updates' | 'state',
    facts: Record<string, unknown> = {},
    closes = false,
  ): void {
    const { portClass, uniqueId: _, until, ...mapping } = held;
    const isGrave = [held.externalPort, held.internalPort].some((port) => port !== null && GRAVE_PORTS.has(port));
    this.#around.found(
      {
        kind: 'port_mapping',
        severity: isGrave ? 'high' : 'low',
        device: device.mac,
        portClass,
        time,
        effect,
        ...(closes ? { closes } : {}),
        destination: null,
        evidence: { mapping, until: until === null ? null : new Date(until).toISOString(), ...facts },
        first: {},
        add: effect === 'opens' ? { mappings: 1 } : {},
      },
      device,
    );
  }
}

/** IANA numbers of the two that have ports here. */
function protocolOf(number: number): Mapping['protocol'] {
  if (number === 6) return 'tcp';
  return number === 17 ? 'udp' : null;
}
