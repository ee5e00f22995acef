// One record in plain words, and as it travels. What a newer sensor tells and this page has no word for is shown as it stands. The fleet's
// desk shows a home's helper the same, so that words and time come from whoever shows it.
import type { ComponentChildren } from 'preact';
import type { FleetRecord, FleetView } from '../../../shapes.ts';
import { bytes, day, figure, percent, shortTime } from '../../format.ts';
import type { Words } from '../../words/en/index.ts';
import type { FleetWords } from '../../words/fleet.ts';
import { wordFor } from '../../words.ts';
import '../../style/records.css';

type Of<Kind extends FleetRecord['kind']> = Extract<FleetRecord, { kind: Kind }>['body'];
type Group = Pick<Of<'usage'>, 'family' | 'vendor' | 'class'>;

/** In the language of whoever shows it. */
export interface RecordWords {
  words: Pick<Words, 'name' | 'kind' | 'severity' | 'share' | 'incident' | 'guide' | 'deviceView'>;
  fleetWords: () => Pick<FleetWords, 'list' | 'record'>;
}

/** What all parts of a record are told with. */
interface Telling extends RecordWords {
  /** What families are called, by slug. */
  families: FleetView['families'];
  /** Wall time, ms. */
  now: number;
}

export function RecordItem({ record, ...telling }: { record: FleetRecord } & Telling) {
  return (
    <li>
      {record.kind === 'incident' && <Incident body={record.body} {...telling} />}
      {record.kind === 'coverage' && <Coverage body={record.body} {...telling} />}
      {record.kind === 'usage' && <Usage body={record.body} {...telling} />}
      <Raw value={record} fleetWords={telling.fleetWords} />
    </li>
  );
}

/** What travels, behind a fold. */
export function Raw({ fleetWords, value }: { value: unknown } & Pick<RecordWords, 'fleetWords'>) {
  return (
    <details>
      <summary>{fleetWords().list.raw}</summary>
      <pre class="raw">{JSON.stringify(value, null, 1)}</pre>
    </details>
  );
}

/** What is mild is told only to take it back. */
function Incident({ body, families, fleetWords, now, words }: { body: Of<'incident'> } & Telling) {
  const text = fleetWords().record;
  const { before, device, incidentKind, lastAt, mail, severity, startedAt } = body;
  const isTakenBack = severity === 'info';
  return (
    <>
      <p class="record-head">
        <strong>{wordFor(words.kind, incidentKind) ?? incidentKind}</strong>
        {!isTakenBack && <span class={`badge severity-${severity}`}>{words.severity[severity]}</span>}
      </p>
      <p class="muted">{text.period(shortTime(startedAt, now), shortTime(lastAt, now))}</p>
      {isTakenBack ? (
        <p>{fleetWords().list.takenBack}</p>
      ) : (
        <p>{device === null ? text.ofHome : groupText(device, families, text)}</p>
      )}
      {mail !== null && <p>{mailText(mail, words)}</p>}
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

function mailText(mail: NonNullable<Of<'incident'>['mail']>, words: RecordWords['words']): string {
  const { attempts, connected, messages, refused, unanswered } = mail;
  const { counts } = words.share;
  const outcomes = [
    counts.connected(connected),
    counts.refused(refused),
    counts.unanswered(unanswered),
    counts.messages(messages),
  ];
  return `${words.incident.attempts(attempts)}: ${outcomes.join(', ')}.`;
}

function Coverage({ body, fleetWords, words }: { body: Of<'coverage'> } & Telling) {
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

function Usage({ body, families, fleetWords, words }: { body: Of<'usage'> } & Telling) {
  const text = fleetWords().record;
  const { backends, day: date, devices } = body;
  return (
    <>
      <p class="record-head">
        <strong>{dayOf(date)}</strong>
        {devices > 0 && <span class="badge">{text.devices(devices)}</span>}
      </p>
      <p>{groupText(body, families, text)}</p>
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

function groupText(
  { class: kind, family, vendor }: Group,
  families: Telling['families'],
  text: FleetWords['record'],
): string {
  const name = family === null ? null : (wordFor(families, family) ?? family);
  const maker = name !== null && vendor !== null ? `${vendor}, ` : '';
  return `${name ?? vendor ?? text.unknownMaker} (${maker}${text.class[kind]})`;
}

/** Days are UTC's: their noon lies on the same date almost everywhere. */
function dayOf(date: string): string {
  return day(`${date}T12:00Z`);
}
