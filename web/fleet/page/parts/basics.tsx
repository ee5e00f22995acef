// Small parts of the desk's views that have words: what stands where data is not there (yet), sentences with code in them, choices.
import { Empty } from '../../../page/parts/plain.tsx';
import type { Resource } from '../client.ts';
import { words } from '../words.ts';

/** Null when the data is there; what is old is said above it by `Stale`. */
export function Pending({ resource }: { resource: Resource<unknown> }) {
  if (resource.data !== null) return null;
  if (resource.missing) return <Empty title={words.state.missing} icon="search" />;
  if (resource.error !== null) return <Failure text={resource.error} retry={resource.reload} />;
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{words.state.loading}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

export function Failure({ text, retry }: { text: string; retry: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{text}</p>
      <button type="button" onClick={retry}>
        {words.state.retry}
      </button>
    </div>
  );
}

/** Nothing old looks current. */
export function Stale({ resource: { data, error, lostSince } }: { resource: Resource<unknown> }) {
  if (data === null || lostSince === null) return null;
  return (
    <p class="notice" role="status">
      <strong>{error}</strong> {words.state.lost(lostSince)}
    </p>
  );
}

/** A sentence of ours, in which what stands between backticks is code. */
export function Prose({ text }: { text: string }) {
  return (
    <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code key={`${index} ${part}`}>{part}</code> : part))}</>
  );
}

export function Choice<Value extends string>({
  label,
  names,
  value,
  choose,
}: {
  label: string;
  /** By value, in their order. */
  names: Record<Value, string>;
  value: Value;
  choose: (value: Value) => void;
}) {
  return (
    <fieldset class="segments">
      <legend class="hidden">{label}</legend>
      {(Object.keys(names) as Value[]).map((one) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => choose(one)}>
          {names[one]}
        </button>
      ))}
    </fieldset>
  );
}
