// The replay report as plain text for a person. Everything in it is from the JSON report.

import { english } from '../language/words.ts';
import type { Report, ReportBackend, ReportDevice, ReportIncident } from '../record/report.ts';
import { notCoveredText } from '../record/wording-vantage.ts';

const COPIES = [
  ['identical', 'mirrored twice'],
  ['vlan', 'again with another VLAN tag'],
  ['routed', 'again as a router handed them on'],
  ['hairpin', 'again on their way back into the home'],
] as const;

/** Backends, destinations and earlier events shown of one device or incident. */
const SHOWN = 12;

export function textReport(report: Report): string {
  return `${[...capture(report), '', ...incidents(report), '', ...devices(report)].join('\n')}\n`;
}

function capture({
  capture: { duplicatesByKind, files, firstPacket, lastPacket, loss, malformed, packets, sight, truncated },
  devices: list,
}: Report): string[] {
  const span =
    firstPacket === null || lastPacket === null
      ? 'no packets the sensor has use for'
      : `${short(firstPacket)} to ${short(lastPacket)}`;
  const odd = [
    [truncated, 'cut short'],
    [malformed, 'malformed'],
    ...COPIES.map(([kind, words]) => [duplicatesByKind[kind], words] as const),
  ].filter(([count]) => count !== 0);
  return [
    `${files.join(', ')}: ${span}, ${counted(packets, 'packet')} kept`,
    `Seen from: ${sight.place}${sight.confidence === 'unsure' ? ' (too little traffic to be sure)' : ''}${odd.length === 0 ? '' : `; ${odd.map(([count, words]) => `${count} ${words}`).join(', ')}`}`,
    ...(sight.fix === null ? [] : [`  ${sight.sentence}`, `  What to change: ${sight.fix}`]),
    ...(packets === 0 ? [] : [`Lost before they were read: ${lossWords(loss)}`]),
    ...notCovered(list),
  ];
}

function notCovered(list: readonly ReportDevice[]): string[] {
  const silent = list.filter(({ broadcastOnly, role }) => broadcastOnly && role === 'device');
  const text = notCoveredText(
    english,
    silent.length,
    silent.slice(0, SHOWN).map(({ displayName }) => displayName),
  );
  return text === null ? [] : [`Not covered: ${text}`];
}

function lossWords({ high, isCertain, low, percent, samples }: Report['capture']['loss']): string {
  if (percent !== null) return `${percent} % of packets`;
  if (isCertain) return `between ${low} and ${high} % of packets`;
  return `too few packets to tell (${counted(samples, 'sample')})`;
}

function incidents({ incidents: list }: Report): string[] {
  if (list.length === 0) return ['No incidents. That covers only traffic that crossed this capture.'];
  return [counted(list.length, 'incident'), ...list.flatMap(incident)];
}

function incident({ advice, before, device, id, lastAt, severity, startedAt, summary }: ReportIncident): string[] {
  const until = short(lastAt) === short(startedAt) ? '' : `, last ${short(lastAt)}`;
  const lines = [
    '',
    `  [${severity}] ${summary}`,
    `    ${device ?? 'the home'}, since ${short(startedAt)}${until} (${id})`,
  ];
  if (before.length > 0) {
    lines.push('    What happened before:');
    for (const entry of before.slice(0, SHOWN)) lines.push(`      ${short(entry.time)}  ${entry.text}`);
    if (before.length > SHOWN) lines.push(`      and ${before.length - SHOWN} earlier`);
  }
  if (advice.length > 0)
    lines.push('    What to do now:', ...advice.map((step, index) => `      ${index + 1}. ${step}`));
  return lines;
}

function devices({ devices: list }: Report): string[] {
  return [counted(list.length, 'device'), ...list.flatMap(device)];
}

function device(entry: ReportDevice): string[] {
  const { addresses, backends, behind, displayName, hostnames, mac, mail, note, randomizedMac, role, vendor } = entry;
  const traits = [
    role === 'device' ? null : role,
    vendor,
    note === null ? null : `note ${note}`,
    randomizedMac ? 'locally administered address' : null,
    behind === null ? null : `behind the ${behind.kind} ${behind.name ?? behind.mac}`,
    entry.sharedMac ? 'several devices behind this MAC' : null,
  ];
  const ips = [...new Set(addresses.map(({ ip }) => ip))];
  const lines = [
    '',
    `  ${mac}  ${displayName}${traits.some((trait) => trait !== null) ? `  ${traits.filter((trait) => trait !== null).join(', ')}` : ''}`,
  ];
  if (ips.length > 0) lines.push(`    addresses: ${ips.slice(-SHOWN).join(', ')}`);
  const others = hostnames.filter((host) => host !== displayName);
  if (others.length > 0) lines.push(`    also called: ${others.join(', ')}`);
  if (mail.attempts > 0) {
    lines.push(
      `    mail: ${counted(mail.attempts, 'attempt')}, ${mail.connected} connected, ${mail.refused} refused, ${mail.unanswered} without a visible answer; ${counted(mail.messages, 'message')} to ${counted(mail.recipients, 'recipient')} accepted`,
    );
    for (const { attempts, ip, name: host, port } of mail.destinations.slice(0, SHOWN))
      lines.push(`      ${attempts} to ${host ?? ip} port ${port}`);
  }
  lines.push(...backends.slice(0, SHOWN).map(backend));
  if (backends.length > SHOWN) lines.push(`    and ${counted(backends.length - SHOWN, 'more backend')}`);
  return lines;
}

function backend({
  bytesDown,
  bytesUp,
  connections,
  name,
  otherDevice,
  outerName,
  role,
  shared,
  through,
}: ReportBackend): string {
  const doubts = [
    through.length > 0 ? `through the proxy ${through.join(' or ')}` : null,
    shared ? 'shared' : null,
    otherDevice ? 'named by another device' : null,
    outerName ? 'outer name, the real one is encrypted' : null,
  ].filter((doubt) => doubt !== null);
  const told = doubts.length === 0 ? '' : ` (${doubts.join(', ')})`;
  const volume = `${counted(connections, 'connection')}, ${bytesUp} bytes up, ${bytesDown} down`;
  return `    ${role === 'unknown' ? 'backend' : role}: ${name}${told}, ${volume}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `2026-01-05 10:11:12Z`. */
function short(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
}
