// The sentences about open doors: who on the Internet reached a device, and which ports of the router a device asked for.
import type { TimelineEntry } from '../attribute/device.ts';
import type { Incident } from './incident.ts';
import { fields, list, number, plural, text } from './wording-parts.ts';

const SERVICES: Record<string, string> = {
  telnet: 'telnet (remote control without encryption)',
  ssh: 'SSH (remote control)',
  adb: 'ADB (Android remote control)',
  rdp: 'remote desktop',
  vnc: 'VNC (its screen)',
  smb: 'file sharing (SMB)',
  http: 'a web page',
  https: 'a web page',
  rtsp: 'its video stream (RTSP)',
  mqtt: 'MQTT',
  'tr-069': 'remote management (TR-069)',
};

/** `nas was reached from the Internet on port 22, SSH (remote control): 3 connections from 2 addresses.` */
export function exposedSummary(who: string, { evidence }: Incident): string {
  const ports = list(evidence.ports).map(text);
  const where = ports.length === 1 ? `port ${ports[0]}` : `ports ${ports.join(', ')}`;
  const service = SERVICES[text(evidence.service)];
  const from = plural(Math.max(1, number(evidence.sources)), 'address', 'addresses');
  return `${who} was reached from the Internet on ${where}${service === undefined ? '' : `, ${service}`}: ${plural(number(evidence.connections), 'connection')} from ${from}.`;
}

export const EXPOSED_ADVICE = [
  'If you opened this port on purpose, mark it as expected; only this port of this device will then be allowed.',
  'If not: look in the router for a port forwarding or a UPnP mapping to this device and delete it; turn UPnP off if nothing needs it.',
  "Turn off the device's remote access, set a new, long password and install its updates: what is open to the Internet is tried within minutes.",
];

/** `doorbell asked the router to open port 8080 (TCP) for its port 80, for 1 hour: "video".` */
export function mappingSummary(who: string, { evidence }: Incident): string {
  const { description, externalPort, internalClient, internalPort, protocol } = fields(evidence.mapping);
  const named = typeof description === 'string' && description !== '' ? `, named "${description}"` : '';
  const until = typeof evidence.closedAt === 'string' ? ' It has closed it since.' : '';
  const others = number(evidence.mappings);
  const more = others > 1 ? ` ${others} requests in all.` : '';
  const port = externalPort === 0 || externalPort === null ? 'a port of its choice' : `port ${text(externalPort)}`;
  const client = internalClient === undefined || internalClient === null ? '' : ` of ${text(internalClient)}`;
  return `${who} asked the router to open ${port} (${text(protocol ?? 'tcp').toUpperCase()}) for port ${text(internalPort)}${client}, ${lifetime(fields(evidence.mapping).lease)}${named}.${until}${more}`;
}

export const MAPPING_ADVICE = [
  'Think whether this device has to be reached from outside: game consoles, telephony and file sharing ask for this; cameras should not.',
  'If it need not be: delete the mapping in the router and turn UPnP, NAT-PMP and PCP off there.',
];

export function remoteLoginText({ detail, ip }: TimelineEntry): string {
  const { durationMs, port, service } = detail;
  return `${ip ?? 'A host'} on the Internet used its ${service ?? 'login'} (port ${port}) for ${span(Number(durationMs ?? 0))}.`;
}

export function portMappedText({ detail }: TimelineEntry): string {
  const { externalPort, internalPort, protocol } = detail;
  return `Asked the router to open port ${externalPort ?? 'of its choice'} (${`${protocol ?? 'tcp'}`.toUpperCase()}) for port ${internalPort}.`;
}

function lifetime(lease: unknown): string {
  const seconds = number(lease);
  return seconds === 0 ? 'for good' : `for ${span(seconds * 1000)}`;
}

function span(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes >= 48 * 60) return plural(Math.round(minutes / 1440), 'day');
  if (minutes >= 120) return plural(Math.round(minutes / 60), 'hour');
  return plural(Math.max(1, Math.round(minutes)), 'minute');
}
