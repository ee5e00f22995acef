// The frame of each of our pages, without words of its own: the tabs, and where a reader stands after the view has changed.
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

export interface Tab {
  /** What stands behind `#/`. */
  path: string;
  text: string;
  icon: IconName;
}

export function Tabs({ brand, label, room, tabs }: { brand: string; label: string; room: string; tabs: Tab[] }) {
  return (
    <nav aria-label={label}>
      <span class="brand">{brand}</span>
      <ul>
        {tabs.map(({ icon, path, text }) => (
          <li key={path}>
            <a href={`#/${path}`} aria-current={room === path ? 'page' : undefined}>
              <Icon name={icon} />
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A new address begins at its heading, for the eye and for a screen reader; the first one is left alone. @returns for the content */
export function useFreshView(address: string): RefObject<HTMLElement | null> {
  const content = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    content.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [address]);
  return content;
}
