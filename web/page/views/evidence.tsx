// What an incident without a form of its own rests on, from the facts the sensor recorded: an outbreak's devices and what
// they share, and any other kind's facts in plain rows. Reads them as unknown values: no fact is promised. And the files that
// go to others.
import type { DeviceSummary, IncidentDetail } from '../../shapes.ts';
import { figure, shortTime } from '../format.ts';
import { Facts } from '../parts/basics.tsx';
import { useNow } from '../parts/now.ts';
import { useResource } from '../resource.ts';
import { wordFor, words } from '../words.ts';

type Evidence = Record<string, unknown>;

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const SHOWN_ROWS = 24;

export function OutbreakFacts({ evidence }: { evidence: Evidence }) {
  const now = useNow();
  const known = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 15_000);
  const text = words.outbreak;
  return (
    <>
      <h3>{text.devices}</h3>
      <ul class="destinations">
        {records(evidence.devices).map(({ mac, name, firstContact, mailSince }) => (
          <li key={`${mac}`}>
            <a class="device-link" href={`#/devices/${encodeURIComponent(`${mac}`)}`}>
              {known.data?.devices.find((device) => device.mac === mac)?.name ?? `${name ?? mac}`}
            </a>
            <span class="muted">{text.firstContact(time(firstContact, now))}</span>
            <span class="muted">{text.mailSince(time(mailSince, now))}</span>
          </li>
        ))}
      </ul>
      <h3>{text.shared}</h3>
      <ul class="destinations">
        {[evidence, ...records(evidence.alsoShared)].map((backend) => (
          <li key={`${backend.backend} ${backend.role}`}>
            <span class="wrap">{hostsOf(backend)}</span>
            <span class="muted">
              {roleName(backend.role)} · {text.others(Number(backend.unaffectedDevices ?? 0))}
              {backend.shared === true && ` · ${words.deviceView.sharedInfrastructure}`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a mail dialogue showed, as far as it was readable; nothing of its text is kept. */
export function DialogueFacts({ evidence }: { evidence: Evidence }) {
  const [dialogue] = records([evidence.dialogue]);
  if (dialogue === undefined) return null;
  const text = words.dialogue;
  const count = (key: string): number => Number(evidence[key] ?? 0);
  const refusals = count('mailRefused') + count('recipientsRefused') + count('messagesRefused');
  const logIn = dialogue.authAccepted === true ? text.logInAccepted : text.logInTried;
  const rows: [string, string][] = [
    [text.hello, wordFor(text.helloClass, dialogue.hello) ?? ''],
    [text.logIn, dialogue.authTried === true ? logIn : ''],
    [text.encryption, dialogue.startTls === true ? text.startTls : ''],
    [text.refusals, refusals > 0 ? figure(refusals) : ''],
    [text.blockList, dialogue.blockListed === true ? text.blockListed : ''],
    [text.gaps, count('gaps') > 0 ? figure(count('gaps')) : ''],
  ];
  return rows.some(([, value]) => value !== '') ? (
    <>
      <h3>{text.title}</h3>
      <Facts rows={rows} />
    </>
  ) : null;
}

export function EvidenceFacts({ evidence }: { evidence: Evidence }) {
  const now = useNow();
  const rows = Object.entries(evidence)
    .filter(([, value]) => value !== null && value !== undefined)
    .slice(0, SHOWN_ROWS)
    .map(([key, value]): [string, string] => [
      wordFor(words.fact, key) ?? spaced(key),
      wordFor(valueNames(key), value) ?? told(value, now),
    ]);
  return rows.length > 0 ? <Facts rows={rows} /> : null;
}

export function EvidenceFiles({ incident: { frames, id } }: { incident: IncidentDetail }) {
  const path = `api/incidents/${encodeURIComponent(id)}/evidence`;
  const text = words.incident;
  return (
    <>
      <p class="muted">{text.evidenceHint(frames.kept, frames.seen)}</p>
      <div class="buttons">
        <a class="button" href={`${path}.txt`} download={`thingwatch-${id}.txt`}>
          {text.evidenceReport}
        </a>
        <a class="button" href={`${path}.pcap`} download={`thingwatch-${id}.pcap`}>
          {text.evidencePcap}
        </a>
      </div>
    </>
  );
}

/** What this fact may say in a word of the sensor's. */
function valueNames(key: string): Record<string, string> {
  switch (key) {
    case 'role':
      return words.deviceView.backendRole;
    case 'nameFrom':
      return words.deviceView.nameSource;
    case 'vantage':
      return words.guide.sees;
    case 'ownAddress':
    case 'direction':
    case 'measure':
    case 'among':
      return words.factValue[key];
    default:
      return {};
  }
}

function hostsOf({ backend, hosts }: Evidence): string {
  const names = Array.isArray(hosts) && hosts.length > 0 ? hosts : [backend];
  return names.slice(0, 4).join(', ');
}

function roleName(role: unknown): string {
  return wordFor(words.deviceView.backendRole, role) ?? words.deviceView.backendRole.unknown;
}

function spaced(key: string): string {
  const text = key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function told(value: unknown, now: number): string {
  if (typeof value === 'boolean') return value ? words.state.yes : words.state.no;
  if (typeof value === 'string' && ISO_TIME.test(value)) return shortTime(value, now);
  if (Array.isArray(value))
    return value
      .slice(0, 12)
      .map((item) => told(item, now))
      .join(', ');
  if (value === null || typeof value !== 'object') return `${value}`;
  const { ip, name, port, ...rest } = { ip: null, name: null, port: null, ...value };
  const where = [name ?? ip, typeof port === 'number' ? words.incident.port(port) : null];
  return [...where, ...Object.values(rest).map((inner) => told(inner, now))]
    .filter((part) => part !== null)
    .join(' · ');
}

function time(value: unknown, now: number): string {
  return typeof value === 'string' && ISO_TIME.test(value) ? shortTime(value, now) : words.state.unknown;
}

function records(value: unknown): Evidence[] {
  return Array.isArray(value)
    ? value.filter((item): item is Evidence => item !== null && typeof item === 'object')
    : [];
}
