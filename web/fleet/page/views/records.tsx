// What a home has sent, kind by kind and page by page, in the sentences of that home's own page. Loaded when a helper opens a home: nobody
// else needs those words.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty } from '../../../page/parts/plain.tsx';
import { Raw, RecordItem, type RecordWords } from '../../../page/views/fleet/record.tsx';
import type { Words as HomeWords } from '../../../page/words/en/index.ts';
import { FLEET_WORDS } from '../../../page/words/fleet.ts';
import { LANGUAGES } from '../../../page/words/languages.ts';
import type { FleetRecord } from '../../../shapes.ts';
import type { RecordsPage } from '../../shapes.ts';
import { ask } from '../client.ts';
import { Choice, Failure } from '../parts/basics.tsx';
import { speaker, words } from '../words.ts';

type Kind = keyof typeof words.home.kinds;

export function Records({ home }: { home: string }) {
  const [kind, setKind] = useState<Kind>('incident');
  const own = useHomeWords();
  return (
    <>
      <Choice label={words.home.kind} names={words.home.kinds} value={kind} choose={setKind} />
      {own === null ? <Waiting /> : <RecordList key={kind} home={home} kind={kind} own={own} />}
    </>
  );
}

const Waiting = () => <p role="status">{words.state.loading}</p>;

/** Null until they have come in the language that the desk speaks; in English where they do not. */
function useHomeWords(): RecordWords | null {
  const language = speaker.spoken();
  const [own, setOwn] = useState<{ language: string; page: HomeWords } | null>(null);
  useEffect(() => {
    let isShown = true;
    void LANGUAGES[language]
      .load()
      .catch(() => LANGUAGES.en.load())
      .then((page) => {
        if (isShown) setOwn({ language, page });
      });
    return () => {
      isShown = false;
    };
  }, [language]);
  return own?.language === language ? { words: own.page, fleetWords: () => FLEET_WORDS[language] } : null;
}

function RecordList({ home, kind, own }: { home: string; kind: Kind; own: RecordWords }) {
  const [page, setPage] = useState<RecordsPage | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const isGone = useRef(false);

  async function load(from: RecordsPage | null): Promise<void> {
    setFailed(null);
    try {
      const after = from === null || from.next === null ? '' : `&after=${from.next}`;
      const { families, next, records } = await ask<RecordsPage>(`api/homes/${home}/records?kind=${kind}${after}`);
      if (isGone.current) return;
      setPage({ records: [...(from?.records ?? []), ...records], families: { ...from?.families, ...families }, next });
    } catch (error) {
      if (!isGone.current) setFailed(error instanceof Error ? error.message : words.state.failed);
    }
  }
  useEffect(() => {
    isGone.current = false;
    void load(null);
    return () => {
      isGone.current = true;
    };
  }, []);
  if (failed !== null) return <Failure text={failed} retry={() => void load(page)} />;
  if (page === null) return <Waiting />;
  if (page.records.length === 0)
    return <Empty title={words.home.noRecords} hint={words.home.noRecordsHint} icon="search" />;
  return (
    <>
      <ul class="records">
        {page.records.map((one) => (
          <Item key={one.id} record={one} families={page.families} own={own} />
        ))}
      </ul>
      {page.next !== null && (
        <button type="button" class="wide" onClick={() => void load(page)}>
          {words.state.more}
        </button>
      )}
    </>
  );
}

interface ItemOf {
  record: RecordsPage['records'][number];
  families: RecordsPage['families'];
  own: RecordWords;
}

/** One that this desk cannot read, of a newer sensor, is shown as it stands. */
function Item({ families, own, record: { id, isKnown, text } }: ItemOf) {
  const value: unknown = JSON.parse(text);
  if (isKnown) return <RecordItem record={value as FleetRecord} families={families} now={Date.now()} {...own} />;
  return (
    <li>
      <p class="record-head">
        <strong class="wrap">{id}</strong>
      </p>
      <p class="muted">{words.home.newer}</p>
      <Raw value={value} fleetWords={own.fleetWords} />
    </li>
  );
}
