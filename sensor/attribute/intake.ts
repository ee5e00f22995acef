// Frames as they arrive: decoded and, where another mirror wrapped them, unwrapped. What the job has no use for is left out, and
// of the copies of a packet the one that counts goes on.
import type { Frame } from '../capture/frame.ts';
import { decodeFrame } from '../decode/frame.ts';
import { interestOf } from '../decode/interest.ts';
import { type DecodeCounters, truncated } from '../decode/outcome.ts';
import type { CopyKind } from './duplicates.ts';
import { Legs, type LegsParts } from './legs.ts';
import { RemoteMirrors } from './remote-mirrors.ts';
import { movedTime, type TimeMove } from './time-move.ts';

/** What capture has delivered so far. */
export interface CaptureStats {
  packets: number;
  firstPacket: number | null;
  lastPacket: number | null;
  /** Packets that were delivered more than once, in all and by kind. */
  duplicates: number;
  duplicatesByKind: Record<CopyKind, number>;
}

export interface IntakeParts extends LegsParts {
  counters: DecodeCounters;
  /** The capture cuts frames: not all of them can be read whole. */
  onCut(): void;
}

export class Intake {
  readonly #parts: IntakeParts;
  readonly #mirrors: RemoteMirrors;
  readonly #legs: Legs;
  readonly #stats = { packets: 0, firstPacket: null as number | null, lastPacket: null as number | null };

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#mirrors = new RemoteMirrors(parts.home);
    this.#legs = new Legs(parts);
  }

  get stats(): Readonly<CaptureStats> {
    const { copies } = this.#legs;
    const duplicates = copies.identical + copies.vlan + copies.routed + copies.hairpin;
    return { ...this.#stats, duplicates, duplicatesByKind: { ...copies } };
  }

  frame(frame: Frame): void {
    const { data, originalLength } = frame;
    if (data.length >= originalLength) {
      this.#take(frame);
      return;
    }
    const { counters, onCut } = this.#parts;
    onCut();
    const before = counters.total('truncated');
    const isKept = this.#take(frame);
    // Cut behind all that was read of it, as a message body is: it is cut all the same.
    if (isKept && counters.total('truncated') === before)
      counters.count(truncated('link', 'frame', originalLength, data.length));
  }

  /** Time goes by without frames. Returns how far packet time may go: what waits for its other leg holds it back. */
  tick(time: number): number {
    this.#legs.tick(time);
    return Math.min(time, this.#legs.waitingSince ?? time);
  }

  /** Nothing more is waited for. */
  flush(): void {
    for (const frame of this.#mirrors.flush()) this.frame(frame);
    this.#legs.flush();
  }

  moveTime(move: TimeMove): void {
    const { firstPacket, lastPacket } = this.#stats;
    if (firstPacket !== null) this.#stats.firstPacket = movedTime(firstPacket, move);
    if (lastPacket !== null) this.#stats.lastPacket = lastPacket + move.by;
  }

  /** Whether the job has use for it. */
  #take(frame: Frame): boolean {
    const packet = decodeFrame(frame, this.#parts.counters);
    if (packet === null) return false;
    const interest = interestOf(packet);
    if (interest === null) return false;
    if (interest === 'mirrored') {
      for (const inner of this.#mirrors.take(frame, packet)) this.frame(inner);
      return false;
    }
    this.#stats.packets++;
    this.#stats.firstPacket ??= frame.time;
    this.#stats.lastPacket = Math.max(this.#stats.lastPacket ?? 0, frame.time);
    this.#legs.take(frame, packet, interest);
    return true;
  }
}
