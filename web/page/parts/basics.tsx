// Small parts that every view uses: badges, cards, lists of facts, and the loading, empty and error states.
import type { ComponentChildren } from 'preact';
import type { Severity } from '../../../sensor/detect/finding.ts';
import type { IncidentState } from '../../../sensor/record/incident.ts';
import { fullTime, relativeTime } from '../format.ts';
import type { Resource } from '../resource.ts';
import { words } from '../words.ts';
import { Icon, type IconName } from './icons.tsx';

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <span class={`badge severity-${severity}`}>{words.severity[severity]}</span>;
}

export function StateBadge({ state }: { state: IncidentState }) {
  return <span class={`badge state-${state}`}>{words.incidentState[state]}</span>;
}

export function Card({ title, children, quiet }: { title?: string; children: ComponentChildren; quiet?: boolean }) {
  return (
    <section class={quiet ? 'card quiet' : 'card'}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  );
}

/** Rows without a value are left out. */
export function Facts({ rows }: { rows: [label: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function When({ time, now }: { time: string | number; now: number }) {
  return (
    <time dateTime={new Date(time).toISOString()} title={fullTime(time)}>
      {relativeTime(time, now)}
    </time>
  );
}

export function Empty({ title, hint, icon = 'calm' }: { title: string; hint?: string; icon?: IconName }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {hint && <p>{hint}</p>}
    </div>
  );
}

/** What stands where data is not there (yet); null when it is. */
export function Pending({ resource, lines = 3 }: { resource: Resource<unknown>; lines?: number }) {
  if (resource.data !== null && !resource.error) return null;
  if (resource.missing) return <Empty title={words.state.missing} icon="search" />;
  if (resource.error) {
    return (
      <div class="failure" role="alert">
        <p>{resource.error}</p>
        <button type="button" onClick={resource.reload}>
          {words.state.retry}
        </button>
      </div>
    );
  }
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{words.state.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}

export function Title({ children, back }: { children: ComponentChildren; back?: { path: string; label: string } }) {
  return (
    <header class="title">
      {back && (
        <a class="back" href={`#${back.path}`}>
          <Icon name="back" />
          {back.label}
        </a>
      )}
      <h1 tabIndex={-1}>{children}</h1>
    </header>
  );
}
