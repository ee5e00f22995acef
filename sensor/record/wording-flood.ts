// What is said of made-up MAC addresses: nobody can be named from them, and what they hide is told.
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { list, number, text } from './wording-parts.ts';

/** `Someone in the home makes up MAC addresses: 20000 so far, with 20000 connections, 40 attempts to send mail among them.` */
export function floodSummary(words: Words, { evidence }: Incident): string {
  const { incidents } = words;
  const [connections, mail] = [number(evidence.connections), number(evidence.mailAttempts)];
  const said = incidents.flood({
    addresses: number(evidence.addresses),
    connections: connections === 0 ? '' : incidents.floodConnections({ n: connections }),
    mail: mail === 0 ? '' : incidents.floodMail({ n: mail }),
  });
  // The frames may bear a real device's IP address.
  const macs = list(evidence.bearers).map((mac) => text(words, mac));
  return macs.length === 0 ? said : `${said} ${incidents.floodBearers({ n: macs.length, macs: macs.join(', ') })}`;
}
