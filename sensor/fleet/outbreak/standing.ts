// Where one home stands for each family and backend: mailing after contact, healthy with it, neither. A pure function of what is
// known of the home on a day, so that the order in which reports came does not matter; the collector and the simulator both ask it.
import { ALL_THINGS, DAY, type Exposure, type HomeFacts, type MailBegan } from './home-facts.ts';

/**
 * - `after`: mail began after contact, and the fleet had heard of the use before it heard of the mail
 * - `weak`: mail began after contact, but the use was not heard of before
 * - `young`: so, but the home was too new in the fleet, or the thing too new in the home: what is set up may be set up to mail
 * - `before`: mail began before the first contact
 * - `healthy`: uses it, no mail, and the sensor would have seen it; `long`: so for longer than two weeks
 * - `seen`: uses it, but nothing can be said: blind, new, or the mail is long ago
 *
 * For a family itself, which stands under the backend '': `after` is a home in which mail began, `healthy` and `seen` as above.
 */
export type Standing = 'after' | 'weak' | 'young' | 'before' | 'healthy' | 'long' | 'seen';

export interface Cell {
  /** A family or `ALL_THINGS`. */
  group: string;
  /** '' for the group itself. */
  backend: string;
  role: string;
  standing: Standing;
  /** The day on which the fleet first heard of the use, or of the family. */
  heardOn: number;
  /** The day on which the fleet first heard of the mail; null for a home without. */
  mailHeardOn: number | null;
  /** Days from first contact to mail; 0 where there was none. */
  incubation: number;
}

/** Of one home: by group, and there by backend. */
export type Cells = ReadonlyMap<string, ReadonlyMap<string, Cell>>;
type MutableCells = Map<string, Map<string, Cell>>;

/**
 * Days. A home that is newer than this in the fleet counts neither way: its mail may be what it always did, or made up. Nor does the
 * mail of a family that the fleet has heard of there for less than this: many things are set up to mail when they are bought.
 */
export const SETTLING = 14;
/** Days for which a backend counts as used after the last day of use. */
export const EXPOSURE_LASTS = 90;
/** Days for which mail is remembered: so long a home that mailed is no healthy one. */
export const MAIL_LASTS = 120;
/** Use for more days than this is long: longer than most incubations. */
export const LONG_USE = 14;
/** Days that silence is looked for in. */
const WATCH = 28;
/** Share of those days on which the sensor must have seen the home well. */
const WATCHED = 0.6;
/** Days around the beginning of mail, of which one must have been a good one: else whose mail it was is not known. */
const AROUND_MAIL = 3;

/** @param known what was worked out before, for when the fleet heard of what; @param today the day of the judgement */
export function standingsOf(facts: HomeFacts, known: Cells, today: number): MutableCells {
  const cells: MutableCells = new Map();
  const mail = firstMails(facts, today);
  const silence = silenceBy(facts, today);
  const uses = new Map<string, Exposure[]>();
  for (const family of facts.families.keys()) uses.set(family, []);
  for (const exposure of facts.exposures) {
    const all = uses.get(exposure.family);
    if (all === undefined) uses.set(exposure.family, [exposure]);
    else all.push(exposure);
  }
  for (const family of mail.keys()) if (!uses.has(family)) uses.set(family, []);
  for (const [group, exposures] of uses) {
    const at: At = { group, facts, today, silence, began: mail.get(group) ?? null, known: known.get(group) };
    cells.set(group, groupCells(at, exposures));
  }
  if (cells.size > 0) cells.set(ALL_THINGS, sumUp(cells));
  return cells;
}

/** A family of a home on a day. */
interface At {
  group: string;
  facts: HomeFacts;
  today: number;
  /** Whether most of the days since one, of the last `WATCH`, were good ones. */
  silence: (from: number) => boolean;
  began: MailBegan | null;
  known: ReadonlyMap<string, Cell> | undefined;
}

/** Of each family the first mail; of two in the same minute the one whose chain tells more. */
function firstMails({ mail }: HomeFacts, today: number): Map<string, MailBegan> {
  const first = new Map<string, MailBegan>();
  for (const one of mail) {
    const known = first.get(one.family);
    const isFirst =
      known === undefined || one.at < known.at || (one.at === known.at && one.before.size > known.before.size);
    // A clock that runs ahead at a home does not make the future.
    if (isFirst && one.at < (today + 2) * DAY) first.set(one.family, one);
  }
  return first;
}

function silenceBy({ enrolledOn, goodDays }: HomeFacts, today: number): (from: number) => boolean {
  if (today - enrolledOn < SETTLING) return () => false;
  // How many good days there are from so many days ago until today.
  const since: number[] = [];
  for (let [back, good] = [0, 0]; back < WATCH; back++) {
    if (goodDays.has(today - back)) good++;
    since.push(good);
  }
  return (from) => {
    const days = Math.min(WATCH, today - Math.max(from, enrolledOn) + 1);
    // Today is not over: it need not have been reported.
    return days >= 1 && (since[days - 1] ?? 0) >= Math.floor(WATCHED * days);
  };
}

function groupCells(at: At, exposures: readonly Exposure[]): Map<string, Cell> {
  const { began, today } = at;
  const own = unitOf(at);
  const cells = new Map([['', own]]);
  for (const exposure of exposures) {
    const contact = began?.before.get(exposure.backend)?.at ?? null;
    // A contact that the chain tells of was before the mail, however long the use is over.
    if (today - exposure.lastDay > EXPOSURE_LASTS && contact === null) continue;
    cells.set(exposure.backend, cellOf(at, own, exposure, contact, false));
  }
  for (const [backend, { at: contact, role }] of began?.before ?? []) {
    if (cells.has(backend)) continue;
    const day = Math.floor(contact / DAY);
    const use: Exposure = { family: at.group, backend, role, firstDay: day, lastDay: day };
    cells.set(backend, cellOf(at, own, use, contact, true));
  }
  return cells;
}

