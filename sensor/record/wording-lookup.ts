// What is said of lookups of mail servers and block lists.
import type { TimelineEntry } from '../attribute/device.ts';
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { list, number } from './wording-parts.ts';

/** `camera asked for the mail servers of domains (3 questions) and 1 block list (2 questions), as senders of mail do.` */
export function lookupSummary(words: Words, who: string, { evidence }: Incident): string {
  const { lookup } = words;
  const [mx, dnsbl] = [number(evidence.mx), number(evidence.dnsbl)];
  const questions = lookup.questions({ n: dnsbl });
  const what = words.list([
    ...(mx > 0 ? [lookup.servers({ n: mx })] : []),
    ...(dnsbl > 0 ? [lookup.lists({ n: list(evidence.lists).length, questions })] : []),
  ]);
  switch (evidence.ownAddress) {
    case 'yes':
      return lookup.askedOwn({ who, what });
    case 'probably':
      return lookup.askedOne({ who, what });
    default:
      return lookup.asked({ who, what });
  }
}

export function lookupText({ before }: Words, { detail }: TimelineEntry): string {
  const n = Math.max(1, number(detail.lookups));
  return number(detail.lists) > 0 ? before.lookupLists({ n }) : before.lookupServers({ n });
}
