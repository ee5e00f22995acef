// One record in plain words, and as it travels. What a newer sensor tells and this page has no word for is shown as it stands.
import type { ComponentChildren } from 'preact';
import type { FleetRecord, FleetView } from '../../../shapes.ts';
import { bytes, day, figure, percent, shortTime } from '../../format.ts';
import { SeverityBadge } from '../../parts/basics.tsx';
import { useNow } from '../../parts/now.ts';
import { fleetWords } from '../../words/fleet.ts';
import { wordFor, words } from '../../words.ts';

type Of<Kind extends FleetRecord['kind']> = Extract<FleetRecord, { kind: Kind }>['body'];
type Group = Pick<Of<'usage'>, 'family' | 'vendor' | 'class'>;
type Families = FleetView['families'];

export function RecordItem({ families, record }: { record: FleetRecord; families: Families }) {
  return (
    <li>
      {record.kind === 'incident' && <Incident body={record.body} families={families} />}
      {record.kind === 'coverage' && <Coverage body={record.body} />}
      {record.kind === 'usage' && <Usage body={record.body} families={families} />}
      <details>
        <summary>{fleetWords().list.raw}</summary>
        <pre class="raw">{JSON.stringify(record, null, 1)}</pre>
      </details>
    </li>
  );
}

/** What is mild is told only to take it back. */
function Incident({ body, families }: { body: Of<'incident'>; families: Families }) {
  const now = useNow();
  const text = fleetWords().record;
  const { before, device, incidentKind, lastAt, mail, severity, startedAt } = body;
  const isTakenBack = severity === 'info';
  return (
    <>
      <p class="record-head">
        <strong>{wordFor(words.kind, incidentKind) ?? incidentKind}</strong>
        {!isTakenBack && <SeverityBadge severity={severity} />}
      </p>
      <p class="muted">{text.period(shortTime(startedAt, now), shortTime(lastAt, now))}</p>
      {isTakenBack ? (
        <p>{fleetWords().list.takenBack}</p>
      ) : (
        <p>{device === null ? text.ofHome : groupText(device, families)}</p>
      )}
      {mail !== null && <p>{mailText(mail)}</p>}
      {device !== null && <p class="muted">{text.hash(device.hash)}</p>}
      {before.length > 0 && (
        <>
          <h3>{text.before}</h3>
          <ul class="destinations">
            {before.map(({ at, backend, bytesDown, role, step }) => (
              <Line key={`${at} ${step} ${backend} ${role}`} name={text.step[step](backend)}>
                {[
                  shortTime(at, now),
                  words.deviceView.backendRole[role],
                  bytesDown === null ? null : text.received(bytes(bytesDown)),
                ]}
              </Line>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function mailText({ attempts, connected, messages, refused, unanswered }: NonNullable<Of<'incident'>['mail']>): string {
  const { counts } = words.share;
  const outcomes = [
    counts.connected(connected),
    counts.refused(refused),
    counts.unanswered(unanswered),
    counts.messages(messages),
  ];
  return `${words.incident.attempts(attempts)}: ${outcomes.join(', ')}.`;
}

function Coverage({ body }: { body: Of<'coverage'> }) {
  const text = fleetWords().record;
  const { day: date, hoursSeen, lossPercent, vantage, version } = body;
  const loss = lossPercent === null ? text.lossUnknown : text.loss(percent(lossPercent));
  return (
    <>
      <p class="record-head">
        <strong>{dayOf(date)}</strong>
      </p>
      <p>{`${text.seen(words.guide.sees[vantage], figure(hoursSeen))} ${loss}`}</p>
      <p class="muted">{`${words.name} ${version}`}</p>
    </>
  );
}

function Usage({ body, families }: { body: Of<'usage'>; families: Families }) {
  const text = fleetWords().record;
  const { backends, day: date, devices } = body;
  return (
    <>
      <p class="record-head">
        <strong>{dayOf(date)}</strong>
        {devices > 0 && <span class="badge">{text.devices(devices)}</span>}
      </p>
      <p>{groupText(body, families)}</p>
      {devices === 0 ? (
        <p>{fleetWords().list.takenBack}</p>
      ) : (
        backends.length === 0 && <p class="muted">{text.nothingUsed}</p>
      )}
      {backends.length > 0 && (
        <ul class="destinations">
          {backends.map((one) => (
            <Line key={`${one.backend} ${one.role}`} name={one.backend}>
              {[words.deviceView.backendRole[one.role], text.usedBy(one.devices)]}
            </Line>
          ))}
        </ul>
      )}
    </>
  );
}

function Line({ children, name }: { name: string; children: (string | null)[] }): ComponentChildren {
  return (
    <li>
      <span class="wrap">{name}</span>
      <span class="muted">{children.filter((part) => part !== null).join(' · ')}</span>
    </li>
  );
}

function groupText({ class: kind, family, vendor }: Group, families: Families): string {
  const text = fleetWords().record;
  const name = family === null ? null : (families[family] ?? family);
  const maker = name !== null && vendor !== null ? `${vendor}, ` : '';
  return `${name ?? vendor ?? text.unknownMaker} (${maker}${text.class[kind]})`;
}

/** Days are UTC's: their noon lies on the same date almost everywhere. */
function dayOf(date: string): string {
  return day(`${date}T12:00Z`);
}
