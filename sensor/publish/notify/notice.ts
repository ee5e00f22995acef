// What is told of an event, in the sentences that the page has. Pure.
import { SEVERITIES, type Severity } from '../../detect/finding.ts';
import { stageFrom } from '../../detect/mail-ladder.ts';
import type { Words } from '../../language/words.ts';
import type { IncidentEvent } from '../../record/events.ts';
import type { Incident } from '../../record/incident.ts';
import { isoTime } from '../../record/report.ts';
import type { WeekSummary } from '../../record/week-summary.ts';
import { stageText } from '../../record/wording-mail.ts';
import { alertId, eventType } from '../alerts.ts';
import { weekFigures } from '../payloads.ts';
import { cleanText, cleanTextOrNull } from '../text.ts';
import type { Notice, NotifyTarget } from './shapes.ts';

/** An incident as a target may read it. */
export interface Telling extends Pick<Incident, 'summary' | 'advice'> {
  /** What the device is called; null for an incident of none. */
  who: string | null;
}

const TITLE_LIMIT = 120;
/** Of any script less than the 4,096 octets that ntfy takes for a message. */
const TEXT_LIMIT = 600;
const ADVICE_LIMIT = 300;
/** As above, of a message without advice. */
const WEEK_LIMIT = 1000;
const DIGEST_LINES = 5;
const DIGEST_LINE = 160;

/** Null for what is no news, or too mild for the target. */
export function noticeOf(
  event: IncidentEvent,
  { least, names }: Pick<NotifyTarget, 'least' | 'names'>,
  told: { words: Words; telling: () => Telling; pageUrl: string | null },
): Notice | null {
  const { change, incident, time } = event;
  const type = eventType(event);
  if (type === null || rank(incident.severity) < rank(least)) return null;
  const { advice, summary, who } = told.telling();
  const isOver = change === 'resolved';
  const stage =
    change === 'escalated' && stageFrom(incident.evidence.stage) !== undefined ? stageText(told.words, incident) : null;
  const { alerts } = told.words;
  const text = stage === null ? summary : `${stage} ${summary}`;
  const [first] = advice;
  return {
    schema: 'thingwatch.alert/1',
    id: alertId(event),
    test: false,
    event_type: type,
    change,
    kind: incident.kind,
    severity: incident.severity,
    incident: incident.id,
    title: cleanText((isOver ? alerts.titleResolved : alerts.title)({ who: who ?? alerts.yourHome }), TITLE_LIMIT),
    text: cleanText(isOver ? alerts.resolved({ summary: text }) : text, TEXT_LIMIT),
    advice: isOver || first === undefined ? null : cleanText(first, ADVICE_LIMIT),
    device: cleanTextOrNull(who),
    mac: names ? incident.device : null,
    link: told.pageUrl === null ? null : `${told.pageUrl}#/incidents/${incident.id}`,
    time: isoTime(time),
  };
}

/** Not about anything that happened, and says so. */
export function testNotice({ alerts }: Words, id: string, time: number, pageUrl: string | null): Notice {
  return {
    ...{ schema: 'thingwatch.alert/1', id, test: true, event_type: 'test', change: 'test' },
    ...{ kind: null, severity: 'high', incident: null, device: null, mac: null },
    title: alerts.testTitle,
    text: alerts.test,
    advice: null,
    link: pageUrl,
    time: isoTime(time),
  };
}

/** `sentences`: what is said of the week to this target. Where they are too many together, each is cut. */
export function weekNotice(
  { alerts }: Words,
  week: WeekSummary,
  sentences: readonly string[],
  pageUrl: string | null,
): Notice {
  const whole = cleanText(sentences.join(' '), WEEK_LIMIT + 1);
  const isLong = [...whole].length > WEEK_LIMIT;
  const most = Math.floor(WEEK_LIMIT / Math.max(1, sentences.length)) - 2;
  return {
    ...{ schema: 'thingwatch.alert/1', id: `week-${week.to.toString(36)}`, test: false },
    ...{ event_type: 'weekly_summary', change: 'week', kind: null, severity: 'info', incident: null },
    title: alerts.weekTitle,
    text: isLong ? sentences.map((sentence) => shortened(sentence, most)).join(' ') : whole,
    ...{ advice: null, device: null, mac: null, link: pageUrl },
    time: isoTime(week.made),
    week: weekFigures(week),
  };
}

/** Alerts that were held back, at least one, as one message: how many, the worst, and the first of the rest. */
export function digestNotice({ alerts }: Words, held: readonly Notice[], pageUrl: string | null): Notice {
  const newest = held.at(-1) as Notice;
  const byWeight = held.toReversed().sort((a, b) => rank(b.severity) - rank(a.severity));
  const worst = byWeight[0] as Notice;
  const told = byWeight.slice(0, DIGEST_LINES);
  const lines = told.map(({ severity, text }) =>
    alerts.digestLine({ severity: alerts.severities[severity], text: shortened(text, DIGEST_LINE) }),
  );
  const more = held.length - told.length;
  const incidents = new Set(held.map(({ incident }) => incident));
  return {
    // The same ones again, after a crash, are the same message.
    ...{ schema: 'thingwatch.alert/1', id: `quiet-${newest.id}`, test: false },
    ...{ event_type: 'quiet_hours', change: 'digest', kind: null, severity: worst.severity },
    incident: incidents.size === 1 ? worst.incident : null,
    title: alerts.digestTitle({ n: held.length }),
    text: [
      alerts.digestWorst({ severity: alerts.severities[worst.severity] }),
      ...lines,
      ...(more === 0 ? [] : [alerts.digestMore({ n: more })]),
    ].join('\n'),
    ...{ advice: null, device: null, mac: null },
    link: incidents.size === 1 || pageUrl === null ? worst.link : `${pageUrl}#/incidents`,
    time: newest.time,
  };
}

function shortened(text: string, most: number): string {
  const whole = cleanText(text, most + 1);
  return [...whole].length > most ? `${cleanText(whole, most - 1)}…` : whole;
}

export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
