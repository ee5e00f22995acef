// The frames of incidents, cut to headers, as far as they are kept: the first of each incident and the last. Bounded for each
// incident, for all together, and in what a minute may add. In memory only what is not on disk yet; evidence-table.ts has the rest.
import { movedTime, type TimeMove } from '../attribute/time-move.ts';
import type { LinkType } from '../capture/frame.ts';
import { dropOldest } from './drop-oldest.ts';
import type { Incident } from './incident.ts';

export interface EvidenceFrame {
  /** Counts the incident's kept frames from 0; gaps are frames that gave way. */
  seq: number;
  /** Packet time, ms. */
  time: number;
  linkType: LinkType;
  /** Bytes on the wire. */
  wireLength: number;
  /** Headers, and masked payload. */
  data: Buffer;
}

export interface EvidenceLimits {
  /** Frames of an incident that stay: how it began. */
  first: number;
  /** Frames of an incident after those: its latest. */
  last: number;
  /** Bytes and frames of all incidents; beyond that the evidence of the oldest closed incident goes. */
  bytes: number;
  frames: number;
  /** Bytes that one minute and one hour of packet time may add, so that a flood wears no SD card out. Half are for beginnings. */
  bytesPerMinute: number;
  bytesPerHour: number;
}

export const EVIDENCE_LIMITS: Readonly<EvidenceLimits> = {
  first: 64,
  last: 192,
  bytes: 16 * 1024 * 1024,
  frames: 20_000,
  bytesPerMinute: 512 * 1024,
  bytesPerHour: 4 * 1024 * 1024,
};

/** A row's overhead, roughly. */
const FRAME_OVERHEAD = 32;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** After giving way there should be room for a while. */
const GIVE_WAY_TO = 0.9;

/** What an incident has on disk. */
export interface StoredEvidence {
  incident: string;
  seen: number;
  /** Frames before this one stay. */
  head: number;
  next: number;
  sizes: { seq: number; bytes: number }[];
}

/** What is to be written for one incident. */
export interface EvidenceChange {
  incident: string;
  seen: number;
  head: number;
  next: number;
  /** Frames from `head` to before this one have given way. */
  tailFrom: number;
  frames: EvidenceFrame[];
}

export interface EvidenceChanges {
  changes: EvidenceChange[];
  /** Incidents whose frames go; before `changes`. */
  removed: string[];
}

interface Held {
  incident: Incident;
  seen: number;
  head: number;
  next: number;
  /** Of frames from `head` on. */
  tail: { seq: number; bytes: number }[];
  bytes: number;
  frames: number;
  /** Not on disk, by sequence number. */
  waiting: Map<number, EvidenceFrame>;
}

export class EvidenceRing {
  readonly #limits: EvidenceLimits;
  readonly #held = new Map<string, Held>();
  /** Ids of those that changed since they were last on disk. */
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #bytes = 0;
  #frames = 0;
  readonly #minute = { number: 0, added: 0 };
  readonly #hour = { number: 0, added: 0 };
  #isUrgent = false;

  constructor(limits: EvidenceLimits = EVIDENCE_LIMITS) {
    this.#limits = limits;
  }

  load(stored: Iterable<StoredEvidence>, incidentOf: (id: string) => Incident | undefined): void {
    for (const { incident: id, head, next, seen, sizes } of stored) {
      const incident = incidentOf(id);
      if (incident === undefined) continue;
      const bytes = sizes.reduce((sum, size) => sum + size.bytes + FRAME_OVERHEAD, 0);
      const tail = sizes.filter(({ seq }) => seq >= head).sort((a, b) => a.seq - b.seq);
      this.#held.set(id, { incident, seen, head, next, tail, bytes, frames: sizes.length, waiting: new Map() });
      this.#bytes += bytes;
      this.#frames += sizes.length;
    }
  }

