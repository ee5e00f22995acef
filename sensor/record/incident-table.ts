// Incidents and expectations on disk, and which of the old ones may go. Judging and changing them is not done here.
import type { Database, Statement } from 'better-sqlite3';
import type { Expectation, Incident } from './incident.ts';
import { type Cell, fromJson, type OnProblem, type Row, readRows, upsert } from './row.ts';
import { expectationIn, incidentIn } from './row-shapes.ts';

const INCIDENT_COLUMNS = [
  'kind',
  'severity',
  'device',
  'port_class',
  'started_at',
  'last_at',
  'findings',
  'summary',
  'evidence',
  'advice',
  'happened_before',
  'state',
  'acknowledged_at',
  'resolved_at',
  'watch_until',
] as const;

const EXPECTATION_COLUMNS = [
  'device',
  'covers',
  'targets',
  'created_at',
  'created_by',
  'until',
  'matches',
  'last_match',
  'incident',
] as const;

/** Open and acknowledged incidents never go; the others once nothing watches for them any more. */
const CLOSED = "state IN ('resolved', 'expected')";
const CLOSED_AT = 'max(last_at, ifnull(resolved_at, 0), ifnull(watch_until, 0))';

export class IncidentTable {
  readonly #db: Database;
  readonly #onProblem: OnProblem;
  readonly #putIncident: Statement<Cell[]>;
  readonly #putExpectation: Statement<Cell[]>;
  readonly #deleteIncident: Statement<[string]>;
  readonly #deleteExpectation: Statement<[string]>;
  readonly #deleteIncidents: Statement<[number], string>;
  readonly #deleteTimeline: Statement<[number]>;
  readonly #oldest: Statement<[number], number | null>;

  constructor(db: Database, onProblem: OnProblem) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#putIncident = upsert(db, 'incidents', ['id'], INCIDENT_COLUMNS);
    this.#putExpectation = upsert(db, 'expectations', ['id'], EXPECTATION_COLUMNS);
    this.#deleteIncident = db.prepare('DELETE FROM incidents WHERE id = ?');
    this.#deleteExpectation = db.prepare('DELETE FROM expectations WHERE id = ?');
    this.#deleteIncidents = db
      .prepare<[number], string>(`DELETE FROM incidents WHERE ${CLOSED} AND ${CLOSED_AT} < ? RETURNING id`)
      .pluck();
    this.#deleteTimeline = db.prepare('DELETE FROM timeline WHERE time < ?');
    this.#oldest = db
      .prepare<[number], number | null>(
        `SELECT max(at) FROM (
           SELECT at FROM (
             SELECT ${CLOSED_AT} AS at FROM incidents WHERE ${CLOSED} UNION ALL SELECT time FROM timeline
           ) ORDER BY at LIMIT ?)`,
      )
      .pluck();
  }

  /** Oldest first. */
  loadIncidents(openOnly: boolean): Incident[] {
    const where = openOnly ? `WHERE NOT ${CLOSED}` : '';
    const rows = this.#db.prepare<[], Row>(`SELECT * FROM incidents ${where} ORDER BY started_at, id`).iterate();
    return readRows(rows, (row) => `incidents (${row.id})`, readIncident, this.#onProblem);
  }

  loadExpectations(): Expectation[] {
    const rows = this.#db.prepare<[], Row>('SELECT * FROM expectations ORDER BY created_at, id').iterate();
    return readRows(rows, (row) => `expectations (${row.id})`, readExpectation, this.#onProblem);
  }

  saveIncident(incident: Incident): void {
    this.#putIncident.run(
      incident.id,
      incident.kind,
      incident.severity,
      incident.device,
      incident.portClass,
      incident.startedAt,
      incident.lastAt,
      incident.findings,
      incident.summary,
      JSON.stringify(incident.evidence),
      JSON.stringify(incident.advice),
      JSON.stringify(incident.before),
      incident.state,
      incident.acknowledgedAt,
      incident.resolvedAt,
      incident.watchUntil,
    );
  }

  saveExpectation(expectation: Expectation): void {
    this.#putExpectation.run(
      expectation.id,
      expectation.device,
      expectation.covers,
      JSON.stringify(expectation.targets),
      expectation.createdAt,
      expectation.createdBy,
      expectation.until,
      expectation.matches,
      expectation.lastMatch,
      expectation.incident,
    );
  }

  removeIncident(id: string): void {
    this.#deleteIncident.run(id);
  }

  removeExpectation(id: string): void {
    this.#deleteExpectation.run(id);
  }

  /** Deletes closed incidents and timeline entries from before `time`; call within a transaction. */
  removeBefore(time: number): { incidents: string[]; timeline: number } {
    return { incidents: this.#deleteIncidents.all(time), timeline: this.#deleteTimeline.run(time).changes };
  }

  /** The time of the newest among the `count` oldest rows that may go; null when there is none. */
  timeOfOldest(count: number): number | null {
    return this.#oldest.get(count) ?? null;
  }
}

function readIncident(row: Row): Incident {
  return incidentIn({
    ...row,
    portClass: row.port_class,
    startedAt: row.started_at,
    lastAt: row.last_at,
    evidence: fromJson(row.evidence),
    advice: fromJson(row.advice),
    before: fromJson(row.happened_before),
    acknowledgedAt: row.acknowledged_at,
    resolvedAt: row.resolved_at,
    watchUntil: row.watch_until,
  });
}

function readExpectation(row: Row): Expectation {
  return expectationIn({
    ...row,
    targets: fromJson(row.targets),
    createdAt: row.created_at,
    createdBy: row.created_by,
    lastMatch: row.last_match,
  });
}
