// The homes of the fleet, a page at a time so that a hundred thousand stay smooth, with filters; and in numbers above them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Title } from '../../../page/parts/plain.tsx';
import type { HomeRow, HomeState, HomesPage, SummaryAnswer } from '../../shapes.ts';
import { ask, useResource } from '../client.ts';
import { Failure, Prose, Stale } from '../parts/basics.tsx';
import { HomeLine } from '../parts/home-line.tsx';
import { words } from '../words.ts';

interface Filters {
  search: string;
  state: '' | HomeState;
  sight: '' | 'blind' | 'seeing';
  version: string;
}

const NONE: Filters = { search: '', state: '', sight: '', version: '' };
/** While a person types, nobody is asked (ms). */
const TYPING = 250;
/** A page of what is rare may come short: then the next is fetched by itself until there are so many. */
const ENOUGH = 20;

export function HomesView() {
  const [filters, setFilters] = useState(NONE);
  const summary = useResource<SummaryAnswer>('api/summary');
  return (
    <>
      <Title>{words.homes.title}</Title>
      <Stale resource={summary} />
      {summary.data !== null && <Figures summary={summary.data} />}
      <FilterForm filters={filters} change={setFilters} versions={summary.data?.versions ?? []} />
      <HomeList filters={filters} />
    </>
  );
}

function Figures({ summary }: { summary: SummaryAnswer }) {
  const text = words.homes;
  return (
    <section class="figures">
      <p>{text.inNumbers(summary.homes, summary.blind)}</p>
      {summary.versions.length > 0 && (
        <details>
          <summary>{text.versions}</summary>
          <ul class="rows">
            {summary.versions.map(({ homes, version }) => (
              <li key={version}>
                <span>{version}</span>
                <strong>{words.told(homes)}</strong>
              </li>
            ))}
          </ul>
          <p class="muted">
            {text.reckoned(summary.at)}. {words.state.fives}
          </p>
        </details>
      )}
    </section>
  );
}

function FilterForm({
  change,
  filters,
  versions,
}: {
  filters: Filters;
  change: (filters: Filters) => void;
  versions: SummaryAnswer['versions'];
}) {
  const text = words.homes;
  const isNarrow = filters.sight !== '' || filters.state !== '' || filters.version !== '';
  const set = (part: Partial<Filters>): void => change({ ...filters, ...part });
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <label class="field filter-search">
        {text.search}
        <input
          type="search"
          value={filters.search}
          maxLength={200}
          onInput={(event) => set({ search: event.currentTarget.value })}
        />
      </label>
      <details class="filter-more" open={isNarrow || undefined}>
        <summary>{text.filters}</summary>
        <div class="filter-fields">
          <Select
            label={text.sight}
            value={filters.sight}
            names={{ '': text.any, ...text.sights }}
            choose={(sight) => set({ sight: sight as Filters['sight'] })}
          />
          <Select
            label={text.state}
            value={filters.state}
            names={{ '': text.any, ...text.states }}
            choose={(state) => set({ state: state as Filters['state'] })}
          />
          <label class="field">
            {text.version}
            <input
              type="text"
              list="versions"
              value={filters.version}
              placeholder={text.any}
              maxLength={32}
              onInput={(event) => set({ version: event.currentTarget.value.trim() })}
            />
            <datalist id="versions">
              {versions.map(({ version }) => (
                <option key={version} value={version} />
              ))}
            </datalist>
          </label>
        </div>
      </details>
    </form>
  );
}

function Select(of: { label: string; value: string; names: Record<string, string>; choose: (value: string) => void }) {
  return (
    <label class="field">
      {of.label}
      <select value={of.value} onChange={(event) => of.choose(event.currentTarget.value)}>
        {Object.entries(of.names).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Found {
  homes: HomeRow[];
  next: string | null;
}

function HomeList({ filters }: { filters: Filters }) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString();
  const [found, setFound] = useState<Found>({ homes: [], next: null });
  const [state, setState] = useState<'asking' | 'idle' | { failed: string }>('asking');
  const turn = useRef(0);

  /** From `from` on, until there is enough to look at or nothing more. */
  async function load(from: Found, wanted: number): Promise<void> {
    turn.current += 1;
    const own = turn.current;
    setState('asking');
    try {
      let reached = from;
      do {
        const after = reached.next === null ? '' : `&after=${reached.next}`;
        const page = await ask<HomesPage>(`api/homes?${query}${after}`);
        if (own !== turn.current) return;
        reached = { homes: [...reached.homes, ...page.homes], next: page.next };
        setFound(reached);
      } while (reached.next !== null && reached.homes.length < wanted);
      setState('idle');
    } catch (error) {
      if (own === turn.current) setState({ failed: error instanceof Error ? error.message : words.state.failed });
    }
  }
  useEffect(() => {
    const none = { homes: [], next: null };
    setFound(none);
    setState('asking');
    const timer = setTimeout(() => void load(none, ENOUGH), query === '' ? 0 : TYPING);
    return () => {
      turn.current += 1;
      clearTimeout(timer);
    };
  }, [query]);

  const more = (): void => void load(found, found.homes.length + ENOUGH);
  const isNone = state === 'idle' && found.homes.length === 0;
  const text = words.homes;
  return (
    <>
      {isNone && query === '' && <Empty title={text.none} icon="home" hint={<Prose text={text.noneHint} />} />}
      {isNone && query !== '' && <Empty title={text.noneFound} icon="search" hint={text.noneFoundHint} />}
      {found.homes.length > 0 && (
        <ul class="lines card" aria-label={text.title}>
          {found.homes.map((home) => (
            <HomeLine key={home.home} home={home} now={Date.now()} />
          ))}
        </ul>
      )}
      {typeof state === 'object' && <Failure text={state.failed} retry={more} />}
      <p class="muted" role="status">
        {state === 'asking' && text.searching}
      </p>
      {state === 'idle' && found.next !== null && (
        <button type="button" class="wide" onClick={more}>
          {words.state.more}
        </button>
      )}
    </>
  );
}
