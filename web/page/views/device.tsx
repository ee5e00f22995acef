// One device: who it is and how that is known, its incidents, mail, backends, updates, history and activity.
import { useState } from 'preact/hooks';
import type { ReportBackend } from '../../../sensor/record/report.ts';
import { activityStrip } from '../../activity-strip.ts';
import type { DeviceDetail, NoteView } from '../../shapes.ts';
import { bytes, shortTime } from '../format.ts';
import { useLive } from '../live-state.ts';
import { Card, Facts, Pending, Title, When } from '../parts/basics.tsx';
import { ActivityCharts } from '../parts/charts.tsx';
import { LateFleetView } from '../parts/late-fleet.tsx';
import { IncidentLine } from '../parts/lists.tsx';
import { useNow } from '../parts/now.ts';
import { DayStrip, stripText } from '../parts/strip.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { useResource } from '../resource.ts';
import { type IncidentPage, UNRESOLVED } from '../unresolved.ts';
import { wordFor, words } from '../words.ts';
import { ForgetDevice, RenameDevice } from './device-actions.tsx';
import { Updates } from './device-updates.tsx';
import { NoteSteps } from './incident.tsx';
import { SameDevice } from './same-device.tsx';

const SHOWN_BACKENDS = 20;
const SHOWN_ADDRESSES = 4;
const SHOWN_HOSTS = 3;

export function DeviceView({ mac }: { mac: string }) {
  const now = useNow();
  const fleet = useLive().health?.fleet ?? null;
  const device = useResource<DeviceDetail>(`api/devices/${encodeURIComponent(mac)}`, ['devices'], 5_000);
  const incidents = useResource<IncidentPage>(UNRESOLVED, ['incidents']);
  const slug = device.data?.note ?? null;
  const note = useResource<NoteView>(slug && `api/notes/${encodeURIComponent(slug)}`, []);
  const back = { path: '/devices', label: words.devices.title };
  if (!device.data) {
    return (
      <>
        <Title back={back}>{mac}</Title>
        <Pending resource={device} lines={6} />
      </>
    );
  }
  const open = incidents.data?.incidents.filter((incident) => incident.device === mac) ?? [];
  return (
    <>
      <Title back={back}>{device.data.displayName}</Title>
      <Pending resource={device} />
      {open.length > 0 && (
        <Card title={words.deviceView.incidents}>
          <ul class="lines">
            {open.map((incident) => (
              <IncidentLine key={incident.id} incident={incident} device={summaryOf(device.data)} now={now} />
            ))}
          </ul>
        </Card>
      )}
      <Card title={words.deviceView.facts}>
        <Identity device={device.data} note={note.data} reload={device.reload} />
        <RenameDevice device={device.data} reload={device.reload} />
      </Card>
      <Card title={words.deviceView.activity}>
        <Strip activity={device.data.activity} now={now} />
        <ActivityCharts activity={device.data.activity} now={now} />
      </Card>
      <Card title={words.deviceView.mail}>
        <Mail device={device.data} />
      </Card>
      <Card title={words.deviceView.backends}>
        <Backends backends={device.data.backends} />
      </Card>
      <Card title={words.deviceView.firmware}>
        <Updates device={device.data} />
      </Card>
      <Card title={words.deviceView.timeline}>
        <Timeline entries={device.data.timeline} none={words.deviceView.noTimeline} />
      </Card>
      {fleet && (
        <LateFleetView
          show={({ KeepPrivate }) =>
            device.data && <KeepPrivate device={device.data} fleet={fleet.name} reload={device.reload} />
          }
        />
      )}
      <ForgetDevice mac={mac} />
    </>
  );
}

function Strip({ activity, now }: { activity: DeviceDetail['activity']; now: number }) {
  const levels = activityStrip(activity, now);
  return (
    <>
      <p class="muted" aria-hidden="true">
        {stripText(levels)}
      </p>
      <DayStrip levels={levels} />
    </>
  );
}

/** The list's line needs the name only. */
function summaryOf(device: DeviceDetail | null) {
  if (!device) return undefined;
  const name = device.displayName;
  return {
    ...device,
    name,
    address: null,
    perhapsSameAs: null,
    mailAttempts: 0,
    lastMail: null,
    lastUpdateContact: null,
    backends: 0,
    strip: [],
  };
}

function Identity({ device, note, reload }: { device: DeviceDetail; note: NoteView | null; reload: () => void }) {
  const now = useNow();
  const text = words.deviceView;
  const newest = [...device.addresses].sort((left, right) => right.to.localeCompare(left.to));
  const older = newest.slice(SHOWN_ADDRESSES);
  const warnings = [
    device.broadcastOnly ? words.device.notSeen : null,
    device.randomizedMac ? words.device.randomized : null,
    device.sharedMac ? words.device.shared : null,
    device.behind ? words.device.behind(device.behind.kind, device.behind.name ?? device.behind.mac) : null,
  ].filter((warning) => warning !== null);
  const address = ({ ip, to }: { ip: string; to: string }) => (
    <li key={`${ip} ${to}`}>
      <span class="mono wrap">{ip}</span> <span class="muted">{shortTime(to, now)}</span>
    </li>
  );
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="notice">
          {warning}
        </p>
      ))}
      <SameDevice device={device} reload={reload} />
      <Facts
        rows={[
          [
            text.mac,
            <span key="mac" class="mono">
              {device.mac}
            </span>,
          ],
          [text.vendor, device.vendor ?? words.device.noVendor],
          [text.names, device.hostnames.join(', ')],
          [
            text.addresses,
            <ul key="ip" class="plain">
              {newest.slice(0, SHOWN_ADDRESSES).map(address)}
            </ul>,
          ],
          [words.device.addressesBehind, device.addressesBehind.join(', ')],
          [text.firstSeen, words.asCertain(shortTime(device.firstSeen, now), device.timeUncertain)],
          [text.lastSeen, <When key="seen" time={device.lastSeen} now={now} />],
          [text.class, `${text.classes[device.class]}${classReasons(device)}`],
          [text.noteEvidence, noteReasons(device)],
        ]}
      />
      {older.length > 0 && (
        <details>
          <summary>{text.olderAddresses(older.length)}</summary>
          <ul class="plain">{older.map(address)}</ul>
        </details>
      )}
      {note && (
        <details>
          <summary>
            {text.note}: {note.title}
          </summary>
          <NoteSteps note={note} />
        </details>
      )}
    </>
  );
}

