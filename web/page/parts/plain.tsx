// Small parts without words of their own, that every view of each of our pages uses: cards, lists of facts, empty states, titles.
import type { ComponentChildren } from 'preact';
import { fullTime, relativeTime } from '../format.ts';
import { Icon, type IconName } from './icons.tsx';

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

export function Empty({ title, hint, icon = 'calm' }: { title: string; hint?: ComponentChildren; icon?: IconName }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {hint && <p>{hint}</p>}
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
