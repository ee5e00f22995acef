// Replays every capture of a folder and compares what the report holds with `truth.ndjson`, which tshark's findings made.
// Says for each difference why it is there, or that nobody knows.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureError } from '../../sensor/capture/errors.ts';
import type { Report, ReportDevice } from '../../sensor/record/report.ts';
import { replayedReport } from '../support/replayed.ts';

const CLASSES = ['mail', 'tls', 'quic', 'http', 'dhcp', 'dns'] as const;
export type Class = (typeof CLASSES)[number];

interface TruthDevice {
  mail_conns?: Record<string, number>;
  helo_conns?: Record<string, number>;
  tls_sni?: string[];
  quic_sni?: string[];
  http_hosts?: string[];
  dhcp_hostnames?: string[];
  dns_answers?: Record<string, string[]>;
}

interface Truth {
  file: string;
  tunnelled_frames: number;
  devices: Record<string, TruthDevice>;
}

export interface Difference {
  file: string;
  class: Class;
  mac: string;
  missing: string;
  reason: string;
}

export interface Compared {
  files: { file: string; refused: string | null; found: Record<Class, number>; truth: Record<Class, number> }[];
  differences: Difference[];
  found: Record<Class, number>;
  truth: Record<Class, number>;
}

const none = (): Record<Class, number> => ({ mail: 0, tls: 0, quic: 0, http: 0, dhcp: 0, dns: 0 });

/** Null where the folder holds no truth. */
export async function compareFolder(folder: string): Promise<Compared | null> {
  const truthFile = join(folder, 'truth.ndjson');
  if (!existsSync(truthFile)) return null;
  const compared: Compared = { files: [], differences: [], found: none(), truth: none() };
  for (const line of readFileSync(truthFile, 'utf8').split('\n')) {
    if (line.trim() !== '') await compareFile(folder, JSON.parse(line) as Truth, compared);
  }
  return compared;
}

async function compareFile(folder: string, truth: Truth, compared: Compared): Promise<void> {
  const report = await reportOf(join(folder, truth.file));
  const result = {
    file: truth.file,
    refused: typeof report === 'string' ? report : null,
    found: none(),
    truth: none(),
  };
  compared.files.push(result);
  const devices = new Map(typeof report === 'string' ? [] : report.devices.map((device) => [device.mac, device]));
  for (const [mac, expected] of Object.entries(truth.devices)) {
    const device = devices.get(mac);
    const shown = shownBy(expected, device);
    const isShown = (item: string, name: Class) =>
      [...devices.values()].some((other) => shownBy(expected, other)[name].has(item));
    for (const [name, item] of expectations(expected, device)) {
      result.truth[name]++;
      if (shown[name].has(item)) result.found[name]++;
      else
        compared.differences.push({
          file: truth.file,
          class: name,
          mac,
          missing: item,
          reason: reasonFor(truth, result.refused, isShown(item, name)),
        });
    }
  }
  for (const name of CLASSES) {
    compared.found[name] += result.found[name];
    compared.truth[name] += result.truth[name];
  }
}

/** The report, or why the file is refused. `--home-net 255.255.255.255/32`: every destination is outside. */
async function reportOf(file: string): Promise<Report | string> {
  try {
    return await replayedReport(file, ['255.255.255.255/32']);
  } catch (error) {
    if (error instanceof CaptureError) return error.message;
    throw error;
  }
}

/** One item for each thing tshark found; mail attempts are numbered by port: `25 #1`. */
function expectations(expected: TruthDevice, device: ReportDevice | undefined): [Class, string][] {
  const ports = new Set([...Object.keys(expected.mail_conns ?? {}), ...Object.keys(expected.helo_conns ?? {})]);
  const mail = [...ports].flatMap((port) =>
    // A connection whose SYN is not in the capture counts when it says EHLO or HELO.
    numbered(port, Math.max(expected.mail_conns?.[port] ?? 0, expected.helo_conns?.[port] ?? 0)),
  );
  const named = (list: string[] | undefined) => (list ?? []).map(plainHost).filter((host) => host !== '');
  return [
    ...mail.map((item): [Class, string] => ['mail', item]),
    ...named(expected.tls_sni).map((item): [Class, string] => ['tls', item]),
    ...named(expected.quic_sni).map((item): [Class, string] => ['quic', item]),
    ...named(expected.http_hosts).map((item): [Class, string] => ['http', item]),
    ...(expected.dhcp_hostnames ?? []).map((item): [Class, string] => ['dhcp', item.toLowerCase().replace(/\.$/, '')]),
    ...namesByDns(device).map((item): [Class, string] => ['dns', item]),
  ];
}

function shownBy(expected: TruthDevice, device: ReportDevice | undefined): Record<Class, ReadonlySet<string>> {
  // A Host field that is an address names nothing: it is shown as the backend itself.
  const hosts = new Set(device?.backends.flatMap(({ hosts, name }) => [name, ...hosts]));
  for (const { name } of device?.mail.destinations ?? []) if (name !== null) hosts.add(name);
  const byPort = new Map<number, number>();
  for (const { attempts, port } of device?.mail.destinations ?? [])
    byPort.set(port, (byPort.get(port) ?? 0) + attempts);
  const mail = new Set([...byPort].flatMap(([port, attempts]) => numbered(String(port), attempts)));
  const dhcp = new Set(device?.hostnames.map((name) => name.toLowerCase()));
  return { mail, tls: hosts, quic: hosts, http: hosts, dhcp, dns: new Set(Object.keys(expected.dns_answers ?? {})) };
}

const numbered = (port: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${port} #${index + 1}`);

/** Looked-up names reach the report only with a connection, so here it is the other way round: each shown was answered. */
function namesByDns(device: ReportDevice | undefined): string[] {
  const own = device?.backends.filter(
    ({ nameFrom, otherDevice }) => !otherDevice && nameFrom.length === 1 && nameFrom[0] === 'dns',
  );
  const mail = device?.mail.destinations.filter(({ nameFrom, otherDevice }) => nameFrom === 'dns' && !otherDevice);
  const names = [...(own ?? []).flatMap(({ hosts }) => hosts), ...(mail ?? []).flatMap(({ name }) => name ?? [])];
  return [...new Set(names)];
}

/** A Host field without its port. */
function plainHost(text: string): string {
  return text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}

function reasonFor(truth: Truth, refused: string | null, isElsewhere: boolean): string {
  if (refused !== null) return `refused: ${/link type [^.]*/.exec(refused)?.[0] ?? refused}`;
  if (truth.tunnelled_frames > 0 && isElsewhere)
    return 'from a remote mirror: tshark tells it of the MAC that sent the copy, the sensor of the device in it';
  if (truth.tunnelled_frames > 0) return 'inside a tunnel (other GRE, GTP), which tshark opens and the sensor does not';
  return 'UNEXPLAINED';
}

export function table({ differences, files, found, truth }: Compared): string {
  const cell = (f: number, t: number) => (t === 0 ? '' : `${f}/${t}`).padStart(9);
  const row = (name: string, f: Record<Class, number>, t: Record<Class, number>) =>
    `${name.padEnd(66)}${CLASSES.map((c) => cell(f[c], t[c])).join('')}`;
  return [
    `${'file'.padEnd(66)}${CLASSES.map((c) => c.padStart(9)).join('')}`,
    ...files.filter((f) => CLASSES.some((c) => f.truth[c] > 0)).map((f) => row(f.file, f.found, f.truth)),
    row('all', found, truth),
    '',
    ...differences.map((d) => `${d.file}  ${d.mac}  ${d.class} ${d.missing}: ${d.reason}`),
  ].join('\n');
}