function Mail({ device }: { device: DeviceDetail }) {
  const now = useNow();
  const { mail, lookups } = device;
  const outcome = words.incident.outcome;
  const asked = lookups.mx + lookups.dnsbl > 0 ? words.deviceView.lookups(lookups.mx, lookups.dnsbl) : null;
  if (mail.attempts === 0) {
    return (
      <>
        <p class="muted">{words.deviceView.noMail}</p>
        {asked && <p>{asked}</p>}
      </>
    );
  }
  return (
    <>
      <Facts
        rows={[
          [words.chart.mail, mail.attempts],
          [outcome.unanswered, mail.unanswered || ''],
          [outcome.refused, mail.refused || ''],
          [outcome.connected, mail.connected || ''],
          [outcome.messages, mail.messages || ''],
          [outcome.recipients, mail.recipients || ''],
        ]}
      />
      {asked && <p>{asked}</p>}
      <ul class="destinations">
        {mail.destinations.slice(0, SHOWN_BACKENDS).map((entry) => (
          <li key={`${entry.name} ${entry.ip} ${entry.port}`}>
            <span class="wrap">{entry.name ?? entry.ip}</span>
            <span class="muted">
              {words.incident.port(entry.port)} · {words.incident.attempts(entry.attempts)} ·{' '}
              {shortTime(entry.lastSeen, now)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

const ROLE_ORDER = ['update', 'store', 'telemetry', 'cloud', 'time', 'unknown'] as const;

/** By role, updates first: the way in is looked for there. */
function Backends({ backends }: { backends: ReportBackend[] }) {
  const [all, setAll] = useState(false);
  if (backends.length === 0) return <p class="muted">{words.deviceView.noBackends}</p>;
  const sorted = [...backends].sort(
    (left, right) =>
      ROLE_ORDER.indexOf(left.role) - ROLE_ORDER.indexOf(right.role) || right.lastSeen.localeCompare(left.lastSeen),
  );
  const shown = all ? sorted : sorted.slice(0, SHOWN_BACKENDS);
  return (
    <>
      {ROLE_ORDER.map((role) => {
        const entries = shown.filter((backend) => backend.role === role);
        return entries.length === 0 ? null : (
          <div key={role}>
            <h3>{words.deviceView.backendRole[role]}</h3>
            <ul class="destinations">
              {entries.map((backend) => (
                <BackendLine key={backend.name} backend={backend} />
              ))}
            </ul>
          </div>
        );
      })}
      {!all && sorted.length > SHOWN_BACKENDS && (
        <button type="button" class="wide" onClick={() => setAll(true)}>
          {words.state.more(sorted.length - SHOWN_BACKENDS)}
        </button>
      )}
    </>
  );
}

/** What the note was found by. */
function noteReasons({ noteEvidence }: DeviceDetail): string {
  const kind = (evidence: string) => wordFor(words.deviceView.evidenceKinds, evidence) ?? evidence;
  return noteEvidence.map(({ evidence, value }) => `${kind(evidence)}: ${value}`).join(', ');
}

/** What spoke for it; what spoke against it is in the report. */
function classReasons({ classEvidence }: DeviceDetail): string {
  const reasons = classEvidence.filter(({ weight }) => weight > 0).map(({ value }) => value);
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
}

function BackendLine({ backend }: { backend: ReportBackend }) {
  const now = useNow();
  const text = words.deviceView;
  const from = backend.nameFrom.map((source) => text.nameSource[source]).join(', ') || text.nameHidden;
  const role = backend.roleFrom === null ? null : text.roleFrom[backend.roleFrom];
  const hosts = backend.hosts.filter((host) => host !== backend.name).slice(0, SHOWN_HOSTS);
  const provenance = [
    from,
    role,
    backend.through.length > 0 ? text.throughProxy(backend.through.join(', ')) : null,
    backend.outerName ? text.outerName : null,
    backend.shared ? text.sharedInfrastructure : null,
    backend.otherDevice ? words.incident.otherDeviceName : null,
  ];
  return (
    <li>
      <span class="wrap">{backend.name}</span>
      {hosts.length > 0 && <span class="muted wrap">{hosts.join(', ')}</span>}
      <span class="muted">{provenance.filter(Boolean).join(' · ')}</span>
      <span class="muted">
        {text.backendTraffic(backend.connections, bytes(backend.bytesUp), bytes(backend.bytesDown))} ·{' '}
        <When time={backend.lastSeen} now={now} />
      </span>
    </li>
  );
}
