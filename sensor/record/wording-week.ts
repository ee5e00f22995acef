// What is said of a week. It tells what was seen and what was not looked at, and never that something did not happen.
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import { GAPS } from './watch-hours.ts';
import type { SomeDevices, WeekSummary } from './week-summary.ts';

/** Names in one sentence; the rest are counted. */
const NAMED = 6;

/** What a device is called now; null where it is remembered no more. */
export type NameOf = (mac: Mac) => string | null;

/** Sentences, most important first. */
export function weekSentences(words: Words, week: WeekSummary, nameOf: NameOf): string[] {
  const watched = [words.week.watched({ percent: week.percent }), ...gapSentence(words, week.gaps)].join(' ');
  if (week.percent === 0 && week.seen === 0) return [watched, words.week.nothingToSay];
  const named = (some: SomeDevices) => namesOf(words, some, nameOf);
  return [
    watched,
    mailSentence(words, week, named),
    exposureSentence(words, week, named),
    updateSentence(words, week, named),
    deviceSentence(words, week, named),
    ...(week.percent === 100 ? [] : [words.week.notInFigures]),
  ];
}

/** None where there was no gap. */
export function gapSentence(words: Words, gaps: WeekSummary['gaps']): string[] {
  const known = [...GAPS, 'unrecorded' as const].map((gap) => ({ gap, minutes: gaps[gap] ?? 0 }));
  const longest = known.filter(({ minutes }) => minutes > 0).sort((a, b) => b.minutes - a.minutes);
  const parts = longest.map(({ gap, minutes }) =>
    words.week.gap({ time: duration(words, minutes), why: words.week.gaps[gap] }),
  );
  return parts.length === 0 ? [] : [words.week.notWatched({ gaps: parts.join(', ') })];
}

/** `3 days 4 hours`, `25 minutes`. */
export function duration({ time }: Words, minutes: number): string {
  if (minutes < 60) return time.minutes({ n: minutes });
  const hours = Math.floor(minutes / 60);
  const [more, less] =
    hours < 24
      ? [time.hours({ n: hours }), minutes % 60 > 0 ? time.minutes({ n: minutes % 60 }) : '']
      : [time.days({ n: Math.floor(hours / 24) }), hours % 24 > 0 ? time.hours({ n: hours % 24 }) : ''];
  return less === '' ? more : time.both({ more, less });
}

type Named = (some: SomeDevices) => string;

function mailSentence({ week }: Words, { mail: { by, expected, unexpected } }: WeekSummary, named: Named): string {
  const n = expected + unexpected;
  if (n === 0) return week.noMail;
  if (unexpected === 0) return week.mailExpected({ n });
  const devices = by.count === 0 ? '' : week.by({ devices: named(by) });
  if (expected === 0) return week.mailUnexpected({ n, by: devices });
  return week.mailMixed({ n, expected, unexpected, by: devices });
}

function exposureSentence({ week }: Words, { exposed, mappings }: WeekSummary, named: Named): string {
  const reached = exposed.count === 0 ? week.notReached : week.reached({ n: exposed.count, devices: named(exposed) });
  if (mappings.count === 0) return reached;
  return `${reached} ${week.mapped({ n: mappings.count, devices: named(mappings) })}`;
}

function updateSentence({ week }: Words, { updates: { fetched, overdue } }: WeekSummary, named: Named): string {
  const seen = fetched.count === 0 ? week.noneFetched : week.fetched({ n: fetched.count, devices: named(fetched) });
  if (overdue.count === 0) return seen;
  return `${seen} ${week.overdue({ n: overdue.count, devices: named(overdue) })}`;
}

function deviceSentence({ week }: Words, { fresh, seen }: WeekSummary, named: Named): string {
  const first = fresh.count === 0 ? week.noneFresh : week.fresh({ n: fresh.count, devices: named(fresh) });
  return week.seen({ n: seen, fresh: first });
}

function namesOf(words: Words, { count, macs }: SomeDevices, nameOf: NameOf): string {
  const names = macs.flatMap((mac) => nameOf(mac) ?? []).slice(0, NAMED);
  const more = count - names.length;
  if (names.length === 0) return words.week.forgotten({ n: count });
  return words.list(more === 0 ? names : [...names, words.week.more({ n: more })]);
}
