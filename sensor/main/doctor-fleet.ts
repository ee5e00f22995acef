// Doctor's checks of a home's fleet: its enrolment, its servers, and what waits for them. It connects as the home, under an id of its own
// so that a running sensor keeps its place, and sends no record. Loaded only where the configuration names an enrolment. Belongs to
// main.ts.
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import type { DoctorCheck } from '../deploy/doctor-check.ts';
import { type Contact, keptContact } from '../fleet/contact.ts';
import type { Enrolment } from '../fleet/enrolment.ts';
import { EnrolmentError, readEnrolment } from '../fleet/read-enrolment.ts';
import { type UplinkFault, uplinkFault } from '../fleet/uplink-fault.ts';
import { isWithdrawn } from '../fleet/withdrawn.ts';
import { FLEET_TARGET } from '../record/outbox.ts';
import { databaseIn } from '../spine.ts';
import { systemAuthorities } from './system-authorities.ts';

const ANSWER_WITHIN = 5_000;
const DAY = 24 * 60 * 60_000;
/** What ends within this time (ms) is told of. */
const SOON = 30 * DAY;
/** Records go at once: those that wait for longer (ms) are kept from it. */
const LATE = 60 * 60_000;
const NEW_FILE = 'ask whoever runs the fleet for a new enrolment, or remove fleet.enrolment from the configuration';

/** @param now wall time, ms */
export async function checkFleet(path: string, stateDir: string, now: () => number): Promise<DoctorCheck[]> {
  let enrolment: Enrolment;
  try {
    enrolment = readEnrolment(path);
  } catch (error) {
    if (!(error instanceof EnrolmentError)) throw error;
    return [enrolmentSays('fail', error.message, 'correct fleet.enrolment or that file: the sensor does not start so')];
  }
  // Nothing goes there any more, and nothing is wanted from there.
  if (isWithdrawn(stateDir, enrolment.home))
    return [
      enrolmentSays(
        'fail',
        `this home has left the fleet "${enrolment.fleet}" (fleet withdraw) and sends nothing`,
        `remove fleet.enrolment from the configuration, and ${path}; to come back, ask for a new enrolment`,
      ),
    ];
  const server = await checkServers(enrolment, now());
  const isReached = server.result !== 'fail';
  return [checkEnrolment(enrolment, now()), server, checkRecords(enrolment, stateDir, now(), isReached)];
}

function enrolmentSays(result: DoctorCheck['result'], found: string, fix: string | null): DoctorCheck {
  return { name: 'fleet enrolment', result, found, why: 'with it this home reports and hears warnings', fix };
}

function checkEnrolment({ ca, fleet, home, token }: Enrolment, now: number): DoctorCheck {
  const whose = `this home is ${home} of "${fleet}"`;
  const ends: [what: string, at: number | null][] = [
    ['its credential', endOf(token)],
    ['the authority in it', ca === null ? null : Date.parse(new X509Certificate(ca).validTo)],
  ];
  const told = ends.map(([what, at]) =>
    at === null ? `${what} has no end` : `${what} ${at > now ? 'holds until' : 'ended on'} ${dayOf(at)}`,
  );
  const found = `${whose}; ${ca === null ? told[0] : told.join(', ')}`;
  const next = Math.min(...ends.map(([, at]) => at ?? Number.POSITIVE_INFINITY));
  if (next > now + SOON) return enrolmentSays('ok', found, null);
  return enrolmentSays(next > now ? 'warn' : 'fail', found, NEW_FILE);
}

/** `exp` of a JWT (RFC 7519, section 4.1.4), ms; null where it bears none, or is none. */
function endOf(token: string): number | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const end = Number(Object(claims).exp);
    return end > 0 ? end * 1000 : null;
  } catch {
    return null;
  }
}

interface Answer {
  host: string;
  /** Null where it let this home in. */
  fault: UplinkFault | null;
  /** When its certificate ends, ms. */
  ends: number | null;
}

