// The report on one incident for an abuse desk or a provider, in English: plain text of at most 76 columns, times in UTC, and as plain on
// what could not be seen as on what was. Pure; everything in it was counted or kept before.
import type { Vantage } from '../attribute/vantage.ts';
import { isMailKind } from '../detect/finding.ts';
import { mailPortClass } from '../detect/mail-findings.ts';
import { english } from '../language/words.ts';
import { evidenceFileName, framesOfOneKind } from './evidence-export.ts';
import { frameLine } from './evidence-frames.ts';
import type { EvidenceFrame } from './evidence-ring.ts';
import { innerOf, isIncidents } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { isoTime, type ReportDevice, type ReportMailDestination } from './report.ts';
import { timelineText } from './wording.ts';
import { carrierText, isClient } from './wording-place.ts';
import { vantageAdvice } from './wording-vantage.ts';

export interface EvidenceReport {
  incident: Incident;
  /** Null for findings about the home, and for a device that was forgotten. */
  device: ReportDevice | null;
  frames: readonly EvidenceFrame[];
  /** Frames of the incident that passed, kept or not. */
  seen: number;
  /** From where the sensor looks; null when that was never stored. */
  vantage: Vantage | null;
  version: string;
}

const COLUMNS = 76;
const LABEL = 16;
/** Destinations and earlier events listed. */
const SHOWN = 40;
/** Facts that have lines of their own. */
const TOLD_ELSEWHERE = new Set([
  ...['attempts', 'connected', 'refused', 'unanswered', 'messages', 'recipients', 'address', 'lastDestination'],
  ...['firstDestination', 'innerAddress', 'behind'],
]);

export function evidenceReport(report: EvidenceReport): string {
  const { incident } = report;
  const lines = [
    'REPORT FROM A SENSOR INSIDE A HOME NETWORK',
    '',
    ...row('Incident', incident.id),
    ...row('Kind', `${incident.kind}, severity ${incident.severity}`),
    ...row('What happened', incident.summary),
    ...row('Period', `${utc(incident.startedAt)} to ${utc(incident.lastAt)} (UTC)`),
    ...section('Device', device(report)),
    ...section('Counts', counts(report)),
    ...section('Destinations', destinations(report)),
    ...section('Further facts', facts(incident.evidence)),
    ...section('Seen and not seen', visibility(report)),
    ...section('Recorded on this device before', before(incident)),
    ...section('Frames kept', frames(report)),
    ...section('How to read the frames', [
      `TZ=UTC tcpdump -n -tttt -r ${evidenceFileName(incident.id, 'pcap')}`,
      ...wrap('The capture file comes beside this report.'),
    ]),
    '',
    ...wrap(
      'No mail address, subject, message text or password is in this report or in the frames: the sensor never stores any.',
    ),
    ...wrap(`Written by thingwatch ${report.version}.`),
  ];
  return `${lines.join('\n')}\n`;
}

function device({ device: known, incident }: EvidenceReport): string[] {
  if (incident.device === null) return wrap('This is about the home, not about one device.');
  const own = known?.addresses.filter(
    ({ from, to }) => Date.parse(from) <= incident.lastAt && Date.parse(to) >= incident.startedAt,
  );
  const ips = [...new Set(own?.map(({ ip }) => ip))];
  const { address } = incident.evidence;
  if (ips.length === 0 && typeof address === 'string') ips.push(address);
  const inner = innerOf(incident);
  const behind = carrierText(english, incident.evidence);
  if (inner !== undefined)
    return [
      ...row('Address', inner),
      ...row('Behind', behind),
      ...wrap(
        'The device has no MAC address of its own here: its frames bear that of what hands them on. What is told of other devices behind the same MAC address is no part of this report.',
      ),
    ];
  const local = known?.randomizedMac === true ? ' (locally administered: it may change)' : '';
  return [
    ...row('Called', known?.displayName ?? null),
    ...row('MAC address', `${incident.device}${local}`),
    ...row('Vendor', known?.vendor ?? null),
    ...row('Behind', isClient(incident.evidence) ? behind : null),
    ...row('Addresses then', ips.length === 0 ? null : ips.slice(-SHOWN).join(', ')),
    ...wrap(
      "Addresses are those inside the home. Outside, the device appears under the public address that the router had at that time; this sensor does not see it, the provider's records do.",
    ),
  ];
}

function counts({ incident }: EvidenceReport): string[] {
  const { evidence, findings, kind } = incident;
  const count = (key: string) => (typeof evidence[key] === 'number' ? evidence[key] : 0);
  if (!isMailKind(kind)) return row('Findings', `${findings}`);
  return [
    ...row('Attempts', `${count('attempts')} connections to mail servers`),
    ...row('Connected', `${count('connected')}`),
    ...row('Refused', `${count('refused')}`),
    ...row('Not answered', `${count('unanswered')} without a visible answer`),
    ...row('Messages', `${count('messages')} accepted by servers, at least`),
    ...row('Recipients', `${count('recipients')} accepted by servers, at least`),
  ];
}

function destinations({ device: known, incident }: EvidenceReport): string[] {
  if (!isMailKind(incident.kind) || known === null) return [];
  const theirs = known.mail.destinations
    .filter((one) => one.attempts > 0 && isOf(incident, one.lastSeen, one.port) && isIncidents(incident, one))
    .sort((a, b) => b.attempts - a.attempts);
  const more = theirs.length - SHOWN;
  return [
    ...theirs.slice(0, SHOWN).flatMap(destination),
    ...(more > 0 ? [`and ${plural(more, 'more destination')}`] : []),
  ];
}

