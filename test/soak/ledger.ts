// What was sent and what was heard, beside what the sensor has on disk in the end: nothing may be lost, nothing counted twice.
// While the sensor cannot see (its capture or itself ended, its port down) an attempt may be counted or not; its count is told.
import Database from 'better-sqlite3';
import { databaseIn } from '../../sensor/spine.ts';
import { groupBy } from '../support/group-by.ts';
import type { Attempt } from './traffic.ts';

/** From and to, wall time in ms. */
type Window = readonly [from: number, to: number];

export interface Balance {
  attempts: {
    sent: number;
    /** Sent while the sensor could not see. */
    blind: number;
    counted: number;
    /** Sent in sight and not counted. */
    lost: number;
    /** Counted beyond all that was sent. */
    twice: number;
  };
  incidents: {
    /** (device, port class) pairs that must have one. */
    expected: number;
    stored: number;
    /** Without one on disk. */
    lost: number;
    /** More than one for the same device and port class. */
    twice: number;
  };
  alerts: {
    /** Different ones heard about incidents of the ledger's devices. */
    heard: number;
    /** Incidents on disk of whose beginning nothing was heard. */
    lost: number;
    /** Heard more than once, always with the same id: allowed, since the broker may have gone before it could say thank you. */
    again: number;
    /** Heard, and of no incident on disk. */
    unknown: number;
  };
  integrity: string;
  /** Which ones, for whoever looks into it. */
  details: string[];
}

interface Alert {
  id: string;
  incident: string;
  event_type: string;
  mac: string | null;
}

/** Of the table `mail_destinations`. */
interface CountedPlace {
  mac: string;
  ip: string;
  port: number;
  attempts: number;
}

const placeKey = ({ ip, mac, port }: { mac: string; ip: string; port: number }) => `${mac} ${ip} ${port}`;

export class Ledger {
  readonly #attempts: Attempt[] = [];
  readonly #blind: Window[] = [];
  readonly #alerts = new Map<string, { alert: Alert; times: number }>();

  sent(attempt: Attempt): void {
    this.#attempts.push(attempt);
  }

  /** The sensor could not see from `from` to `to`. */
  blind(from: number, to: number): void {
    this.#blind.push([from, to]);
  }

  heard(payload: string): void {
    const alert = JSON.parse(payload) as Alert;
    const known = this.#alerts.get(alert.id);
    if (known === undefined) this.#alerts.set(alert.id, { alert, times: 1 });
    else known.times++;
  }

  /** `state` is of a sensor that has ended. */
  balance(state: string): Balance {
    const db = new Database(databaseIn(state), { readonly: true });
    try {
      const details: string[] = [];
      const takenForMadeUp = new Set<string>();
      return {
        attempts: this.#balanceAttempts(db, details, takenForMadeUp),
        ...this.#balanceIncidents(db, details, takenForMadeUp),
        details,
        integrity: String(db.pragma('integrity_check', { simple: true })),
      };
    } finally {
      db.close();
    }
  }