  /** Takes a frame of an incident, or only counts it. */
  add(incident: Incident, frame: Omit<EvidenceFrame, 'seq'>): void {
    const known = this.#held.get(incident.id);
    if (known !== undefined) {
      known.seen++;
      this.#changed.add(incident.id);
    }
    const { first, last } = this.#limits;
    const isFirst = known === undefined || (known.next === known.head && known.head < first);
    // What is silent is kept as it began: a phone's own mail is no reason to write all day.
    if (!isFirst && incident.severity === 'info') return;
    const bytes = frame.data.length + FRAME_OVERHEAD;
    if (!this.#hasRoom(bytes, isFirst, frame.time)) return;
    const held = known ?? this.#begin(incident);
    const seq = held.next++;
    held.waiting.set(seq, { ...frame, seq });
    this.#count(held, bytes, 1);
    if (isFirst) {
      held.head = held.next;
      this.#isUrgent = true;
    } else {
      held.tail.push({ seq, bytes: frame.data.length });
      if (held.tail.length > last) this.#dropOldest(held);
    }
    if (this.#bytes > this.#limits.bytes || this.#frames > this.#limits.frames) this.#giveWay(incident.id);
  }

  /** Beginnings wait to be stored. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** Frames of an incident that are kept, and those that were seen. */
  countOf(id: string): { kept: number; seen: number } {
    const held = this.#held.get(id);
    return { kept: held?.frames ?? 0, seen: held?.seen ?? 0 };
  }

  /** The clock was put right; of frames on disk the store sees to that. */
  moveTime(move: TimeMove): void {
    for (const { waiting } of this.#held.values())
      for (const frame of waiting.values()) frame.time = movedTime(frame.time, move);
  }

  /** What is to be written. Without `all` only beginnings: the latest frames replace each other too often for that. */
  changes(all: boolean): EvidenceChanges {
    const changes = [...this.#changed].flatMap((id) => {
      const held = this.#held.get(id);
      if (held === undefined) return [];
      const { head, next, seen, tail, waiting } = held;
      const frames = [...waiting.values()].filter(({ seq }) => all || seq < head);
      if (!all && frames.length === 0) return [];
      return [{ incident: id, seen, head, next, tailFrom: tail[0]?.seq ?? next, frames }];
    });
    return { changes, removed: [...this.#removed] };
  }

  /** What `changes` gave is on disk. */
  stored({ changes, removed }: EvidenceChanges): void {
    for (const { incident, frames } of changes) {
      const held = this.#held.get(incident);
      for (const { seq } of frames) held?.waiting.delete(seq);
      if (held === undefined || held.waiting.size === 0) this.#changed.delete(incident);
    }
    for (const id of removed) this.#removed.delete(id);
    this.#isUrgent = false;
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      const held = this.#held.get(id);
      if (held === undefined) continue;
      this.#count(held, -held.bytes, -held.frames);
      this.#held.delete(id);
      this.#changed.delete(id);
      this.#removed.add(id);
      // Where the disk takes nothing for long; what is left of them there goes with its orphans.
      dropOldest(this.#removed, this.#limits.frames);
    }
  }

  /** Frames of an incident that are not on disk, oldest first. */
  waitingOf(id: string): EvidenceFrame[] {
    return [...(this.#held.get(id)?.waiting.values() ?? [])];
  }

  /** The database is a new one: what was on disk is kept no more. */
  unstored(): void {
    this.#removed.clear();
    for (const [id, held] of this.#held) {
      const { bytes, frames, waiting } = held;
      this.#count(held, -bytes, -frames);
      for (const { data } of waiting.values()) this.#count(held, data.length + FRAME_OVERHEAD, 1);
      held.tail = held.tail.filter(({ seq }) => waiting.has(seq));
      this.#changed.add(id);
    }
  }

  /** Only for a frame that is kept, so that their number is bounded with that of the frames. */
  #begin(incident: Incident): Held {
    const held: Held = { incident, seen: 1, head: 0, next: 0, tail: [], bytes: 0, frames: 0, waiting: new Map() };
    this.#held.set(incident.id, held);
    this.#changed.add(incident.id);
    return held;
  }

  #hasRoom(bytes: number, isFirst: boolean, time: number): boolean {
    const { bytesPerHour, bytesPerMinute } = this.#limits;
    const share = isFirst ? 1 : 0.5;
    const budgets = [
      [this.#minute, Math.floor(time / MINUTE), bytesPerMinute * share],
      [this.#hour, Math.floor(time / HOUR), bytesPerHour * share],
    ] as const;
    for (const [span, number] of budgets) if (span.number !== number) Object.assign(span, { number, added: 0 });
    if (budgets.some(([{ added }, , most]) => added + bytes > most)) return false;
    for (const [span] of budgets) span.added += bytes;
    return true;
  }

  #dropOldest(held: Held): void {
    const oldest = held.tail.shift();
    if (oldest === undefined) return;
    held.waiting.delete(oldest.seq);
    this.#count(held, -(oldest.bytes + FRAME_OVERHEAD), -1);
  }

  #count(held: Held, bytes: number, frames: number): void {
    held.bytes += bytes;
    held.frames += frames;
    this.#bytes += bytes;
    this.#frames += frames;
  }

  /** Closed incidents first, then silent ones, then the oldest; never the one at hand. */
  #giveWay(atHand: string): void {
    const { bytes, frames } = this.#limits;
    const others = [...this.#held.values()].filter(({ incident }) => incident.id !== atHand);
    others.sort((a, b) => urgency(a.incident) - urgency(b.incident) || a.incident.lastAt - b.incident.lastAt);
    for (const { incident } of others) {
      if (this.#bytes <= bytes * GIVE_WAY_TO && this.#frames <= frames * GIVE_WAY_TO) return;
      this.remove([incident.id]);
    }
  }
}

function urgency({ severity, state }: Incident): number {
  if (state === 'resolved' || state === 'expected') return 0;
  return severity === 'info' ? 1 : 2;
}
