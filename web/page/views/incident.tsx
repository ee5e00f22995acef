// One incident: what, who, since when, to whom, what happened before, what to do now.
import type { ReportIncident, ReportMailDestination } from '../../../sensor/record/report.ts';
import { mainAddress } from '../../addresses.ts';
import type { DeviceDetail, IncidentDetail, NoteView } from '../../shapes.ts';
import { NOTE_SECTIONS } from '../../shapes.ts';
import { figure, shortTime } from '../format.ts';
import { useLive } from '../live-state.ts';
import { innerAddress, isMailIncident, type MailFacts, mailFacts } from '../mail-facts.ts';
import { Card, Facts, Pending, SeverityBadge, StateBadge, Title, When } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { useNow } from '../parts/now.ts';
import { Timeline } from '../parts/timeline.tsx';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';
import { DialogueFacts, EvidenceFacts, EvidenceFiles, OutbreakFacts } from './evidence.tsx';
import { IncidentActions } from './incident-actions.tsx';

const SHOWN_DESTINATIONS = 12;

export function IncidentView({ id }: { id: string }) {
  const incident = useResource<IncidentDetail>(`api/incidents/${encodeURIComponent(id)}`, [
    'incidents',
    'expectations',
  ]);
  const mac = incident.data?.device ?? null;
  const device = useResource<DeviceDetail>(mac && `api/devices/${encodeURIComponent(mac)}`, ['devices'], 10_000);
  const slug = device.data?.note ?? null;
  const note = useResource<NoteView>(slug && `api/notes/${encodeURIComponent(slug)}`, []);
  const back = { path: '/incidents', label: words.incidents.title };
  if (!incident.data) {
    return (
      <>
        <Title back={back}>{words.incident.title}</Title>
        <Pending resource={incident} lines={6} />
      </>
    );
  }
  const facts = mailFacts(incident.data, device.data);
  return (
    <>
      <Title back={back}>{words.kind[incident.data.kind]}</Title>
      <Pending resource={incident} />
      <Summary incident={incident.data} device={device.data} />
      <IncidentActions incident={incident.data} device={device.data} facts={facts} reload={incident.reload} />
      {(incident.data.state === 'open' || incident.data.state === 'acknowledged') && (
        <Card title={words.incident.now}>
          <Advice incident={incident.data} note={note.data} />
        </Card>
      )}
      <Card title={words.incident.facts}>
        <WhatHappened incident={incident.data} facts={facts} />
      </Card>
      {incident.data.device !== null && (
        <Card title={words.incident.before}>
          <Timeline entries={incident.data.before} none={words.incident.noBefore} />
        </Card>
      )}
      {incident.data.frames.kept > 0 && (
        <Card title={words.incident.evidence}>
          <EvidenceFiles incident={incident.data} />
        </Card>
      )}
    </>
  );
}

function Summary({ incident, device }: { incident: ReportIncident; device: DeviceDetail | null }) {
  const now = useNow();
  // Of one behind that MAC neither the name nor the vendor nor the address of its device holds.
  const inner = innerAddress(incident);
  const address = device ? mainAddress(device.addresses) : null;
  const settled = incident.state === 'expected' || incident.state === 'resolved';
  return (
    <section class={`card summary edge-${settled ? 'info' : incident.severity}`}>
      <p class="line-badges">
        <SeverityBadge severity={incident.severity} />
        <StateBadge state={incident.state} />
      </p>
      <p class="summary-text">{incident.summary}</p>
      {device && (
        <a class="who" href={`#/devices/${encodeURIComponent(device.mac)}`}>
          <span>
            <strong>{inner === null ? device.displayName : words.device.at(inner)}</strong>
            <span class="muted">
              {inner === null
                ? [device.nameFrom && words.device.nameFrom(device.nameFrom), device.vendor ?? words.device.noVendor]
                    .filter(Boolean)
                    .join(' · ')
                : words.incident.behind}
            </span>
            <span class="muted mono">{[device.mac, inner === null && address].filter(Boolean).join(' · ')}</span>
          </span>
          <Icon name="next" />
        </a>
      )}
      {incident.state === 'acknowledged' && incident.acknowledgedAt && (
        <p class="muted">{words.incident.acknowledgedAt(shortTime(incident.acknowledgedAt, now))}</p>
      )}
      {incident.state === 'resolved' && incident.resolvedAt && (
        <p class="muted">{words.incident.resolvedAt(shortTime(incident.resolvedAt, now))}</p>
      )}
      {incident.state === 'expected' && (
        <a class="button" href="#/expected">
          {words.incident.seeExpected}
        </a>
      )}
      {incident.watchUntil && <p class="notice">{words.incident.watching(shortTime(incident.watchUntil, now))}</p>}
    </section>
  );
}

