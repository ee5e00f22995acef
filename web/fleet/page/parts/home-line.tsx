// One line of a home, as the list shows it: what it is called, how it was seen on the last thirty days, its version.
import { relativeTime } from '../../../page/format.ts';
import { CoverageStrip } from '../../../page/parts/coverage-strip.tsx';
import { Icon } from '../../../page/parts/icons.tsx';
import type { HomeRow } from '../../shapes.ts';
import { words } from '../words.ts';
import { noonOf } from './days.ts';

/** Below this (percent) a day is drawn as a poor one: half a day, as the desk judges sight. */
export const POOR = 50;

export function HomeLine({ home, now }: { home: HomeRow; now: number }) {
  const text = words.homes;
  const facts = [
    ...(home.label === null ? [] : [home.home]),
    ...(home.version === null ? [] : [home.version]),
    home.lastSeen === null ? text.neverSeen : text.lastSeen(relativeTime(noonOf(home.lastSeen), dayStart(now))),
  ];
  return (
    <li>
      <a class={`line ${home.isBlind ? 'edge-medium' : 'edge-none'}`} href={`#/homes/${home.home}`}>
        <span class="line-main">
          <strong>{home.label ?? home.home}</strong>
          <span class="muted">{facts.join(' · ')}</span>
          <HomeBadges home={home} />
          <HomeStrip home={home} />
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}

export function HomeBadges({ home }: { home: HomeRow }) {
  if (!home.isBlind && home.state === 'active') return null;
  return (
    <span class="line-badges">
      {home.isBlind && <span class="badge severity-medium">{words.homes.blind}</span>}
      {home.state !== 'active' && <span class="badge">{words.homes.states[home.state]}</span>}
    </span>
  );
}

export function HomeStrip({ home: { seen } }: { home: HomeRow }) {
  const good = seen.filter((percent) => percent !== null && percent >= POOR).length;
  return (
    <CoverageStrip
      days={seen.map((percent) => ({ percent }))}
      label={words.homes.strip(good, seen.length)}
      poor={POOR}
    />
  );
}

/** Noon of today: days are told in whole ones. */
function dayStart(now: number): number {
  return new Date(now).setHours(12, 0, 0, 0);
}
