// Retained states as the broker gets them. Pure builders: same view, same bytes. Names on MQTT are snake_case.
import { isMailKind } from '../detect/finding.ts';
import type { Words } from '../language/words.ts';
import { innerOf } from '../record/expectation-scope.ts';
import type { Health } from '../record/health.ts';
import { isoTime } from '../record/report.ts';
import type { WeekSummary } from '../record/week-summary.ts';
import type { DeviceView, SensorView, WeekView } from './ports.ts';
import { cleanText, cleanTextOrNull } from './text.ts';
import { openSeverity, sendingMail } from './verdict.ts';

export interface StateMessage {
  payload: string;
  /** What must not wait for the rate limit: a change of this text is a transition. */
  transition: string;
}

/** Counters that Home Assistant sums up; they never go slightly back. */
export interface Counters {
  mail: number;
  updates: number;
}

const BLIND_SPOTS_SHOWN = 8;
const NOT_COVERED_SHOWN = 16;
const ADDRESSES_SHOWN = 8;
const PROBLEM_LIMIT = 500;
const SENTENCE_LIMIT = 600;

export function deviceState(device: DeviceView, counters: Counters, now: number, holdMs: number): StateMessage {
  const { last } = device.mail;
  const sending = onOff(sendingMail(device, device.incidents, now, holdMs));
  const allow = onOff(device.allowMail);
  const severity = openSeverity(device.incidents);
  const state = {
    sending_mail: sending,
    severity,
    mail: {
      last_destination: last?.ip ?? null,
      last_destination_name: cleanTextOrNull(last?.name ?? null),
      last_port: last?.port ?? null,
      last_connection: last?.connection ?? null,
      connected: device.mail.connected,
      refused: device.mail.refused,
      unanswered: device.mail.unanswered,
      addresses_behind: innerMailers(device),
    },
    mail_connections: counters.mail,
    last_mail: timeOrNull(last?.time ?? null),
    update_connections: counters.updates,
    last_update_backend: cleanTextOrNull(device.updates.lastBackend),
    last_firmware_download: timeOrNull(device.updates.lastDownload),
    internet_activity: device.connectionsLastHour,
    allow_mail: allow,
  };
  return { payload: JSON.stringify(state), transition: `${sending} ${severity} ${allow}` };
}

/** Addresses behind the device's MAC that mail, of incidents that are not settled. */
function innerMailers({ incidents }: DeviceView): string[] {
  const open = incidents.filter(
    ({ kind, state }) => isMailKind(kind) && (state === 'open' || state === 'acknowledged'),
  );
  return [...new Set(open.flatMap((incident) => innerOf(incident) ?? []))].sort().slice(0, ADDRESSES_SHOWN);
}

export interface SensorFacts {
  words: Words;
  view: SensorView;
  devicesSendingMail: number;
  alertsDropped: number;
  /** Just started: a mirror that has shown nothing yet is not yet a problem. */
  settling: boolean;
}

export function sensorState({ words, view, devicesSendingMail, alertsDropped, settling }: SensorFacts): StateMessage {
  const { health } = view;
  const problem = mirrorPortProblem(view, settling);
  const storage = storageOf(health);
  const state = {
    mirror_port_problem: problem === null ? null : onOff(problem),
    mirror_port: {
      vantage: health.vantage,
      direction: health.sight.direction,
      confidence: health.sight.confidence,
      explanation: health.sight.sentence,
      advice: health.sight.fix,
      not_covered: health.notCovered.devices.slice(0, NOT_COVERED_SHOWN).map(({ name }) => cleanText(name)),
      not_covered_count: health.notCovered.count,
      loss_percent: health.lossPercent,
      loss_between: [health.loss.low, health.loss.high],
      loss_unknown: lossUnknown(words, health),
      capture: health.capture,
      capture_error: health.captureError === null ? null : cleanText(health.captureError),
      blind_spots: health.blindSpots.slice(0, BLIND_SPOTS_SHOWN).map((spot) => cleanText(spot)),
      warnings: health.warnings.map(({ fix, key, text }) => ({ key, text: cleanText(text), fix: cleanText(fix) })),
    },
    storage_problem: onOff(storage.problem !== null),
    storage,
    devices_sending_mail: devicesSendingMail,
    devices_seen: health.devices,
    packets_per_second: Math.round(health.framesPerSecond * 10) / 10,
    capture_loss: health.lossPercent,
    coverage_week: health.coverage?.week.percent ?? null,
    coverage: coverageOf(health),
    alerts_dropped: alertsDropped,
    started: isoTime(health.startedAt),
  };
  return {
    payload: JSON.stringify(state),
    transition: [
      state.mirror_port_problem,
      health.capture,
      devicesSendingMail,
      state.storage_problem,
      ...health.warnings.map(({ key }) => key),
    ].join(' '),
  };
}

