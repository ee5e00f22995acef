// The sensor's state as Prometheus wants it: base units, `_total` for what only grows, and labels out of closed lists of our own.
// Nothing that a device said, and no name or address, is among them.
import { VANTAGES } from '../sensor/attribute/vantage-verdict.ts';
import { INCIDENT_KINDS } from '../sensor/detect/finding.ts';
import { CAPTURE_STATES } from '../sensor/record/health.ts';
import { INCIDENT_STATES, type Incident } from '../sensor/record/incident.ts';
import type { Family, Sample } from './metrics-text.ts';
import type { HealthAnswer } from './shapes.ts';

type Values = number | null | Sample[];

export interface ProcessFacts {
  residentBytes: number;
  heapBytes: number;
  cpuSeconds: number;
}

export function processFacts(): ProcessFacts {
  const { heapUsed, rss } = process.memoryUsage();
  const { system, user } = process.cpuUsage();
  return { residentBytes: rss, heapBytes: heapUsed, cpuSeconds: (system + user) / 1e6 };
}

/** All but what has to be counted as it happens, which is the tally's. */
export function stateFamilies(
  health: HealthAnswer,
  incidents: Iterable<Pick<Incident, 'kind' | 'state'>>,
  process: ProcessFacts,
): Family[] {
  return [
    gauge('build_info', 'Always 1; the version is its label.', [{ labels: { version: health.version }, value: 1 }]),
    gauge('start_time_seconds', 'When the sensor started, since 1970.', health.startedAt / 1000),
    ...captureFamilies(health),
    gauge('devices', 'Devices that are remembered.', health.devices),
    gauge('devices_not_covered', 'Devices seen only by broadcast.', health.notCovered.count),
    gauge('incidents', 'Incidents that are remembered, by kind and state.', incidentSamples(incidents)),
    ...brokerFamilies(health),
    ...storageFamilies(health),
    ...pageFamilies(health),
    gauge('resident_memory_bytes', 'Memory of the sensor without the capture process.', process.residentBytes),
    gauge('heap_used_bytes', 'Memory that its objects take.', process.heapBytes),
    counter('cpu_seconds_total', 'Processor time of the sensor without the capture process.', process.cpuSeconds),
  ];
}

function captureFamilies(health: HealthAnswer): Family[] {
  const { clock, interfaceDrops: drops, loss } = health;
  return [
    gauge(
      'capture_state',
      'What the capture does: 1 for the state it is in.',
      oneOf('state', CAPTURE_STATES, health.capture),
    ),
    counter('capture_restarts_total', 'Times that the capture was started again.', health.captureRestarts),
    gauge('last_frame_timestamp_seconds', 'When the newest frame came, since 1970.', inSeconds(health.lastFrameAt)),
    counter('packets_total', 'Frames that passed the capture filter, copies among them.', health.frames),
    counter('duplicate_packets_total', 'Frames that came more than once.', byLabel('kind', health.duplicates)),
    counter(
      'decode_failures_total',
      'Frames, or messages in them, that could not be read.',
      decodeSamples(health.decode),
    ),
    gauge('capture_loss_ratio', 'Share of frames lost before they were read, where enough tell.', ratio(loss.percent)),
    gauge('capture_loss_low_ratio', 'The share is no less than this.', ratio(loss.low)),
    gauge('capture_loss_high_ratio', 'The share is no more than this.', ratio(loss.high)),
    gauge(
      'interface_drop_ratio',
      'Share of frames that the capture port itself dropped of late.',
      drops === null ? null : drops.dropped / Math.max(1, drops.dropped + drops.received),
    ),
    gauge('vantage', 'From where the sensor looks: 1 for the place.', oneOf('vantage', VANTAGES, health.vantage)),
    gauge(
      'coverage_ratio',
      'Share of the last seven days, as far as they are on record, that the home was watched for.',
      ratio(health.coverage?.week.percent ?? null),
    ),
    gauge('warnings', 'Things that make the sensor see less than it could.', health.warnings.length),
    gauge('clock_certain', 'Whether times can be relied on.', clock === null ? null : Number(clock.isCertain)),
    gauge('clock_difference_seconds', "How far this machine's clock is ahead.", inSeconds(clock?.differenceMs ?? null)),
  ];
}

function brokerFamilies({ broker }: HealthAnswer): Family[] {
  if (broker === null) return [];
  return [
    gauge('broker_connected', 'Whether the MQTT broker is there.', Number(broker.connected)),
    gauge('alerts_waiting', 'Alerts that wait for the broker.', broker.waiting),
    counter('alerts_dropped_total', 'Alerts given up because too many waited.', broker.dropped),
  ];
}

function storageFamilies({ database: { bytes, refused } }: HealthAnswer): Family[] {
  return [
    gauge('database_size_bytes', 'The database with its journal.', bytes),
    gauge('database_writable', 'Whether the disk takes what is new.', Number(refused === null)),
    gauge('unstored_incidents', 'Incidents that live in memory alone.', refused?.incidents ?? 0),
    gauge('unstored_alerts', 'Alerts that live in memory alone.', refused?.alerts ?? 0),
  ];
}

function pageFamilies({ web }: HealthAnswer): Family[] {
  const refused = {
    host: web.refusedHosts,
    origin: web.refusedOrigins,
    pace: web.refusedStrangers,
    slowed_token: web.slowedTokens,
    wrong_token: web.wrongTokens,
  };
  return [
    gauge('open_pages', 'Pages that are open on paired browsers.', web.openPages),
    counter('refused_requests_total', "Requests that the page's server refused.", byLabel('reason', refused)),
  ];
}

function incidentSamples(incidents: Iterable<Pick<Incident, 'kind' | 'state'>>): Sample[] {
  const counts = new Map<string, number>();
  for (const { kind, state } of incidents) counts.set(`${kind} ${state}`, (counts.get(`${kind} ${state}`) ?? 0) + 1);
  return INCIDENT_KINDS.flatMap((kind) =>
    INCIDENT_STATES.map((state) => ({ labels: { kind, state }, value: counts.get(`${kind} ${state}`) ?? 0 })),
  );
}

/** Keys are `layer.reason`, both out of the decoder's own lists. */
function decodeSamples(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([key, value]) => {
    const [layer = '', reason = ''] = key.split('.');
    return { labels: { layer, reason }, value };
  });
}

function gauge(name: string, help: string, values: Values): Family {
  return { name: `thingwatch_${name}`, help, type: 'gauge', samples: samplesOf(values) };
}

function counter(name: string, help: string, values: Values): Family {
  return { name: `thingwatch_${name}`, help, type: 'counter', samples: samplesOf(values) };
}

function samplesOf(values: Values): Sample[] {
  if (values === null) return [];
  return typeof values === 'number' ? [{ value: values }] : values;
}

function oneOf(label: string, all: readonly string[], present: string): Sample[] {
  return all.map((value) => ({ labels: { [label]: value }, value: Number(value === present) }));
}

function byLabel(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function ratio(percent: number | null): number | null {
  return percent === null ? null : percent / 100;
}

function inSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}