/** The first that was ever heard, whichever came first into the store. */
function firstHeard(known: number | null | undefined, told: number | undefined, today: number): number {
  return known == null ? (told ?? today) : Math.min(known, told ?? known);
}

function unitOf({ began, facts, group, known, silence, today }: At): Cell {
  const before = known?.get('');
  const quiet = silence(today - WATCH + 1) ? 'healthy' : 'seen';
  const heardOn = firstHeard(before?.heardOn, facts.families.get(group) ?? began?.heardOn, today);
  return {
    group,
    backend: '',
    role: '',
    standing: began === null ? quiet : isBelieved(began, heardOn, facts, today) ? 'after' : 'seen',
    heardOn,
    mailHeardOn: began === null ? null : firstHeard(before?.mailHeardOn, began.heardOn, today),
    incubation: 0,
  };
}

/** Mail of a settled home, not long ago, at a time when the sensor could tell whose it was. */
function isBelieved({ at }: MailBegan, heardOn: number, facts: HomeFacts, today: number): boolean {
  const day = Math.floor(at / DAY);
  const { goodDays } = facts;
  if (!isSettled(day, heardOn, facts) || today - day > MAIL_LASTS) return false;
  for (let near = day - AROUND_MAIL; near <= day + AROUND_MAIL; near++) if (goodDays.has(near)) return true;
  return false;
}

/** @param heardOn when the fleet first heard of the family there */
function isSettled(day: number, heardOn: number, { enrolledOn }: HomeFacts): boolean {
  return day - Math.max(enrolledOn, heardOn) >= SETTLING;
}

/** @param contact when the thing that mailed had come to it, ms; null where only days are known @param isFromChain no use of it was reported */
function cellOf(at: At, own: Cell, use: Exposure, contact: number | null, isFromChain: boolean): Cell {
  const { began, facts, group, known, silence, today } = at;
  const heardOn = firstHeard(known?.get(use.backend)?.heardOn, use.heardOn, today);
  const { mailHeardOn } = own;
  let [standing, incubation]: [Standing, number] = ['seen', 0];
  if (began === null) {
    if (silence(use.firstDay)) standing = today - use.firstDay > LONG_USE ? 'long' : 'healthy';
  } else {
    const mailDay = Math.floor(began.at / DAY);
    // By the chain's minute, else by a day before the mail's.
    const isBefore = contact === null ? use.firstDay < mailDay : contact <= began.at;
    if (isBefore) {
      const contactDay = contact === null ? use.firstDay : Math.min(use.firstDay, Math.floor(contact / DAY));
      incubation = Math.max(0, mailDay - contactDay);
      if (own.standing === 'after') standing = !isFromChain && heardOn < (mailHeardOn ?? today) ? 'after' : 'weak';
      else if (!isSettled(mailDay, own.heardOn, facts)) standing = 'young';
    } else if (own.standing === 'after') standing = 'before';
  }
  return { group, backend: use.backend, role: use.role, standing, heardOn, mailHeardOn, incubation };
}

const RANK: Record<Standing, number> = { after: 6, weak: 5, young: 4, before: 3, long: 2, healthy: 1, seen: 0 };

/** Of two families of a home that use a backend, the one that it may have harmed more; then the one that mailed first. */
function isWorse(a: Cell, b: Cell): boolean {
  if (a.standing !== b.standing) return RANK[a.standing] > RANK[b.standing];
  if (a.mailHeardOn !== b.mailHeardOn) return (a.mailHeardOn ?? 0) < (b.mailHeardOn ?? 0);
  return a.incubation === b.incubation ? a.role > b.role : a.incubation < b.incubation;
}

/** All things of the home together: a backend stands there as in the family that it may have harmed most. */
function sumUp(cells: MutableCells): Map<string, Cell> {
  const units = [...cells.values()].flatMap((group) => group.get('') ?? []);
  const heard = units.flatMap(({ mailHeardOn, standing }) => (standing === 'after' ? (mailHeardOn ?? []) : []));
  const isMailing = heard.length > 0;
  const hasMail = units.some(({ mailHeardOn }) => mailHeardOn !== null);
  const isWatched = units.some(({ standing }) => standing === 'healthy');
  const all = new Map<string, Cell>();
  for (const group of cells.values()) {
    for (const cell of group.values()) {
      const other = all.get(cell.backend);
      if (other === undefined) {
        all.set(cell.backend, { ...cell, group: ALL_THINGS });
        continue;
      }
      const { heardOn } = other;
      if (isWorse(cell, other)) Object.assign(other, cell, { group: ALL_THINGS });
      other.heardOn = Math.min(heardOn, cell.heardOn);
    }
  }
  for (const cell of all.values()) {
    // Another family of the home mailed, without the backend: that home is no healthy one.
    const isQuiet = cell.standing === 'healthy' || cell.standing === 'long';
    if (isQuiet && hasMail) cell.standing = 'seen';
  }
  all.set('', {
    ...{ group: ALL_THINGS, backend: '', role: '', incubation: 0 },
    standing: isMailing ? 'after' : hasMail || !isWatched ? 'seen' : 'healthy',
    heardOn: Math.min(...units.map(({ heardOn }) => heardOn)),
    mailHeardOn: isMailing ? Math.min(...heard) : null,
  });
  return all;
}
