// The one sentence on top of the page, from measured state only: it never says all is well without coverage.
// A pure function of what the sensor reported; the words are in words/.
import type { ActivityHour } from '../../sensor/attribute/activity.ts';
import type { Health } from '../../sensor/record/health.ts';
import type { ReportIncident } from '../../sensor/record/report.ts';
import type { DeviceSummary } from '../shapes.ts';
import { HOUR_MS } from './format.ts';
import { innerAddress, isMailIncident } from './mail-facts.ts';
import { words } from './words.ts';

export type Tone = 'alert' | 'notice' | 'blind' | 'quiet' | 'unknown';

export interface Sentence {
  tone: Tone;
  headline: string;
  /** What qualifies it, most important first. */
  details: string[];
  /** Where one tap leads, as a page path; null when nowhere in particular. */
  link: string | null;
}

export interface SentenceInput {
  /** Null until the sensor answered. */
  health: Health | null;
  /** Incidents in the states `open` and `acknowledged`, from severity low on. */
  incidents: ReportIncident[];
  /** There are more of them than were read. */
  incomplete: boolean;
  devices: DeviceSummary[];
  activity: ActivityHour[];
  /** False while the page does not hear the sensor. */
  connected: boolean;
  /** Wall clock of the sensor, milliseconds. */
  now: number;
}

/** No home is silent for longer: devices look for addresses and neighbours all the time. */
const SILENCE_MS = 3 * 60_000;
/** A sensor that just began has seen nothing yet. */
const WARM_UP_MS = 5 * 60_000;
/** Above this loss, the one SYN that counts may be among the lost. */
const LOSS_LIMIT_PERCENT = 1;
/** Share of the hours since the first seen one in which traffic was seen; below, the silence proves little. */
const COVERAGE_LIMIT = 0.5;
const PERIOD_HOURS = 30 * 24;

const SEEING = new Set(['lan-both-ways', 'lan-one-way']);

export function homeSentence(input: SentenceInput): Sentence {
  const { health, connected } = input;
  if (!connected || !health) {
    return { tone: 'unknown', headline: words.sentence.notConnected, details: [words.sentence.notCurrent], link: null };
  }
  const [reason, ...further] = blindReasons(health, input.now);
  const details = [
    ...(health.mode === 'live' ? [] : [words.sentence.recording[health.mode]]),
    ...(health.database.refused === null ? [] : [words.sentence.notStored(health.database.refused.since, input.now)]),
  ];
  const alert = alertSentence(input, health);
  if (alert) {
    if (reason !== undefined) details.push(words.sentence.alsoBlind(reason));
    const all = [...alert.details, ...details, ...limits(health)];
    return { ...alert, details: all.filter((detail) => detail !== alert.headline) };
  }
  if (reason !== undefined) return blind([reason, ...further], details, health);
  return quietSentence(input, health, details);
}

/** Why this moment cannot be judged; empty when frames arrive from the right place, in full. */
export function blindReasons(health: Health, now: number): string[] {
  const reasons: string[] = [];
  const live = health.mode === 'live';
  if (health.capture !== 'running' && (live || health.capture !== 'ended')) {
    reasons.push(words.sentence.capture[health.capture]);
  }
  if (health.lastFrameAt === null) reasons.push(words.sentence.noFrame);
  else if (live && now - health.lastFrameAt > SILENCE_MS)
    reasons.push(words.sentence.silentSince(health.lastFrameAt, now));
  if (!SEEING.has(health.vantage)) reasons.push(words.sentence.sight(health.sight.sentence));
  const { loss, lossPercent } = health;
  if (lossPercent === null) {
    if (loss.isCertain && loss.low >= LOSS_LIMIT_PERCENT) reasons.push(words.sentence.lossBetween(loss.low, loss.high));
  } else if (lossPercent >= LOSS_LIMIT_PERCENT) reasons.push(words.sentence.loss(lossPercent));
  if (live && now - health.startedAt < WARM_UP_MS) reasons.push(words.sentence.justStarted(health.startedAt, now));
  return reasons;
}

