// What a person decides about an incident: expected, acknowledged, resolved, shared. Each says first what it will do.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IncidentKind } from '../../../sensor/detect/finding.ts';
import type { ReportIncident } from '../../../sensor/record/report.ts';
import type { DeviceDetail, ExpectationPreview } from '../../shapes.ts';
import { command } from '../client.ts';
import { DAY_MS } from '../format.ts';
import { isMailIncident, type MailFacts } from '../mail-facts.ts';
import { Pending } from '../parts/basics.tsx';
import { useNow } from '../parts/now.ts';
import { shownTargets } from '../parts/targets.ts';
import { perform } from '../parts/toast.tsx';
import { useResource } from '../resource.ts';
import { shareText } from '../share-text.ts';
import { words } from '../words.ts';

interface ActionsProps {
  incident: ReportIncident;
  device: DeviceDetail | null;
  facts: MailFacts;
  reload: () => void;
}

/** The sensor refuses it for any other kind. */
const CAN_BE_EXPECTED = new Set<IncidentKind>(['mail_started', 'submission_started', 'exposed']);

type ResolveWords = typeof words.incident.resolveMail;
type Panel = 'expect' | 'resolve' | 'share' | null;

export function IncidentActions({ incident, device, facts, reload }: ActionsProps) {
  const [panel, setPanel] = useState<Panel>(null);
  const { id, state } = incident;
  const open = state === 'open' || state === 'acknowledged';
  const toggle = (next: Panel): void => setPanel(panel === next ? null : next);
  const close = (): void => setPanel(null);
  const resolving = resolvingOf(incident);

  async function acknowledge(): Promise<void> {
    if (await perform(() => command({ type: 'acknowledge', incident: id }), words.incident.acknowledgedDone)) reload();
  }
  return (
    <section class="actions" aria-label={words.incident.actions}>
      <div class="buttons">
        {open && incident.device && CAN_BE_EXPECTED.has(incident.kind) && (
          <button type="button" aria-expanded={panel === 'expect'} onClick={() => toggle('expect')}>
            {words.incident.expect}
          </button>
        )}
        {state === 'open' && (
          <button type="button" title={words.incident.acknowledgeHint} onClick={() => void acknowledge()}>
            {words.incident.acknowledge}
          </button>
        )}
        {open && (
          <button type="button" aria-expanded={panel === 'resolve'} onClick={() => toggle('resolve')}>
            {resolving.action}
          </button>
        )}
        <button type="button" aria-expanded={panel === 'share'} onClick={() => toggle('share')}>
          {words.incident.share}
        </button>
      </div>
      {panel === 'expect' && <ExpectPanel incident={incident} device={device} close={close} reload={reload} />}
      {panel === 'resolve' && <ResolvePanel id={id} text={resolving} close={close} reload={reload} />}
      {panel === 'share' && <SharePanel text={shareText(incident, device, facts)} close={close} />}
    </section>
  );
}

function resolvingOf(incident: ReportIncident): ResolveWords {
  if (isMailIncident(incident)) return words.incident.resolveMail;
  return incident.kind === 'fleet_warning' ? words.incident.resolveWarning : words.incident.resolveOther;
}

const PERIODS: [name: keyof typeof words.incident.periods, days: number | null][] = [
  ['forGood', null],
  ['day', 1],
  ['week', 7],
  ['month', 30],
];

interface ExpectProps {
  incident: ReportIncident;
  device: DeviceDetail | null;
  close: () => void;
  reload: () => void;
}

/** Shows exactly what will be covered before anything is. */
function ExpectPanel({ incident, device, close, reload }: ExpectProps) {
  const now = useNow();
  const [days, setDays] = useState<number | null>(null);
  const preview = useResource<ExpectationPreview>(`api/incidents/${encodeURIComponent(incident.id)}/preview`, [
    'incidents',
  ]);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), [preview.data !== null]);

  async function expect(): Promise<void> {
    const until = days === null ? null : Math.round(now + days * DAY_MS);
    const done = await perform(
      () => command({ type: 'expect', incident: incident.id, until }),
      words.incident.expectedDone,
      ({ expectation }) =>
        expectation ? () => command({ type: 'remove_expectation', expectation }).finally(reload) : null,
    );
    if (!done) return;
    close();
    reload();
  }
  return (
    <div class="panel" ref={panel}>
      <h2>{words.incident.expectTitle}</h2>
      <Pending resource={preview} />
      {preview.data && (
        <>
          <Coverage preview={preview.data} name={device ? device.displayName : (incident.device ?? '')} />
          <fieldset class="choices">
            <legend>{words.incident.howLong}</legend>
            {PERIODS.map(([name, value]) => (
              <label key={name}>
                <input type="radio" name="period" checked={days === value} onChange={() => setDays(value)} />
                {words.incident.periods[name]}
              </label>
            ))}
          </fieldset>
          <div class="buttons">
            <button
              type="button"
              class="primary"
              disabled={preview.data.targets.length === 0}
              onClick={() => void expect()}
            >
              {words.incident.expectYes}
            </button>
            <button type="button" onClick={close}>
              {words.state.cancel}
            </button>
          </div>
        </>
      )}
    </div>
  );
}

function Coverage({ preview, name }: { preview: ExpectationPreview; name: string }) {
  const { targets, wouldHaveHidden } = preview;
  return (
    <>
      <p>{words.incident.expectCovers}</p>
      <ul class="covers wrap">
        <li>{words.incident.expectDevice(name)}</li>
        {targets.length === 0 && <li>{words.incident.expectNothing}</li>}
        {shownTargets(targets).map((target) => (
          <li key={target}>{target}</li>
        ))}
      </ul>
      <p>
        <strong>{words.incident.wouldHide(wouldHaveHidden)}</strong> {words.incident.anythingElse}
      </p>
    </>
  );
}

/** A panel that opens under the fold or behind the navigation is no answer to a tap. */
function intoView(panel: HTMLElement | null): void {
  panel?.scrollIntoView({ block: 'nearest' });
}

interface ResolveProps {
  id: string;
  text: ResolveWords;
  close: () => void;
  reload: () => void;
}

function ResolvePanel({ id, text, close, reload }: ResolveProps) {
  async function resolve(): Promise<void> {
    if (!(await perform(() => command({ type: 'resolve', incident: id }), words.incident.resolvedDone))) return;
    close();
    reload();
  }
  return (
    <div class="panel" ref={intoView}>
      <h2>{text.title}</h2>
      <p>{text.explains}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => void resolve()}>
          {text.yes}
        </button>
        <button type="button" onClick={close}>
          {words.state.cancel}
        </button>
      </div>
    </div>
  );
}

/** The text itself is always there to copy by hand: browsers share and copy only on secure origins. */
function SharePanel({ text, close }: { text: string; close: () => void }) {
  const clipboard = isSecureContext && 'clipboard' in navigator;
  const share = isSecureContext && 'share' in navigator;
  return (
    <div class="panel" ref={intoView}>
      <h2>{words.incident.shareTitle}</h2>
      <p class="muted">{words.incident.shareHint}</p>
      <textarea
        readOnly
        rows={10}
        aria-label={words.incident.shareTitle}
        value={text}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="buttons">
        {share && (
          <button type="button" class="primary" onClick={() => void navigator.share({ text }).catch(() => {})}>
            {words.incident.share}
          </button>
        )}
        {clipboard && (
          <button
            type="button"
            onClick={() => perform(() => navigator.clipboard.writeText(text), words.incident.copied)}
          >
            {words.incident.copy}
          </button>
        )}
        <button type="button" onClick={close}>
          {words.state.close}
        </button>
      </div>
    </div>
  );
}