  /** @param takenForMadeUp is given the devices of which a flood's incident counts what they tried */
  #balanceAttempts(db: Database.Database, details: string[], takenForMadeUp: Set<string>): Balance['attempts'] {
    const rows = db.prepare('SELECT mac, mail FROM devices').all() as { mac: string; mail: string }[];
    const counted = new Map(rows.map(({ mac, mail }) => [mac, (JSON.parse(mail) as { attempts: number }).attempts]));
    const places = db.prepare('SELECT mac, ip, port, attempts FROM mail_destinations').all() as CountedPlace[];
    const countedTo = new Map(places.map((place) => [placeKey(place), place.attempts]));
    const sum = { sent: this.#attempts.length, blind: 0, counted: 0, lost: 0, twice: 0 };
    let ofNobody = countedOfNobody(db);
    for (const [mac, attempts] of groupBy(this.#attempts, (one) => one.mac)) {
      const blind = attempts.filter((one) => this.#isBlind(one)).length;
      const found = counted.get(mac) ?? 0;
      const lost = Math.max(0, attempts.length - blind - found);
      sum.blind += blind;
      sum.counted += found;
      sum.twice += Math.max(0, found - attempts.length);
      if (lost > 0 && lost <= ofNobody) {
        ofNobody -= lost;
        takenForMadeUp.add(mac);
        continue;
      }
      sum.lost += lost;
      if (lost === 0 && found <= attempts.length) continue;
      const missing = attemptsMissing(attempts, countedTo).map(
        (one) => `${timeOf(one)}${this.#isBlind(one) ? ' blind' : ''}`,
      );
      details.push(
        `${mac}: ${found} of ${attempts.length} attempts counted, ${blind} of them blind. To places that lack some: ${missing.join(', ')}`,
      );
    }
    return sum;
  }

  #balanceIncidents(
    db: Database.Database,
    details: string[],
    takenForMadeUp: ReadonlySet<string>,
  ): Pick<Balance, 'incidents' | 'alerts'> {
    const stored = db
      .prepare(
        "SELECT id, device, kind, started_at, port_class, summary FROM incidents WHERE kind IN ('mail_started', 'submission_started')",
      )
      .all() as { id: string; device: string; kind: string; started_at: number; port_class: string; summary: string }[];
    const ours = new Set(this.#attempts.map(({ mac }) => mac));
    const own = stored.filter(({ device }) => ours.has(device));
    const byPair = groupBy(own, ({ device, kind }) => `${device} ${kind}`);
    const pair = ({ mac, port }: Attempt) => `${mac} ${port === 25 ? 'mail_started' : 'submission_started'}`;
    const expected = new Set(this.#attempts.filter((one) => !this.#isBlind(one)).map(pair));
    // What they tried is in the flood's incident; one of their own they have where they were answered at last.
    for (const one of this.#attempts.filter(({ mac }) => takenForMadeUp.has(mac)).map(pair))
      if (!byPair.has(one)) expected.delete(one);
    const alerts = [...this.#alerts.values()].filter(({ alert }) => alert.mac !== null && ours.has(alert.mac));
    const begun = new Set(alerts.map(({ alert }) => alert.incident));
    const known = new Set(stored.map(({ id }) => id));
    for (const [one, same] of byPair)
      if (same.length > 1)
        details.push(
          `${one}: ${same.map(({ id, port_class: portClass, started_at: at, summary }) => `${id} at ${new Date(at).toISOString()} (${portClass}, ${summary})`).join(', ')}`,
        );
    for (const one of expected) if (!byPair.has(one)) details.push(`${one}: no incident`);
    return {
      incidents: {
        expected: expected.size,
        stored: own.length,
        lost: [...expected].filter((one) => !byPair.has(one)).length,
        twice: [...byPair.values()].filter((same) => same.length > 1).length,
      },
      alerts: {
        heard: alerts.length,
        lost: own.filter(({ id }) => !begun.has(id)).length,
        again: alerts.filter(({ times }) => times > 1).length,
        unknown: alerts.filter(({ alert }) => alert.mac !== null && !known.has(alert.incident)).length,
      },
    };
  }

  /** It left at some time between the two. */
  #isBlind({ leftAt, sentAt }: Attempt): boolean {
    return this.#blind.some(([from, to]) => (leftAt ?? Number.POSITIVE_INFINITY) >= from && sentAt <= to);
  }
}

/** Attempts of addresses that are taken for made up, as nobody has answered them yet: the incident of their flood counts them. */
function countedOfNobody(db: Database.Database): number {
  const { ofNobody } = db
    .prepare("SELECT coalesce(sum(evidence ->> 'mailAttempts'), 0) AS ofNobody FROM incidents WHERE kind = 'mac_flood'")
    .get() as { ofNobody: number };
  return ofNobody;
}

/** All attempts to those places that have fewer than were sent there. */
function attemptsMissing(attempts: readonly Attempt[], countedTo: ReadonlyMap<string, number>): Attempt[] {
  return [...groupBy(attempts, placeKey)]
    .filter(([place, all]) => all.length > (countedTo.get(place) ?? 0))
    .flatMap(([, all]) => all);
}

function timeOf({ ip, leftAt, port, sentAt }: Attempt): string {
  const late = leftAt === null ? 'never left' : `+${Math.round(leftAt - sentAt)} ms`;
  return `${new Date(sentAt).toISOString().slice(11, 23)} (${ip}:${port}, ${late})`;
}
