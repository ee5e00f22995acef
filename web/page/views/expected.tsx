// What was called normal, by whom, until when, how often it matched, and the way back.
import type { Expectation } from '../../../sensor/record/incident.ts';
import type { DeviceSummary } from '../../shapes.ts';
import { command } from '../client.ts';
import { relativeTime, shortTime } from '../format.ts';
import { Empty, Pending, Title } from '../parts/basics.tsx';
import { useNow } from '../parts/now.ts';
import { shownTargets } from '../parts/targets.ts';
import { perform } from '../parts/toast.tsx';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';

export function ExpectedView() {
  const expectations = useResource<{ expectations: Expectation[] }>('api/expectations', ['expectations']);
  const devices = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 60_000);
  const list = expectations.data?.expectations ?? [];
  return (
    <>
      <Title>{words.expected.title}</Title>
      <p class="intro">{words.expected.intro}</p>
      {expectations.data === null && <Pending resource={expectations} />}
      {expectations.data && list.length === 0 && (
        <Empty title={words.expected.none} hint={words.expected.noneHint} icon="check" />
      )}
      <ul class="cards">
        {list.map((expectation) => (
          <ExpectationCard
            key={expectation.id}
            expectation={expectation}
            device={devices.data?.devices.find(({ mac }) => mac === expectation.device)}
            reload={expectations.reload}
          />
        ))}
      </ul>
    </>
  );
}

interface CardProps {
  expectation: Expectation;
  device: DeviceSummary | undefined;
  reload: () => void;
}

function ExpectationCard({ expectation, device, reload }: CardProps) {
  const now = useNow();
  const { until, matches, lastMatch } = expectation;
  const name = device ? device.name : expectation.device;
  const period =
    until === null
      ? words.expected.forGood
      : until > now
        ? words.expected.until(shortTime(until, now))
        : words.expected.ended;
  async function remove(): Promise<void> {
    const order = () => command({ type: 'remove_expectation', expectation: expectation.id });
    if (await perform(order, words.expected.removed)) reload();
  }
  return (
    <li class="card">
      <a class="card-head" href={`#/devices/${encodeURIComponent(expectation.device)}`}>
        {name}
      </a>
      <p class="wrap">
        {shownTargets(expectation.targets).join('; ')}, <strong>{period}</strong>
      </p>
      <p class="muted">
        {words.expected.by(expectation.createdBy, shortTime(expectation.createdAt, now))} ·{' '}
        {words.expected.matches(matches, lastMatch === null ? null : relativeTime(lastMatch, now))}
      </p>
      <button type="button" onClick={() => void remove()}>
        {words.expected.remove}
      </button>
    </li>
  );
}
