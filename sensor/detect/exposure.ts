// A device answers a host on the Internet: it is exposed. By service, so that a scan of a thousand open ports is a few
// incidents. Scans that nobody answers are counted, and what a remote login leaves to see joins the chain of what happened before.
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { atMost } from '../attribute/at-most.ts';
import type { Connection, Way } from '../attribute/connection.ts';
import type { Side } from '../attribute/connections.ts';
import type { Device } from '../attribute/device.ts';
import { addTimeline } from '../attribute/timeline.ts';
import { placeOf } from '../attribute/whereabouts.ts';
import { carriesHttpLogin, spokenService } from '../decode/login.ts';
import type { IpAddress, Tcp } from '../decode/packet.ts';
import { lazily } from '../lazily.ts';
import type { Detector, Surroundings } from './detector.ts';
import type { Severity } from './finding.ts';
import { DeviceMemory } from './memory.ts';
import { placeFacts } from './place-facts.ts';
import { isShell, serviceOn } from './services.ts';

/** Ports shown of one service. */
const PORTS = 16;
/** Distinct Internet hosts told apart for one device. */
const SOURCES = 256;
const SCANS_STORED = 100;
/** FTP control connections whose server may open data connections back (RFC 959, section 3.2). */
const FTP_PEERS = 512;
const FTP_CONTROL = 21;
const FTP_DATA = 20;
/** Bytes each way from which a remote shell was used: negotiation and a refused password stay below. */
const LOGIN_BYTES = { telnet: 128, adb: 512, ssh: 4096 } as const;

/** What carries much else: TR-069, UPnP, ONVIF. It tells something only of a port without a habit. */
const CARRIERS = new Set(['http', 'https']);

const memoryShape = lazily(() =>
  z.object({
    /** Ports that answered, by what they usually are. */
    services: z.record(z.string(), z.array(z.number()).max(PORTS)),
    /** Of those ports, what the device itself speaks there where that is not the usual. */
    spoken: z.record(z.string(), z.string()).default({}),
    /** Connections that nobody answered. */
    scans: z.number(),
    /** Hosts that were answered; counting stops at the bound. */
    sources: z.array(z.string()).max(SOURCES),
  }),
);
type Exposure = z.infer<ReturnType<typeof memoryShape>>;