/** The device's own counts span all of its incidents: destinations that were last tried before this one are others'. */
function isOf({ portClass, startedAt }: Incident, lastSeen: string, port: number): boolean {
  return mailPortClass(port) === portClass && Date.parse(lastSeen) >= startedAt;
}

function destination(entry: ReportMailDestination): string[] {
  const { attempts, connected, firstSeen, ip, lastSeen, messages, name, namedToProxy, otherDevice, port, refused } =
    entry;
  const told = name === null ? '' : `  ${name}${otherDevice ? " (name from another device's lookup)" : ''}`;
  const outcome = `${plural(attempts, 'attempt')}, ${connected} connected, ${refused} refused, ${plural(messages, 'message')}`;
  const end = `${ip.includes(':') ? `[${ip}]` : ip}:${port}${told}`;
  return [
    ...wrap(namedToProxy ? `${name}:${port}  (by this name, through a proxy)` : end),
    ...wrap(outcome, '    '),
    ...wrap(`${utc(Date.parse(firstSeen))} to ${utc(Date.parse(lastSeen))}`, '    '),
  ];
}

function facts(evidence: Record<string, unknown>): string[] {
  return Object.entries(evidence)
    .filter(([key, value]) => !TOLD_ELSEWHERE.has(key) && value !== null && value !== undefined)
    .flatMap(([key, value]) => wrap(`${spaced(key)}: ${plain(value)}`));
}

function visibility(report: EvidenceReport): string[] {
  const { frames: kept, incident, seen, vantage } = report;
  const { leftOut } = framesOfOneKind(kept);
  return [
    ...row('Sensor', vantage === null ? 'unknown' : vantageAdvice(english, vantage).sentence),
    ...row('', vantage === 'lan-one-way' ? NO_ANSWERS : null),
    ...row('Frames', `${kept.length} of ${seen} frames of this incident were kept, the first and the latest`),
    ...row('', leftOut === 0 ? null : `${leftOut} of them have another link type and are not in the file`),
    ...row(
      'Cut',
      'Each frame is cut to its headers. Of plain SMTP, verbs and reply codes are kept; all else is replaced by x. Lengths are those on the wire.',
    ),
    ...row('Encrypted', incident.portClass === '25' || incident.portClass === 'odd' ? HIDDEN_STARTTLS : HIDDEN_TLS),
    ...row('Filter', 'Bulk traffic never reaches the sensor; what of it belonged to this incident was not seen.'),
  ];
}

const NO_ANSWERS = 'ONE DIRECTION ONLY: "without a visible answer" says nothing about whether there was one.';
const HIDDEN_STARTTLS = 'After STARTTLS nothing is visible: messages and recipients are counted up to there only.';
const HIDDEN_TLS =
  'On an encrypted connection (TLS, STARTTLS) messages and recipients are not visible and not counted.';

function before({ before: chain }: Incident): string[] {
  return chain
    .slice(0, SHOWN)
    .flatMap((entry) => wrap(`${utc(entry.time)}  ${timelineText(english, entry)}`, '', '    '));
}

function frames({ frames: kept, seen }: EvidenceReport): string[] {
  if (kept.length === 0)
    return wrap(seen === 0 ? 'None: nothing of this incident was kept.' : 'None: they gave way to newer evidence.');
  let day = '';
  return framesOfOneKind(kept).frames.flatMap((frame) => {
    const [date = '', time = ''] = utc(frame.time).split(' ');
    const heading = date === day ? [] : [date];
    day = date;
    return [...heading, ...wrap(`${time} ${frameLine(frame)}`, '', '    ')];
  });
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Nothing for a section without lines. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title.toUpperCase(), ...lines.map((line) => `  ${line}`)];
}

/** `label  value`, the value wrapped beside it; nothing without a value. */
function row(label: string, value: string | null): string[] {
  if (value === null) return [];
  const [first = '', ...others] = wrap(value, ' '.repeat(LABEL));
  return [`${label.padEnd(LABEL)}${first.slice(LABEL)}`, ...others];
}

/** Breaks at spaces, and within a word only where it fills a line by itself. `hanging`: what later lines begin with. */
function wrap(text: string, indent = '', hanging = indent): string[] {
  // Two columns for the section's own indentation.
  const width = COLUMNS - 2;
  const lines: string[] = [];
  let line = indent;
  const next = () => {
    lines.push(line.trimEnd());
    line = hanging;
  };
  for (let word of oneLine(text).split(' ')) {
    if (line.trim() !== '' && line.length + word.length > width) next();
    while (line.length + word.length > width) {
      const room = width - line.length;
      line += word.slice(0, room);
      word = word.slice(room);
      next();
    }
    line += `${word} `;
  }
  next();
  return lines;
}

/** Names are anybody's text: no control or direction marks, no line of their own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').replace(/ {3,}/g, '  ');
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.slice(0, SHOWN).map(plain).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([key, inner]) => `${spaced(key).toLowerCase()} ${plain(inner)}`)
      .join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return `${value}`;
}

function spaced(key: string): string {
  const text = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `2026-01-05 10:11:12.345`. */
function utc(time: number): string {
  return isoTime(time).replace('T', ' ').replace('Z', '');
}
