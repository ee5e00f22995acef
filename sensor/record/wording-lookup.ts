// The sentences about lookups of mail servers and block lists.
import type { TimelineEntry } from '../attribute/device.ts';
import type { Incident } from './incident.ts';
import { list, number, plural, text } from './wording-parts.ts';

/** `camera asked for mail servers 3 times and block lists twice, as senders of mail do.` */
export function lookupSummary(who: string, { evidence }: Incident): string {
  const parts = [
    number(evidence.mx) > 0 ? `for the mail servers of domains (${plural(number(evidence.mx), 'question')})` : null,
    number(evidence.dnsbl) > 0
      ? `${plural(list(evidence.lists).length, 'block list')} (${plural(number(evidence.dnsbl), 'question')})`
      : null,
  ].filter((part) => part !== null);
  const asked = `${who} asked ${parts.join(' and ')}`;
  switch (text(evidence.ownAddress)) {
    case 'yes':
      return `${asked}, among them about this home's own address: a sender of spam wants to know whether it is listed.`;
    case 'probably':
      return `${asked} about one and the same address, which is probably this home's own: a sender of spam wants to know whether it is listed.`;
    default:
      return `${asked}, as senders of mail do.`;
  }
}

export const LOOKUP_ADVICE = [
  'Alone this proves nothing: a mail server, a spam filter or a mail program asks the same.',
  'If this device has none of them, watch it: what it asks for comes just before the mail.',
];

export function lookupText({ detail }: TimelineEntry): string {
  const asked = number(detail.lists) > 0 ? 'mail servers or block lists' : 'mail servers';
  return `Looked up ${asked} (${plural(Math.max(1, number(detail.lookups)), 'question')}).`;
}