export class ExposureDetector implements Detector {
  readonly name = 'exposure';
  readonly ways: readonly Way[] = ['inbound', 'outbound'];
  readonly memory: DeviceMemory<Exposure>;
  readonly #around: Surroundings;
  /** `device server`: who may call back on a high port without being a stranger. */
  readonly #ftpPeers = new LRUCache<string, true>(atMost(FTP_PEERS));
  /** Inbound connections whose HTTP request carried a login. */
  readonly #httpLogins = new WeakSet<Connection>();
  /** Inbound connections on which the device has spoken. */
  readonly #heard = new WeakSet<Connection>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory((value) => memoryShape().safeParse(value).data ?? null, around.devices);
  }

  opened(device: Device, { responderIp, responderPort, way }: Connection): void {
    if (way === 'outbound' && responderPort === FTP_CONTROL) this.#ftpPeers.set(`${device.mac} ${responderIp}`, true);
  }

  settled(device: Device, connection: Connection, time: number): void {
    if (connection.way !== 'inbound' || device.role === 'gateway' || this.#wasInvited(device, connection)) return;
    if (connection.outcome === 'connected') this.#around.devices.keep(device);
    const known = this.memory.of(device.mac, () => ({ services: {}, spoken: {}, scans: 0, sources: [] }));
    if (connection.outcome !== 'connected') {
      known.scans++;
      // To the card now and then: that there were some is what counts.
      if (known.scans % SCANS_STORED === 1) this.memory.mark(device.mac);
      return;
    }
    this.#exposed(device, connection, known, time);
  }

  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void {
    if (connection.way !== 'inbound' || tcp.payload.length === 0) return;
    if (from === 'responder') {
      this.#spoke(device, connection, tcp.payload, time);
      return;
    }
    if (this.#httpLogins.has(connection) || !carriesHttpLogin(tcp.payload)) return;
    this.#httpLogins.add(connection);
    const service = this.#serviceOn(device, connection.responderPort);
    addTimeline(
      device,
      loginEntry(connection, service === 'other' ? (spokenService(tcp.payload) ?? service) : service, time),
    );
  }

  ended(device: Device, connection: Connection, time: number): void {
    if (connection.way !== 'inbound' || connection.outcome !== 'connected') return;
    const service = this.#serviceOn(device, connection.responderPort);
    const bytes = isLoginService(service) ? LOGIN_BYTES[service] : null;
    if (bytes === null || connection.up.total < bytes || connection.down.total < bytes) return;
    addTimeline(device, loginEntry(connection, service, time));
  }

  /** Active FTP: the server that the device had called opens the data connection. Or the home itself, around the router. */
  #wasInvited({ mac }: Device, { originatorIp, originatorPort }: Connection): boolean {
    if (this.#around.home.isPublic(originatorIp)) return true;
    return originatorPort === FTP_DATA && this.#ftpPeers.has(`${mac} ${originatorIp}`);
  }

  /** What listens there: what the device was heard to speak, else the habit. */
  #serviceOn({ mac }: Device, port: number): string {
    return this.memory.get(mac)?.spoken[port] ?? serviceOn(port);
  }

  /** Its first words on a connection; a stranger's say nothing of it. */
  #spoke(device: Device, connection: Connection, payload: Buffer, time: number): void {
    if (this.#heard.has(connection)) return;
    this.#heard.add(connection);
    const { responderPort: port } = connection;
    const habit = serviceOn(port);
    const spoken = spokenService(payload) ?? habit;
    const known = this.memory.get(device.mac);
    if (spoken === this.#serviceOn(device, port) || (habit !== 'other' && CARRIERS.has(spoken))) return;
    if (known?.services[habit]?.includes(port) !== true) return;
    known.spoken[port] = spoken;
    this.memory.mark(device.mac);
    this.#found(device, connection, known, time, 'updates');
  }

  #exposed(device: Device, connection: Connection, known: Exposure, time: number): void {
    const { originatorIp: ip, responderPort: port } = connection;
    const habit = serviceOn(port);
    const ports = known.services[habit] ?? [];
    const isNewPort = !ports.includes(port) && ports.length < PORTS;
    if (isNewPort) ports.push(port);
    known.services[habit] = ports;
    const isNewSource = note(known.sources, ip);
    if (isNewPort || isNewSource) this.memory.mark(device.mac);
    addTimeline(device, {
      time,
      kind: 'inbound_connection',
      name: null,
      nameFrom: null,
      ip,
      role: null,
      detail: { port, service: this.#serviceOn(device, port) },
    });
    this.#found(device, connection, known, time, 'opens');
  }

  /** Incidents are by habit, so that a word heard later changes one and opens none; it is named by the gravest word. */
  #found(device: Device, connection: Connection, known: Exposure, time: number, effect: 'opens' | 'updates'): void {
    const { originatorIp: ip, responderPort: port } = connection;
    const habit = serviceOn(port);
    const ports = known.services[habit] ?? [];
    const words = [...ports, port].map((one) => this.#serviceOn(device, one));
    const service = words.find(isShell) ?? words.find((word) => word !== 'other') ?? habit;
    const place = placeOf(this.#around, device, connection.responderIp, null, time);
    const { evidence, ...whose } = placeFacts(place, connection.responderIp);
    this.#around.found(
      {
        kind: 'exposed',
        severity: this.#severityOf(device, service),
        device: device.mac,
        portClass: habit,
        ...whose,
        time,
        effect,
        about: connection,
        destination: { ip, port, name: null },
        evidence: {
          service,
          ports: ports.toSorted((a, b) => a - b),
          lastSource: ip,
          sources: known.sources.length,
          unansweredScans: known.scans,
          ...evidence,
        },
        first: { firstSource: ip, address: connection.responderIp },
        add: effect === 'opens' ? { connections: 1 } : {},
      },
      device,
    );
  }

  /** A peer-to-peer program on a computer asks to be reached; a shell on anything is an open door. */
  #severityOf(device: Device, service: string): Severity {
    if (isShell(service)) return 'high';
    return service === 'other' && this.#around.knowledge.isGeneralPurpose(device) ? 'low' : 'medium';
  }
}

function note(sources: IpAddress[], ip: IpAddress): boolean {
  if (sources.length >= SOURCES || sources.includes(ip)) return false;
  sources.push(ip);
  return true;
}

function isLoginService(service: string): service is keyof typeof LOGIN_BYTES {
  return Object.hasOwn(LOGIN_BYTES, service);
}

function loginEntry({ openedAt, originatorIp, responderPort }: Connection, service: string, time: number) {
  return {
    time,
    kind: 'remote_login' as const,
    name: null,
    nameFrom: null,
    ip: originatorIp,
    role: null,
    detail: { port: responderPort, service, durationMs: time - openedAt },
  };
}
