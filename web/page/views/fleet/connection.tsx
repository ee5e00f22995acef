// How the connection to the fleet stands, as rows of facts.
import type { ComponentChildren } from 'preact';
import type { FleetHealth } from '../../../../sensor/record/health.ts';
import { When } from '../../parts/basics.tsx';
import { useNow } from '../../parts/now.ts';
import { fleetWords } from '../../words/fleet.ts';
import { words } from '../../words.ts';

export function connectionRows({
  connected,
  dropped,
  lastTakenAt,
  waiting,
}: FleetHealth): [label: string, value: ComponentChildren][] {
  const text = fleetWords().whom;
  const queue = [waiting > 0 ? text.waiting(waiting) : text.nothingWaits, dropped > 0 ? text.dropped(dropped) : null];
  return [
    [text.connection, connected ? text.connected : text.away],
    [text.queue, queue.filter(Boolean).join(' · ')],
    [text.lastTaken, lastTakenAt === null ? words.state.never : <LastTaken key="taken" time={lastTakenAt} />],
  ];
}

function LastTaken({ time }: { time: number }) {
  return <When time={time} now={useNow()} />;
}
