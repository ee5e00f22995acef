// Several addresses of one device: suggested by the sensor, decided by a person, undone at any time.
import type { DeviceDetail, MergeSuggestion } from '../../shapes.ts';
import { command } from '../client.ts';
import { shortTime } from '../format.ts';
import { useNow } from '../parts/now.ts';
import { perform } from '../parts/toast.tsx';
import { words } from '../words.ts';

interface Shown {
  device: DeviceDetail;
  reload: () => void;
}

/** Of those a person kept apart; more are rare. */
const SHOWN = 4;

type Order = () => Promise<unknown>;

export function SameDevice({ device, reload }: Shown) {
  const { distinctFrom, mergeSuggestion: suggestion, sameAs, sameThing } = device;
  return (
    <>
      {suggestion !== null && sameAs === null && <Suggested device={device} suggestion={suggestion} reload={reload} />}
      {sameThing.length > 0 && <Joined device={device} reload={reload} />}
      {distinctFrom.length > 0 && sameAs === null && <Distinct device={device} reload={reload} />}
    </>
  );
}

/** Carries an order out and offers the one that undoes it. */
async function decide(order: Order, undo: Order, done: string, reload: () => void): Promise<void> {
  if (await perform(order, done, () => () => undo().finally(reload))) reload();
}

function Suggested({ device, reload, suggestion }: Shown & { suggestion: MergeSuggestion }) {
  const { kind, mac: into, name, older, reason } = suggestion;
  const own = device.mac;
  const join = () => command({ type: 'merge', device: own, into, older });
  const part = () => command({ type: 'unmerge', device: own, older });
  const differ = (distinct: boolean) => () => command({ type: 'distinguish', device: own, from: into, distinct });
  return (
    <div class="notice">
      <p>
        <strong>{kind === 'new-address' ? words.deviceView.merge : words.deviceView.mergeInterfaces}</strong> {reason}{' '}
        {words.deviceView.mergeHint} <See mac={into} name={name} />
      </p>
      <div class="buttons">
        <button type="button" onClick={() => void decide(join, part, words.deviceView.merged, reload)}>
          {words.deviceView.mergeYes}
        </button>
        <button
          type="button"
          onClick={() => void decide(differ(true), differ(false), words.deviceView.distinguished, reload)}
        >
          {words.deviceView.mergeNo}
        </button>
      </div>
    </div>
  );
}

function Joined({ device, reload }: Shown) {
  const now = useNow();
  const { mac: own, olderName, sameAs, sameThing } = device;
  const differ = () => command({ type: 'distinguish', device: own, from: sameAs ?? '', distinct: true });
  const join = () => command({ type: 'merge', device: own, into: sameAs ?? '' });
  return (
    <div class="notice">
      <p>
        {sameAs === null ? words.deviceView.sameThing : words.deviceView.sameAs}{' '}
        {sameAs !== null && <See mac={sameAs} name={olderName ?? sameAs} />}
      </p>
      {sameThing.map(({ lastSeen, mac }) => (
        <p key={mac}>
          <a class="mono" href={`#/devices/${encodeURIComponent(mac)}`}>
            {mac}
          </a>{' '}
          {words.deviceView.seenAt(shortTime(lastSeen, now))}
        </p>
      ))}
      {sameAs !== null && (
        <div class="buttons">
          <button type="button" onClick={() => void decide(differ, join, words.deviceView.unmerged, reload)}>
            {words.deviceView.unmerge}
          </button>
        </div>
      )}
    </div>
  );
}

/** Decided once, and asked again only by a person's wish. */
function Distinct({ device, reload }: Shown) {
  return (
    <>
      {device.distinctFrom.slice(0, SHOWN).map(({ mac: from, name }) => {
        const differ = (distinct: boolean) => () =>
          command({ type: 'distinguish', device: device.mac, from, distinct });
        return (
          <p key={from} class="muted">
            {words.deviceView.distinct(name)}{' '}
            <button
              type="button"
              onClick={() => void decide(differ(false), differ(true), words.deviceView.askedAgain, reload)}
            >
              {words.deviceView.askAgain}
            </button>
          </p>
        );
      })}
    </>
  );
}

function See({ mac, name }: { mac: string; name: string }) {
  return <a href={`#/devices/${encodeURIComponent(mac)}`}>{words.deviceView.mergeSee(name)}</a>;
}
