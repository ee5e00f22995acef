// The JSON contract of `replay --format json` as a checker: it says what of a parsed report breaks it. What the report holds
// beyond the contract is not looked at.
import { z } from 'zod';
import { INCIDENT_KINDS, SEVERITIES } from '../../sensor/detect/finding.ts';

const count = z.int().min(0);
const text = z.string().min(1);
const mac = z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/);
/** ISO 8601 with milliseconds and zone, and a date that exists. */
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$/)
  .refine((value) => !Number.isNaN(Date.parse(value)));
const ip = z.union([z.ipv4(), z.ipv6()]);
const port = z.int().min(0).max(65_535);
const nameSource = z.enum(['dns', 'sni', 'quic', 'http']);

const mailDestination = z
  .object({
    ip,
    name: text.nullable(),
    nameFrom: nameSource.nullable(),
    port,
    attempts: count,
    connected: count,
    messages: count,
    firstSeen: time,
    lastSeen: time,
  })
  .refine(({ name, nameFrom }) => (name === null) === (nameFrom === null), 'a name without its source, or the reverse')
  .refine(({ attempts, connected }) => connected <= attempts, 'more connected than attempted');

const mail = z
  .object({
    attempts: count,
    connected: count,
    refused: count,
    unanswered: count,
    messages: count,
    recipients: count,
    destinations: z.array(mailDestination),
  })
  .refine(
    ({ attempts, connected, refused, unanswered }) => connected + refused + unanswered <= attempts,
    'more outcomes than attempts',
  );

const backend = z
  .object({
    name: text,
    role: z.enum(['update', 'telemetry', 'cloud', 'store', 'time', 'unknown']),
    note: text.nullable(),
    hosts: z.array(text),
    nameFrom: z.array(nameSource),
    shared: z.boolean(),
    connections: count,
    bytesUp: count,
    bytesDown: count,
    firstSeen: time,
    lastSeen: time,
  })
  .refine(({ firstSeen, lastSeen }) => firstSeen <= lastSeen, 'last seen before it was first seen');

const device = z.object({
  mac,
  role: z.enum(['device', 'gateway', 'sensor']),
  vendor: text.nullable(),
  name: text.nullable(),
  hostnames: z.array(text),
  addresses: z.array(
    z.object({ ip, from: time, to: time }).refine(({ from, to }) => from <= to, 'ends before it begins'),
  ),
  note: text.nullable(),
  randomizedMac: z.boolean(),
  sharedMac: z.boolean(),
  mail,
  lookups: z.object({ mx: count, dnsbl: count }),
  backends: z.array(backend),
});

const incident = z
  .object({
    id: text,
    kind: z.enum(INCIDENT_KINDS),
    severity: z.enum(SEVERITIES),
    device: mac.nullable(),
    startedAt: time,
    lastAt: time,
    findings: z.int().min(1),
    summary: text,
    evidence: z.record(z.string(), z.unknown()),
    advice: z.array(text),
  })
  .refine(({ startedAt, lastAt }) => startedAt <= lastAt, 'ends before it starts');

const report = z.object({
  schema: z.literal('thingwatch.report/1'),
  capture: z
    .object({
      files: z.array(text).min(1),
      packets: count,
      firstPacket: time.nullable(),
      lastPacket: time.nullable(),
      truncated: count,
      malformed: count,
      duplicates: count,
      duplicatesByKind: z.object({ identical: count, vlan: count, routed: count, hairpin: count }),
      vantage: z.enum(['lan-both-ways', 'lan-one-way', 'wan-side', 'own-traffic-only', 'broadcast-only', 'nothing']),
      lossPercent: z.number().min(0).max(100).nullable(),
      loss: z.object({ low: z.number(), high: z.number(), samples: count, missed: count, isCertain: z.boolean() }),
    })
    .refine(({ firstPacket, packets }) => (firstPacket === null) === (packets === 0), 'packets without times')
    .refine(({ duplicates, packets }) => duplicates <= packets, 'more copies than packets'),
  devices: z.array(device),
  incidents: z.array(incident),
});

/** What breaks the contract, one line each with the place; empty when nothing does. `value`: the parsed document. */
export function contractFaults(value: unknown): string[] {
  const parsed = report.safeParse(value);
  if (!parsed.success) return parsed.error.issues.map(({ message, path }) => `${path.join('.')}: ${message}`);
  const { devices, incidents } = parsed.data;
  const macs = devices.map((entry) => entry.mac);
  const ids = incidents.map(({ id }) => id);
  return [
    ...unsorted('devices by MAC', macs),
    ...unsorted(
      'incidents by MAC and time',
      incidents.map((entry) => `${entry.device ?? ''} ${entry.startedAt}`),
    ),
    ...devices.flatMap((entry) => [
      ...unsorted(`host names of ${entry.mac}`, entry.hostnames),
      ...unsorted(
        `backends of ${entry.mac} by name`,
        entry.backends.map(({ name }) => name),
      ),
      ...unsorted(
        `addresses of ${entry.mac} by time`,
        entry.addresses.map(({ from }) => from),
      ),
      ...entry.backends.flatMap(({ hosts, name }) => unsorted(`hosts of ${name}`, hosts)),
      ...destinationSums(entry),
    ]),
    ...(new Set(macs).size < macs.length ? ['a device is there twice'] : []),
    ...(new Set(ids).size < ids.length ? ['an incident is there twice'] : []),
    ...incidents.flatMap((entry) =>
      entry.device === null || macs.includes(entry.device) ? [] : [`incident ${entry.id} is of no device listed`],
    ),
  ];
}

function unsorted(what: string, keys: readonly string[]): string[] {
  return keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') <= key) ? [] : [`not sorted: ${what}`];
}

/** As long as no destination had to give way, they add up to the totals. */
function destinationSums({ mac: address, mail: tally }: z.infer<typeof device>): string[] {
  const LIMIT = 512;
  if (tally.destinations.length >= LIMIT) return [];
  return (['attempts', 'connected', 'messages'] as const).flatMap((key) => {
    const sum = tally.destinations.reduce((total, destination) => total + destination[key], 0);
    return sum === tally[key] ? [] : [`${address}: ${key} is ${tally[key]}, its destinations add up to ${sum}`];
  });
}
