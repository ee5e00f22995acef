// Kept frames of incidents on disk: headers and masked payload as evidence-ring.ts made them. What is kept is decided there.
import type { Database, Statement } from 'better-sqlite3';
import type { TimeMove } from '../attribute/time-move.ts';
import { isSupportedLinkType } from '../capture/link-types.ts';
import type { EvidenceChanges, EvidenceFrame, StoredEvidence } from './evidence-ring.ts';
import { type Cell, type OnProblem, type Row, readRows, upsert } from './row.ts';

export class EvidenceTable {
  readonly #db: Database;
  readonly #onProblem: OnProblem;
  readonly #put: Statement<Cell[]>;
  readonly #putFrame: Statement<unknown[]>;
  readonly #dropFrames: Statement<Cell[]>;
  readonly #move: Statement<Cell[]>;
  readonly #delete: Statement<Cell[]>;
  readonly #deleteFrames: Statement<Cell[]>;

  constructor(db: Database, onProblem: OnProblem) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#put = upsert(db, 'evidence', ['incident'], ['seen', 'head', 'next']);
    this.#putFrame = db.prepare(
      `INSERT OR REPLACE INTO evidence_frames (incident, seq, time, link_type, wire_length, data)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#dropFrames = db.prepare('DELETE FROM evidence_frames WHERE incident = ? AND seq >= ? AND seq < ?');
    this.#move = db.prepare('UPDATE evidence_frames SET time = time + ? WHERE time BETWEEN ? AND ?');
    this.#delete = db.prepare('DELETE FROM evidence WHERE incident = ?');
    this.#deleteFrames = db.prepare('DELETE FROM evidence_frames WHERE incident = ?');
  }

  load(): StoredEvidence[] {
    const sizes = this.#db.prepare<[string], { seq: number; bytes: number }>(
      'SELECT seq, length(data) AS bytes FROM evidence_frames WHERE incident = ? ORDER BY seq',
    );
    const rows = this.#db.prepare<[], Row>('SELECT * FROM evidence ORDER BY incident').all();
    return rows.map(({ head, incident, next, seen }) => ({
      ...{ incident: String(incident), seen: Number(seen), head: Number(head), next: Number(next) },
      sizes: sizes.all(String(incident)),
    }));
  }

  /** Oldest first. */
  framesOf(incident: string): EvidenceFrame[] {
    const rows = this.#db
      .prepare<[string], Row>('SELECT * FROM evidence_frames WHERE incident = ? ORDER BY seq')
      .all(incident);
    return readRows(rows, (row) => `evidence_frames (${row.incident}, ${row.seq})`, readFrame, this.#onProblem);
  }

  /** Frames of the incident that passed, kept or not. */
  seenOf(incident: string): number {
    return (
      this.#db.prepare<[string], number>('SELECT seen FROM evidence WHERE incident = ?').pluck().get(incident) ?? 0
    );
  }

  /** Call within a transaction. */
  save({ changes, removed }: EvidenceChanges): void {
    for (const id of removed) this.#remove(id);
    for (const { frames, head, incident, next, seen, tailFrom } of changes) {
      this.#dropFrames.run(incident, head, tailFrom);
      for (const { data, linkType, seq, time, wireLength } of frames)
        this.#putFrame.run(incident, seq, time, linkType, wireLength, data);
      this.#put.run(incident, seen, head, next);
    }
  }

  /** The clock was put right: call within a transaction, before frames are saved that bear the right time. */
  move({ by, since, until }: TimeMove): void {
    this.#move.run(by, since, until);
  }

  /** Deletes what belongs to no incident any more; call within a transaction. */
  removeOrphans(): void {
    const orphans = this.#db
      .prepare<[], string>('SELECT incident FROM evidence WHERE incident NOT IN (SELECT id FROM incidents)')
      .pluck()
      .all();
    for (const id of orphans) this.#remove(id);
  }

  #remove(incident: string): void {
    this.#deleteFrames.run(incident);
    this.#delete.run(incident);
  }
}

function readFrame({ data, link_type, seq, time, wire_length }: Row): EvidenceFrame {
  const linkType = Number(link_type);
  if (!Buffer.isBuffer(data) || !isSupportedLinkType(linkType)) throw new TypeError('not a frame');
  return { seq: Number(seq), time: Number(time), linkType, wireLength: Number(wire_length), data };
}
