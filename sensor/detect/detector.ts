// What a detector is: one file that says what it wants to hear, judges it, and hands out findings. The engine routes and
// knows no detector by name; detectors.ts lists them. A detector's own state lies in a DeviceMemory, see memory.ts.
import type { Connection, Way } from '../attribute/connection.ts';
import type { Side } from '../attribute/connections.ts';
import type { Device } from '../attribute/device.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import type { GatewayFinder } from '../attribute/gateway.ts';
import type { Home } from '../attribute/home.ts';
import type { KnownTime } from '../attribute/known-time.ts';
import type { Resolvers } from '../attribute/resolvers.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import type { VantageJudge } from '../attribute/vantage.ts';
import type { DnsMessage } from '../decode/dns.ts';
import type { Packet, Tcp, Udp } from '../decode/packet.ts';
import type { Finding } from './finding.ts';
import type { HeldWarning } from './held-warning.ts';
import type { Knowledge } from './knowledge.ts';
import type { DetectorMemory } from './memory.ts';

/**
 * Each method is something a detector can hear; it has the ones it needs. `device` is the device of the home that a
 * connection is about: who opened it, or who received it when it is inbound. Times are packet time in ms.
 */
export interface Detector {
  /** Names its memory on disk: never changes once released. */
  readonly name: string;
  /** Ways of the connections it hears of; those to the Internet where it does not say. */
  readonly ways?: readonly Way[];
  /** What it must know again after a restart. */
  readonly memory?: DetectorMemory;
  /** An address was seen for the first time, or again after it was forgotten. */
  appeared?(device: Device, time: number): void;
  /** A first SYN. A connection whose beginning was not captured opens without one. */
  opened?(device: Device, connection: Connection, time: number): void;
  /** Answered, refused, or without an answer for too long. It may be told twice: a late answer outweighs the deadline. */
  settled?(device: Device, connection: Connection, time: number): void;
  /** The responder's name was read from the connection itself. `bareAddress`: the address it asked for in place of a name. */
  named?(device: Device, connection: Connection, time: number, bareAddress: string | null): void;
  /** A TCP segment of the connection, as far as the filter lets it through. */
  segment?(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void;
  /** A proxy was asked for a further connection: `connection.inner` is known. */
  tunnelled?(device: Device, connection: Connection, time: number): void;
  /** The responder has sent all it had: what came down is known, though the originator may keep its side open for long. */
  received?(device: Device, connection: Connection, time: number): void;
  ended?(device: Device, connection: Connection, time: number): void;
  /** A DNS message over port 53, question or answer; `device` sent it. */
  dns?(message: DnsMessage, packet: Packet, device: Device | null, time: number): void;
  /** A datagram to or from a port on which devices ask the router for port mappings; `device` sent it. */
  datagram?(device: Device, packet: Packet, udp: Udp, time: number): void;
  /** A finding before it is recorded. True: it is taken care of here, and perhaps handed on later. */
  intercepts?(finding: Finding, device: Device): boolean;
  /** What another detector, or this one, has found, after it was recorded: not what a person has called normal. */
  finding?(finding: Finding, device: Device | null): void;
  /** Warnings of the fleet that hold from now on, in place of those before. */
  warned?(warnings: readonly HeldWarning[]): void;
  /** Packet time has reached `time`; called often. */
  tick?(time: number): void;
  /** For a while nothing has come of a stream that goes on. */
  idle?(): void;
  /** The clock was put right; `memory` has been moved already. What waits, waits no longer and no shorter. */
  moveTime?(move: TimeMove): void;
  /** The capture has ended: what was put off is said now. */
  finish?(time: number): void;
}

/** What a detector may look at, and where it hands its findings. */
export interface Surroundings {
  devices: DeviceTable;
  gateways: GatewayFinder;
  home: Home;
  vantage: VantageJudge;
  resolvers: Resolvers;
  knowledge: Knowledge;
  settings: DetectSettings;
  /** Something waits until packet time has gone on by so many ms: who can, sees to a tick by then. */
  onWait(milliseconds: number): void;
  /** `device` is null for findings about the home. */
  found(finding: Finding, device: Device | null): void;
}

export interface DetectSettings {
  /** Days in which a device's habits are learned without findings. */
  learningDays: number;
  /** Days without contact to a known update backend before updates are overdue. */
  overdueDays: number;
  /** Days without contact count as far as they were watched; all were where it is not told. */
  time?: Pick<KnownTime, 'lived'>;
  /** The frames are no live capture: what waits in packet time keeps nobody waiting. */
  recorded: boolean;
}

export type DetectorFactory = (around: Surroundings) => Detector;