function alertSentence({ incidents, incomplete, devices, now }: SentenceInput, { vantage }: Health): Sentence | null {
  const isTold = ({ kind }: ReportIncident) => kind === 'sensor_blind' && !SEEING.has(vantage);
  const open = incidents.filter((one) => one.state === 'open' && one.severity !== 'info' && !isTold(one));
  const mail = open.filter(isMailIncident);
  const mailDevices = new Map(mail.map((incident) => [`${incident.device} ${innerAddress(incident)}`, incident]));
  const first = mail[0];
  const answered = mail.some(wasAnswered);
  const unanswered = answered || vantage !== 'lan-both-ways' ? [] : [words.sentence.noneAnswered];
  if (mailDevices.size > 1) {
    const names = [...mailDevices.values()].map((incident) => whoIn(incident, devices));
    return {
      tone: 'alert',
      headline: answered
        ? words.sentence.severalSend(mailDevices.size, incomplete)
        : words.sentence.severalTry(mailDevices.size, incomplete),
      details: [words.sentence.namely(names), ...unanswered],
      link: '/incidents',
    };
  }
  if (first) {
    const since = mail.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt;
    const link = `/incidents/${first.id}`;
    const name = whoIn(first, devices);
    return {
      tone: 'alert',
      headline: answered ? words.sentence.sends(name, since, now) : words.sentence.tries(name, since, now),
      details: [...unanswered, ...others(open.length - mail.length)],
      link,
    };
  }
  const worst = open.find(({ severity }) => severity === 'critical' || severity === 'high') ?? open[0];
  if (worst) {
    const tone = worst.severity === 'critical' || worst.severity === 'high' ? 'alert' : 'notice';
    const headline = open.length === 1 ? worst.summary : words.sentence.toLookAt(open.length, incomplete);
    return { tone, headline, details: [], link: open.length === 1 ? `/incidents/${worst.id}` : '/incidents' };
  }
  const known = incidents.filter(({ state }) => state === 'acknowledged');
  const acknowledged = known[0];
  if (!acknowledged) return null;
  const one = known.length === 1;
  return {
    tone: 'notice',
    headline: one
      ? words.sentence.acknowledged(whoIn(acknowledged, devices))
      : words.sentence.severalAcknowledged(known.length),
    details: one ? [acknowledged.summary] : [],
    link: one ? `/incidents/${acknowledged.id}` : '/incidents',
  };
}

function quietSentence({ devices, activity, now }: SentenceInput, health: Health, details: string[]): Sentence {
  const watched = devices.filter(({ role, broadcastOnly }) => role === 'device' && !broadcastOnly);
  if (watched.length === 0) return blind([words.sentence.noDevice], details, health);
  const newest = health.mode === 'live' ? now : (health.lastFrameAt ?? now);
  const span = coverage(activity, newest);
  if (!span) return blind([words.sentence.noTraffic], details, health);
  if (span.share < COVERAGE_LIMIT) return blind([words.sentence.gaps(span.seen, span.hours)], details, health);
  const from = new Date(newest - span.hours * HOUR_MS).toISOString();
  const mailers = watched.filter(({ lastMail }) => lastMail !== null && lastMail >= from).length;
  const headline = words.sentence.quiet(watched.length, mailers, span.milliseconds);
  if (span.share < 0.95) details.push(words.sentence.someGaps(span.seen, span.hours));
  return { tone: 'quiet', headline, details: [...details, ...limits(health)], link: null };
}

/** How far back the silence reaches (at most 30 days), and in how many of those hours anything was seen at all. */
function coverage(
  activity: ActivityHour[],
  newest: number,
): { milliseconds: number; hours: number; seen: number; share: number } | null {
  const last = Math.floor(newest / HOUR_MS);
  const seen = activity.filter(
    ({ hour, connections }) => connections > 0 && hour <= last && hour > last - PERIOD_HOURS,
  );
  const first = seen[0];
  if (!first) return null;
  const hours = last - first.hour + 1;
  // When in its first hour the traffic began is not known: that hour is not claimed.
  const milliseconds = newest - (first.hour + 1) * HOUR_MS;
  return { milliseconds, hours, seen: seen.length, share: seen.length / hours };
}

function blind(reasons: [string, ...string[]], details: string[], health: Health): Sentence {
  const [first, ...rest] = reasons;
  const headline = words.sentence.cannotSee(first);
  return { tone: 'blind', headline, details: [...rest, ...details, ...limits(health)], link: '/sensor' };
}

/** What cannot be judged from there, which stands behind a colon, and how to change that. */
function limits({ blindSpots, sight }: Health): string[] {
  return [
    ...(sight.sentence.includes(':') ? [sight.sentence] : []),
    ...(sight.fix === null ? [] : [words.sentence.toChange(sight.fix)]),
    ...blindSpots,
  ];
}

/** False only when the sensor counted the answers and there was none. */
function wasAnswered({ evidence }: ReportIncident): boolean {
  return evidence.connected !== 0 || (typeof evidence.messages === 'number' && evidence.messages > 0);
}

function others(count: number): string[] {
  return count > 0 ? [words.sentence.alsoOpen(count)] : [];
}

/** Of one behind the device's MAC the address is known, and no name. */
function whoIn(incident: ReportIncident, devices: DeviceSummary[]): string {
  const [inner, mac] = [innerAddress(incident), incident.device];
  if (inner !== null) return words.device.at(inner);
  if (mac === null) return words.device.home;
  return devices.find((known) => known.mac === mac)?.name ?? mac;
}
