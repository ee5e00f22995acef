// All devices, those that matter first, with a search over everything a person may know one by.
import { useState } from 'preact/hooks';
import type { DeviceSummary } from '../../shapes.ts';
import { matches, ranked } from '../device-list.ts';
import { Empty, Pending, Title } from '../parts/basics.tsx';
import { DeviceLine } from '../parts/lists.tsx';
import { useNow } from '../parts/now.ts';
import { useResource } from '../resource.ts';
import { type IncidentPage, UNRESOLVED } from '../unresolved.ts';
import { words } from '../words.ts';

const PAGE = 60;

export function DevicesView() {
  const now = useNow();
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const devices = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 15_000);
  const incidents = useResource<IncidentPage>(UNRESOLVED, ['incidents']);
  const troubled = new Set(incidents.data?.incidents.map(({ device }) => device));
  const all = devices.data?.devices ?? [];
  const found = ranked(
    all.filter((device) => matches(device, search)),
    troubled,
  );
  const rest = found.length - limit;
  return (
    <>
      <Title>{words.devices.title}</Title>
      {all.length > 0 && (
        <>
          <input
            class="search"
            type="search"
            aria-label={words.devices.search}
            placeholder={words.devices.searchShort}
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              setLimit(PAGE);
            }}
          />
          <p class="muted count" role="status">
            {words.devices.count(found.length, all.length)}
          </p>
        </>
      )}
      {devices.data === null && <Pending resource={devices} lines={6} />}
      {devices.data && all.length === 0 && (
        <Empty title={words.devices.none} hint={words.devices.noneHint} icon="search" />
      )}
      {all.length > 0 && found.length === 0 && <Empty title={words.devices.noMatch} icon="search" />}
      {found.length > 0 && (
        <ul class="lines card">
          {found.slice(0, limit).map((device) => (
            <DeviceLine key={device.mac} device={device} open={troubled.has(device.mac)} now={now} />
          ))}
        </ul>
      )}
      {rest > 0 && (
        <button type="button" class="wide" onClick={() => setLimit(limit + PAGE)}>
          {words.state.more(Math.min(PAGE, rest))}
        </button>
      )}
    </>
  );
}
