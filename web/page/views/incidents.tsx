// The list of incidents, open ones or all, a page at a time so that thousands stay smooth.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReportIncident } from '../../../sensor/record/report.ts';
import type { DeviceSummary } from '../../shapes.ts';
import { ask } from '../client.ts';
import { Empty, Pending, Title } from '../parts/basics.tsx';
import { IncidentLine } from '../parts/lists.tsx';
import { useNow } from '../parts/now.ts';
import { perform } from '../parts/toast.tsx';
import { useResource } from '../resource.ts';
import type { IncidentPage } from '../unresolved.ts';
import { words } from '../words.ts';
import { NothingOpen } from './home.tsx';

type Shown = 'open' | 'all';
const QUERY: Record<Shown, string> = {
  open: 'api/incidents?limit=50&states=open,acknowledged',
  all: 'api/incidents?limit=50',
};

export function IncidentsView() {
  const [shown, setShown] = useState<Shown>('open');
  return (
    <>
      <Title>{words.incidents.title}</Title>
      <fieldset class="segments">
        <legend class="hidden">{words.incidents.show}</legend>
        {(['open', 'all'] as const).map((value) => (
          <button key={value} type="button" aria-pressed={shown === value} onClick={() => setShown(value)}>
            {words.incidents.which[value]}
          </button>
        ))}
      </fieldset>
      <IncidentList key={shown} shown={shown} />
    </>
  );
}

function IncidentList({ shown }: { shown: Shown }) {
  const now = useNow();
  const newest = useResource<IncidentPage>(QUERY[shown], ['incidents']);
  const devices = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 15_000);
  const [older, setOlder] = useState<IncidentPage | null>(null);
  const busy = useRef(false);
  const byMac = new Map(devices.data?.devices.map((device) => [device.mac, device]));
  const incidents = merged(newest.data?.incidents ?? [], older?.incidents ?? []);
  const next = older ? older.next : (newest.data?.next ?? null);

  async function loadOlder(): Promise<void> {
    if (busy.current || next === null) return;
    busy.current = true;
    const page = await ask<IncidentPage>(`${QUERY[shown]}&before=${encodeURIComponent(next)}`).finally(() => {
      busy.current = false;
    });
    setOlder((old) => ({ incidents: [...(old?.incidents ?? []), ...page.incidents], next: page.next }));
  }

  // What was loaded further down may have changed while nobody listened: begin again.
  useEffect(() => setOlder(null), [shown]);

  if (newest.data === null) return <Pending resource={newest} lines={5} />;
  if (incidents.length === 0) {
    return shown === 'open' ? <NothingOpen /> : <Empty title={words.incidents.none} hint={words.incidents.noneHint} />;
  }
  return (
    <>
      <ul class="lines card">
        {incidents.map((incident) => (
          <IncidentLine key={incident.id} incident={incident} device={byMac.get(incident.device ?? '')} now={now} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="wide" onClick={() => perform(loadOlder, '')}>
          {words.state.olderIncidents}
        </button>
      )}
    </>
  );
}

/** An incident that moved up to the newest page is not shown twice. */
function merged(newest: ReportIncident[], older: ReportIncident[]): ReportIncident[] {
  const known = new Set(newest.map(({ id }) => id));
  return [...newest, ...older.filter(({ id }) => !known.has(id))];
}
