// What is said of open doors: who on the Internet reached a device, and which ports of the router a device asked for.
import type { TimelineEntry } from '../attribute/device.ts';
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { entry, fields, list, number, span, text } from './wording-parts.ts';

/** `nas was reached from the Internet on port 22, SSH (remote control): 3 connections from 2 addresses.` */
export function exposedSummary(words: Words, who: string, { evidence }: Incident): string {
  const { doors } = words;
  const ports = list(evidence.ports).map((port) => text(words, port));
  const what = entry<string>(doors.services, evidence.service);
  return doors.exposed({
    who,
    where: doors.where({ n: ports.length, ports: ports.join(', ') }),
    service: what === undefined ? '' : doors.service({ service: what }),
    connections: doors.connections({ n: number(evidence.connections) }),
    sources: doors.sources({ n: Math.max(1, number(evidence.sources)) }),
  });
}

/** `doorbell asked the router to open port 8080 (TCP) for port 80, for 1 hour, named "video".` */
export function mappingSummary(words: Words, who: string, { evidence }: Incident): string {
  const { doors } = words;
  const { description, externalPort, internalClient, internalPort, lease, protocol } = fields(evidence.mapping);
  const port = text(words, internalPort);
  const isOwn = internalClient === undefined || internalClient === null;
  const requests = number(evidence.mappings);
  const seconds = number(lease);
  const said = doors.mapping({
    who,
    outer: outerPort(words, externalPort),
    protocol: text(words, protocol ?? 'tcp').toUpperCase(),
    inner: isOwn ? doors.inner({ port }) : doors.innerOf({ port, client: text(words, internalClient) }),
    lifetime: seconds === 0 ? doors.forGood : doors.forTime({ time: span(words, seconds * 1000) }),
    named: typeof description === 'string' && description !== '' ? doors.named({ name: description }) : '',
  });
  return [
    said,
    ...(typeof evidence.closedAt === 'string' ? [doors.closed] : []),
    ...(requests > 1 ? [doors.requests({ n: requests })] : []),
  ].join(' ');
}

export function remoteLoginText(words: Words, { detail, ip }: TimelineEntry): string {
  const { before } = words;
  const { durationMs, port, service } = detail;
  return before.login({
    host: ip ?? before.someHost,
    service: service ?? before.someLogin,
    port: `${port}`,
    time: span(words, Number(durationMs ?? 0)),
  });
}

export function portMappedText(words: Words, { detail }: TimelineEntry): string {
  const { externalPort, internalPort, protocol } = detail;
  return words.before.portMapped({
    outer: outerPort(words, externalPort),
    protocol: `${protocol ?? 'tcp'}`.toUpperCase(),
    port: `${internalPort}`,
  });
}

/** The router may choose: asked for 0, or for none. */
function outerPort(words: Words, port: unknown): string {
  if (port === 0 || port === null || port === undefined) return words.doors.ofItsChoice;
  return words.doors.outer({ port: text(words, port) });
}
