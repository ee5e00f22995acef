// Counts a device's mail attempts and what became of them: exact totals, and the destinations as far as the bound allows.
import type { Connection } from './connection.ts';
import {
  type Device,
  LIMITS,
  type MailCounts,
  type MailDestination,
  mailDestinationKey,
  noMailCounts,
} from './device.ts';
import { Oldest } from './oldest.ts';

const oldest = new Oldest<string, MailDestination>(({ lastSeen }) => lastSeen);

export type MailOutcome = 'connected' | 'refused' | 'unanswered';

/** Where the mail goes: through a proxy, that is what the proxy was asked for. */
export function mailDestination({
  inner,
  name,
  nameFrom,
  responderIp,
  responderPort,
}: Connection): Pick<MailDestination, 'ip' | 'port' | 'name' | 'nameFrom'> {
  if (inner === null) return { ip: responderIp, port: responderPort, name, nameFrom };
  const { host, ip, port } = inner;
  if (host === ip) return nameFrom === 'sni' ? { ip, port, name, nameFrom } : { ip, port, name: null, nameFrom: null };
  return { ip: ip ?? responderIp, port, name: host, nameFrom: 'proxy' };
}

/** A new attempt on `connection`; returns its destination's entry. */
export function countAttempt(device: Device, connection: Connection, time: number): MailDestination {
  const { ip, name, nameFrom } = mailDestination(connection);
  const destination = destinationOf(device, connection, time);
  device.mail.attempts++;
  destination.attempts++;
  destination.lastSeen = Math.max(destination.lastSeen, time);
  // What DNS says of a name that a proxy is asked for may come to be known.
  destination.ip = ip;
  if (name !== null) {
    destination.name = name;
    destination.nameFrom = nameFrom;
  }
  return destination;
}

/** Its TLS hello, after STARTTLS as well, names a server that nothing better has named. */
export function nameByHello(device: Device, connection: Connection): void {
  const { name, nameFrom, ...place } = mailDestination(connection);
  const destination = device.mail.destinations.get(mailDestinationKey({ ...place, name, nameFrom }));
  if (destination === undefined || nameFrom !== 'sni') return;
  if (destination.name !== null && destination.nameFrom !== 'dns-other') return;
  destination.name = name;
  destination.nameFrom = nameFrom;
}

/** Adds what was counted of the same device before it was forgotten: it has come back as a new one. */
export function addEarlier(device: Device, { connections, firstSeen, mail }: Device): void {
  device.firstSeen = Math.min(device.firstSeen, firstSeen);
  device.connections += connections;
  addCounts(device.mail, mail);
  device.mail.forgottenDestinations += mail.forgottenDestinations;
  for (const [key, earlier] of mail.destinations) {
    const known = device.mail.destinations.get(key);
    if (known === undefined) device.mail.destinations.set(key, earlier);
    else {
      addCounts(known, earlier);
      known.firstSeen = Math.min(known.firstSeen, earlier.firstSeen);
    }
    if (device.mail.destinations.size > LIMITS.mailDestinations) forgetOldest(device);
  }
}

function addCounts(counts: MailCounts, more: MailCounts): void {
  for (const what of Object.keys(noMailCounts()) as (keyof MailCounts)[]) counts[what] += more[what];
}

/** What became of an attempt; `before` takes back an earlier verdict (a SYN-ACK after the deadline). */
export function countOutcome(
  device: Device,
  connection: Connection,
  outcome: MailOutcome,
  before: MailOutcome | null,
  time: number,
): void {
  for (const tally of talliesOf(device, connection, time)) {
    tally[outcome]++;
    if (before !== null) tally[before]--;
  }
}

/** Mail the server accepted on a plain connection. */
export function countAccepted(
  device: Device,
  connection: Connection,
  messages: number,
  recipients: number,
  time: number,
): void {
  for (const tally of talliesOf(device, connection, time)) {
    tally.messages += messages;
    tally.recipients += recipients;
  }
}

/** The totals, and the destination's entry if it has not given way since the attempt. */
function talliesOf(device: Device, connection: Connection, time: number): MailCounts[] {
  const destination = device.mail.destinations.get(mailDestinationKey(mailDestination(connection)));
  if (destination === undefined) return [device.mail];
  destination.lastSeen = Math.max(destination.lastSeen, time);
  return [device.mail, destination];
}

function destinationOf(device: Device, connection: Connection, time: number): MailDestination {
  const { destinations } = device.mail;
  const place = mailDestination(connection);
  const key = mailDestinationKey(place);
  let destination = destinations.get(key);
  if (destination === undefined) {
    destination = {
      ip: place.ip,
      port: place.port,
      name: null,
      nameFrom: null,
      ...noMailCounts(),
      firstSeen: time,
      lastSeen: time,
    };
    destinations.set(key, destination);
    if (destinations.size > LIMITS.mailDestinations) forgetOldest(device);
  }
  return destination;
}

function forgetOldest({ mail }: Device): void {
  if (oldest.giveWay(mail.destinations) !== undefined) mail.forgottenDestinations++;
}
