// Looks at what came before it is stored: is it a record of the home that sent it? Reads no clock and no store, and never throws.
import { type FleetRecord, fleetRecord, HOME_ID, RECORD_OCTETS } from '../record.ts';
import { dayOf } from '../store/record-rows.ts';
import type { KeptDays } from '../store/retention.ts';

/** Why something is no record; for the dead letters, with what else is known of it. */
export type Defect = 'too long' | 'no JSON' | 'wrong schema' | 'date out of range' | 'bad text';

export type Sieved = { record: FleetRecord } | { defect: Defect; detail: string };

const DETAIL = 300;
/** Neither JSONB nor a page can do anything with them: NUL, other controls, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const BAD_TEXT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

/** The home whose subject it is: the servers let nobody else publish there. Null where it is none. */
export function homeOf(subject: string): string | null {
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  return HOME_ID.test(last) ? last : null;
}

export function sieve(data: Uint8Array, kept: KeptDays): Sieved {
  if (data.length > RECORD_OCTETS) return { defect: 'too long', detail: `${data.length} octets` };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return { defect: 'no JSON', detail: `${data.length} octets` };
  }
  const read = fleetRecord.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = issue?.path.join('.') ?? '';
    return { defect: 'wrong schema', detail: cleaned(`${at === '' ? 'the whole' : at}: ${issue?.message ?? ''}`) };
  }
  const record = read.data;
  if (record.kind === 'withdrawal') return { record };
  const wrong = wrongDate(record, kept);
  if (wrong !== null) return { defect: 'date out of range', detail: wrong };
  const bad = textsOf(record).find((text) => BAD_TEXT.test(text));
  return bad === undefined ? { record } : { defect: 'bad text', detail: cleaned(bad) };
}

/** The first date outside the days that are kept. An incident's chain may reach further back. */
function wrongDate(record: Exclude<FleetRecord, { kind: 'withdrawal' }>, { from, to }: KeptDays): string | null {
  const days = [dayOf(record)];
  if (record.kind === 'incident') {
    days.push(record.body.lastAt.slice(0, 10));
    for (const { at } of record.body.before) if (at.slice(0, 10) > to) days.push(at.slice(0, 10));
    if (record.body.lastAt < record.body.startedAt) return `ends ${record.body.lastAt}, before it began`;
  }
  return days.find((day) => !isDay(day) || day < from || day > to) ?? null;
}

/** The 31st of February has the form of a day and is none. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** Those that the schema leaves free. */
function textsOf(record: FleetRecord): string[] {
  switch (record.kind) {
    case 'incident':
      return [record.body.device?.vendor ?? '', ...record.body.before.map(({ backend }) => backend)];
    case 'usage':
      return [record.body.vendor ?? '', ...record.body.backends.map(({ backend }) => backend)];
    default:
      return [];
  }
}

const cleaned = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, DETAIL);