async function checkServers(enrolment: Enrolment, now: number): Promise<DoctorCheck> {
  const answers = await Promise.all(enrolment.urls.map((url) => ask(enrolment, url)));
  const check = { name: 'fleet server', why: 'what this home tells goes there, and warnings come from there' };
  const faults = answers.flatMap(({ fault, host }) => (fault === null ? [] : [{ ...fault, host }]));
  const good = answers.filter(({ fault }) => fault === null);
  const found = [
    ...good.map(({ ends, host }) => `${host} lets this home in${ends === null ? '' : certificateText(ends, now)}`),
    ...faults.map(({ host, text }) => `${host}: ${text}`),
  ].join('; ');
  // What a person who runs the fleet has to mend, and what this machine or its network may.
  const isTheirs = faults.some(({ isLasting }) => isLasting);
  if (faults.length > 0) {
    const fix = isTheirs
      ? NEW_FILE
      : 'look up and reach that name from here (network, name server, firewall); where that works, ask whoever runs the fleet';
    return { ...check, result: good.length > 0 ? 'warn' : 'fail', found, fix };
  }
  if (answers.some(({ ends }) => ends !== null && ends < now + SOON))
    return { ...check, result: 'warn', found, fix: 'tell whoever runs the fleet: npm run fleet -- certificate' };
  return { ...check, result: 'ok', found, fix: null };
}

function certificateText(ends: number, now: number): string {
  return ends < now + SOON ? `; its certificate ends on ${dayOf(ends)}` : ', its certificate is trusted';
}

function ask({ ca, home, token }: Enrolment, url: string): Promise<Answer> {
  const { host } = new URL(url);
  const authorities = ca ?? systemAuthorities();
  return new Promise((resolve) => {
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clean: true,
      clientId: `${home}-doctor-${process.pid}`,
      username: home,
      password: token,
      ...(authorities === null ? {} : { ca: authorities }),
      rejectUnauthorized: true,
      connectTimeout: ANSWER_WITHIN,
      reconnectPeriod: 0,
    });
    let failure: Error | null = null;
    const end = (fault: UplinkFault | null, ends: number | null = null) => {
      resolve({ host, fault, ends });
      client.end(true);
    };
    client.on('error', (error) => {
      failure ??= error;
      client.stream.destroy();
    });
    client.once('connect', () => end(null, endOfCertificate(client.stream)));
    client.once('close', () => end(uplinkFault(failure, false)));
  });
}

/** Null where it showed none. */
function endOfCertificate(stream: object): number | null {
  if (!('getPeerCertificate' in stream)) return null;
  const { valid_to: text } = (stream as TLSSocket).getPeerCertificate();
  const ends = Date.parse(text ?? '');
  return Number.isNaN(ends) ? null : ends;
}

function checkRecords({ home }: Enrolment, stateDir: string, now: number, isReached: boolean): DoctorCheck {
  const check = { name: 'fleet records', why: 'the fleet warns of what homes have told it' };
  const kept = keptOf(stateDir, home);
  if (kept === null)
    return { ...check, result: 'ok', found: 'no sensor has run with this state directory yet', fix: null };
  const { acknowledgedAt, oldest, waiting, warningAt } = kept;
  const found = [
    waiting === 0 ? 'none waits' : `${waiting} wait${waiting === 1 ? 's' : ''}, the oldest since ${timeOf(oldest)}`,
    acknowledgedAt === null ? 'none was acknowledged yet' : `the last was acknowledged ${timeOf(acknowledgedAt)}`,
    warningAt === null ? 'no warning was heard yet' : `the last warning was heard ${timeOf(warningAt)}`,
  ].join(', ');
  if (waiting === 0 || now - oldest < LATE) return { ...check, result: 'ok', found, fix: null };
  const fix = isReached
    ? 'see that the sensor runs; as a service it needs IPAddressAllow= for the servers of the fleet and a name server; its page says more (Sensor)'
    : 'mend what keeps this home from the fleet: they go by themselves then, none is lost';
  return { ...check, result: 'warn', found, fix };
}

interface Kept extends Contact {
  waiting: number;
  /** Of what waits, wall time, ms. */
  oldest: number;
}

/** From the database, read beside a sensor that runs; null where there is none that can be read. */
function keptOf(stateDir: string, home: string): Kept | null {
  const path = databaseIn(stateDir);
  if (!existsSync(path)) return null;
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      const meta = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
      const row = db
        .prepare<[string], { waiting: number; oldest: number | null }>(
          'SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox WHERE target = ?',
        )
        .get(FLEET_TARGET);
      const contact = keptContact({ meta: (key) => meta.get(key) ?? null }, home);
      return { ...contact, waiting: row?.waiting ?? 0, oldest: row?.oldest ?? 0 };
    } finally {
      db.close();
    }
  } catch {
    // Another's, damaged, or of an older version: the sensor says so when it starts.
    return null;
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2026-11-30 10:42 UTC`. */
function timeOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
