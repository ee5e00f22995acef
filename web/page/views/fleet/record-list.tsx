// The records of one kind, newest first, a page at a time.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FleetRecord, FleetRecordKind, FleetRecordPage, FleetView } from '../../../shapes.ts';
import { ask } from '../../client.ts';
import { Pending } from '../../parts/basics.tsx';
import { useNow } from '../../parts/now.ts';
import { perform } from '../../parts/toast.tsx';
import { useResource } from '../../resource.ts';
import { fleetWords } from '../../words/fleet.ts';
import { words } from '../../words.ts';
import { RecordItem } from './record.tsx';

const PAGE = 3;
const MORE = 50;

export function RecordList({ families, kind }: { kind: FleetRecordKind; families: FleetView['families'] }) {
  const query = `api/fleet/records?kind=${kind}`;
  const newest = useResource<FleetRecordPage>(`${query}&limit=${PAGE}`, []);
  const [older, setOlder] = useState<FleetRecordPage | null>(null);
  const busy = useRef(false);
  const now = useNow();
  const text = fleetWords().list;
  const next = older === null ? (newest.data?.next ?? null) : older.next;

  async function loadOlder(): Promise<void> {
    if (busy.current || next === null) return;
    busy.current = true;
    const page = await ask<FleetRecordPage>(`${query}&limit=${MORE}&after=${encodeURIComponent(next)}`).finally(() => {
      busy.current = false;
    });
    setOlder((old) => ({ records: [...(old?.records ?? []), ...page.records], next: page.next }));
  }

  // Asked for again after a gap alone, so that nothing moves while it is read. What stands further down is of the list before.
  useEffect(() => setOlder(null), [newest.data]);

  if (newest.data === null || newest.error) return <Pending resource={newest} lines={3} />;
  const records = merged(newest.data.records, older?.records ?? []);
  if (records.length === 0) return <p>{text.none[kind]}</p>;
  return (
    <>
      <ul class="records">
        {records.map((record) => (
          <RecordItem
            key={record.id}
            record={record}
            families={families}
            now={now}
            words={words}
            fleetWords={fleetWords}
          />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="wide" onClick={() => perform(loadOlder, '')}>
          {text.older}
        </button>
      )}
    </>
  );
}

/** One that moved up meanwhile is not shown twice. */
function merged(newest: FleetRecord[], older: FleetRecord[]): FleetRecord[] {
  const known = new Set(newest.map(({ id }) => id));
  return [...newest, ...older.filter(({ id }) => !known.has(id))];
}