/** Whole percents, so that today does not change each minute. */
function coverageOf({ coverage }: Health) {
  if (coverage === null) return { days: [] };
  const whole = (percent: number | null) => (percent === null ? null : Math.floor(percent));
  return { days: coverage.days.map(({ day, gaps, percent }) => ({ day, percent: whole(percent), gap_minutes: gaps })) };
}

/** A week summed up, retained until the next. `sentences` are for people, the figures for whoever reckons with them. */
export function weekMessage({ sentences, summary }: WeekView): StateMessage {
  const { made, week_from, week_to, ...figures } = weekFigures(summary);
  const payload = JSON.stringify({
    ...{ made, week_from, week_to },
    sentences: sentences.map((sentence) => cleanText(sentence, SENTENCE_LIMIT)),
    ...figures,
  });
  return { payload, transition: payload };
}

/** What a program makes of a week; no device is in it. */
export function weekFigures(summary: WeekSummary) {
  const { exposed, fresh, from, gaps, made, mail, mappings, percent, seen, to, updates } = summary;
  return {
    made: isoTime(made),
    week_from: isoTime(from),
    week_to: isoTime(to),
    coverage_percent: percent,
    gap_minutes: gaps,
    devices_seen: seen,
    devices_new: fresh.count,
    mail_expected: mail.expected,
    mail_unexpected: mail.unexpected,
    updates_fetched: updates.fetched.count,
    updates_overdue: updates.overdue.count,
    devices_exposed: exposed.count,
    ports_opened: mappings.count,
  };
}

/** What the disk refuses: it lives in memory, and is gone with a restart. All null while the disk takes what is new. */
function storageOf({ database: { error, refused } }: Health) {
  return {
    problem: error === null ? null : cleanText(error, PROBLEM_LIMIT),
    since: timeOrNull(refused?.since ?? null),
    incidents_not_stored: refused?.incidents ?? null,
    alerts_waiting_in_memory: refused?.alerts ?? null,
    given_up: refused?.lost ?? null,
  };
}

/** Why no figure is given; null where one is. */
function lossUnknown({ health }: Words, { loss, lossPercent }: Health): string | null {
  if (lossPercent !== null) return null;
  return loss.isCertain ? health.lossUnsure : health.lossUnknown;
}

/** Null while it cannot be told yet. */
function mirrorPortProblem({ health, blind }: SensorView, settling: boolean): boolean | null {
  if (blind || health.capture === 'failed' || health.capture === 'restarting') return true;
  if (seesTheHome(health)) return false;
  return settling || health.sight.confidence === 'unsure' ? null : true;
}

function seesTheHome({ vantage }: Health): boolean {
  return vantage === 'lan-both-ways' || vantage === 'lan-one-way';
}

/** Binary sensors and switches compare text: JSON `true` would render as `True`, which is neither. */
function onOff(value: boolean): 'ON' | 'OFF' {
  return value ? 'ON' : 'OFF';
}

function timeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : isoTime(milliseconds);
}
