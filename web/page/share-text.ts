// An incident as plain text for a provider or a vendor: what, when, to whom, and what happened before.
// Made of totals and destinations only; mail content is never stored, so it cannot be here.
import type { ReportDevice, ReportIncident } from '../../sensor/record/report.ts';
import { innerAddress, type MailFacts } from './mail-facts.ts';
import { words } from './words.ts';

export function shareText(incident: ReportIncident, device: ReportDevice | null, facts: MailFacts): string {
  const outcomes = words.share.counts;
  const known = device
    ? [device.vendor, device.mac].filter(Boolean).join(', ')
    : (incident.device ?? words.device.home);
  const inner = innerAddress(incident);
  const who = inner === null ? known : words.share.behind(inner, incident.device ?? '');
  const counts = [
    words.incident.attempts(facts.attempts),
    outcomes.connected(facts.connected),
    outcomes.refused(facts.refused),
    outcomes.unanswered(facts.unanswered),
    outcomes.messages(facts.messages),
  ];
  const targets = facts.destinations.slice(0, 20).map(({ ip, name, namedToProxy, port, attempts }) => {
    const place = name ? `${name} (${namedToProxy ? words.incident.namedToProxy : ip})` : ip;
    return `- ${place}, ${words.incident.port(port)}, ${words.incident.attempts(attempts)}`;
  });
  const more = facts.destinations.length - targets.length;
  const before = incident.before.slice(0, 10).map(({ time, text }) => `- ${time} ${text}`);
  return [
    words.share.title,
    '',
    `${words.kind[incident.kind]}: ${incident.summary}`,
    `${words.share.severity}: ${words.severity[incident.severity]}`,
    `${words.share.device}: ${who}`,
    `${words.share.period}: ${incident.startedAt} – ${incident.lastAt}`,
    ...(facts.attempts > 0 ? [`${words.share.outcomes}: ${counts.join(', ')}`] : []),
    ...(targets.length > 0 ? [`${words.share.destinations}:`, ...targets] : []),
    ...(more > 0 ? [`- ${words.incident.moreDestinations(more)}`] : []),
    ...(before.length > 0 ? [`${words.share.beforehand}:`, ...before] : []),
    '',
    words.share.end,
  ].join('\n');
}