function WhatHappened({ incident, facts }: { incident: ReportIncident; facts: MailFacts }) {
  const now = useNow();
  const oneWay = useLive().health?.vantage === 'lan-one-way';
  const outcome = words.incident.outcome;
  const mail = isMailIncident(incident);
  const { behind, forgedMac } = incident.evidence;
  const again = mail || incident.findings > 1 ? true : '';
  const outcomes: [string, number, string][] = [
    [outcome.unanswered, facts.unanswered, oneWay ? outcome.unansweredOneWay : outcome.unansweredHint],
    [outcome.refused, facts.refused, outcome.refusedHint],
    [outcome.connected, facts.connected, outcome.connectedHint],
    [outcome.messages, facts.messages, outcome.messagesHint],
    [outcome.recipients, facts.recipients, outcome.recipientsHint],
  ];
  return (
    <>
      <Facts
        rows={[
          [words.incident.started, words.asCertain(shortTime(incident.startedAt, now), incident.timeUncertain)],
          [words.incident.last, again && <When key="last" time={incident.lastAt} now={now} />],
          [
            words.incident.often,
            mail && facts.attempts > 0
              ? words.incident.attempts(facts.attempts)
              : again && words.incident.findings(incident.findings),
          ],
          [words.incident.innerAddress, innerAddress(incident)],
          [words.incident.behind, carrierText(behind)],
          [words.incident.forgedMac, typeof forgedMac === 'string' ? words.incident.forgedMacHint(forgedMac) : ''],
        ]}
      />
      {mail && (
        <ul class="outcomes">
          {outcomes
            .filter(([, count]) => count > 0)
            .map(([label, count, hint]) => (
              <li key={label}>
                <strong>{figure(count)}</strong> {label}
                <span class="muted">{hint}</span>
              </li>
            ))}
        </ul>
      )}
      {mail && <Destinations facts={facts} />}
      {mail && <DialogueFacts evidence={incident.evidence} />}
      {incident.kind === 'outbreak' && <OutbreakFacts evidence={incident.evidence} />}
      {!mail && incident.kind !== 'outbreak' && <EvidenceFacts evidence={incident.evidence} />}
    </>
  );
}

/** What hands on the frames of the device, by name and MAC. */
function carrierText(behind: unknown): string {
  const known: Record<string, unknown> = typeof behind === 'object' && behind !== null ? { ...behind } : {};
  return [known.name, known.mac].filter((text) => typeof text === 'string').join(' · ');
}

/** A proxy that was asked for a name kept the address to itself. */
function addressText({ ip, name, namedToProxy }: ReportMailDestination): string {
  if (namedToProxy) return words.incident.namedToProxy;
  return name ? ip : words.deviceView.nameHidden;
}

function Destinations({ facts }: { facts: MailFacts }) {
  const shown = facts.destinations.slice(0, SHOWN_DESTINATIONS);
  const more = facts.destinations.length - shown.length;
  return (
    <>
      <h3>{words.incident.toWhom}</h3>
      {shown.length === 0 && <p class="muted">{words.incident.noDestinations}</p>}
      <ul class="destinations">
        {shown.map((entry) => (
          <li key={`${entry.name} ${entry.ip} ${entry.port}`}>
            <span class="wrap">{entry.name ?? entry.ip}</span>
            <span class="muted">
              {[
                addressText(entry),
                words.incident.port(entry.port),
                words.incident.attempts(entry.attempts),
                entry.otherDevice ? words.incident.otherDeviceName : null,
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="muted">{words.incident.moreDestinations(more)}</p>}
    </>
  );
}

function Advice({ incident, note }: { incident: ReportIncident; note: NoteView | null }) {
  return (
    <>
      {incident.advice.length === 0 && !note && <p class="muted">{words.incident.noAdvice}</p>}
      <ol class="steps">
        {incident.advice.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {note && (
        <details>
          <summary>{note.title}</summary>
          <NoteSteps note={note} />
        </details>
      )}
    </>
  );
}

export function NoteSteps({ note }: { note: NoteView }) {
  const sections = NOTE_SECTIONS.filter((section) => note.steps[section].length > 0);
  return (
    <>
      {note.general && <p class="muted">{words.incident.generalNote}</p>}
      {sections.map((section) => (
        <div key={section}>
          <h3>{words.incident.noteSection[section]}</h3>
          <ol class="steps">
            {note.steps[section].map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </div>
      ))}
      {note.source && <p class="muted wrap">{words.incident.noteSource(note.source)}</p>}
    </>
  );
}
