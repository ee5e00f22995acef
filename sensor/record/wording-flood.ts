// The sentences about made-up MAC addresses: nobody can be named from them, and what they hide is said.
import type { Incident } from './incident.ts';
import { list, number, plural, text } from './wording-parts.ts';

/** `Someone in the home makes up MAC addresses: 20,000 so far, with 20,000 connections, 40 attempts to send mail among them.` */
export function floodSummary({ evidence }: Incident): string {
  const { addresses, connections, mailAttempts } = evidence;
  const tried = number(connections) === 0 ? '' : `, with ${plural(number(connections), 'connection')}`;
  const mail = number(mailAttempts) === 0 ? '' : `, ${plural(number(mailAttempts), 'attempt')} to send mail among them`;
  return `Someone in the home makes up MAC addresses: ${number(addresses)} so far${tried}${mail}.${bearers(evidence)}`;
}

/** The frames may bear a real device's IP address. */
function bearers(evidence: Record<string, unknown>): string {
  const macs = list(evidence.bearers).map(text);
  if (macs.length === 0) return '';
  return ` The frames bear the IP ${macs.length === 1 ? 'address' : 'addresses'} of ${macs.join(', ')}.`;
}

export const FLOOD_ADVICE = [
  'A MAC address can be made up, so the sensor cannot say which device does this. Devices that were known before are watched as ever.',
  'Disconnect devices one after the other, those you trust least first, and look when the count stands still: the last one did it.',
  'If the sensor was put in its place just now, a busy network with many devices that nobody answers looks the same: mark this as resolved and see whether it comes back.',
];
