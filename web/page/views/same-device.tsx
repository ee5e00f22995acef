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

type Order = () => Promise<unknown>;

const text = words.deviceView;

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
        <strong>{kind === 'new-address' ? text.merge : text.mergeInterfaces}</strong> {reason} {text.mergeHint}{' '}
        <See mac={into} name={name} />
      </p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => void decide(join, part, text.merged, reload)}>
          {text.mergeYes}
        </button>
        <button type="button" onClick={() => void decide(differ(true), differ(false), text.distinguished, reload)}>
          {text.mergeNo}
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
        {sameAs === null ? text.sameThing : text.sameAs}{' '}
        {sameAs !== null && <See mac={sameAs} name={olderName ?? sameAs} />}
      </p>
      <ul class="plain">
        {sameThing.map(({ lastSeen, mac }) => (
          <li key={mac}>
            <a class="mono" href={`#/devices/${encodeURIComponent(mac)}`}>
              {mac}
            </a>{' '}
            <span class="muted">{text.seenAt(shortTime(lastSeen, now))}</span>
          </li>
        ))}
      </ul>
      {sameAs !== null && (
        <button type="button" onClick={() => void decide(differ, join, text.unmerged, reload)}>
          {text.unmerge}
        </button>
      )}
    </div>
  );
}

/** Decided once, and asked again only by a person's wish. */
function Distinct({ device, reload }: Shown) {
  return (
    <>
      {device.distinctFrom.map(({ mac: from, name }) => {
        const differ = (distinct: boolean) => () =>
          command({ type: 'distinguish', device: device.mac, from, distinct });
        return (
          <p key={from} class="muted">
            {text.distinct(name)}{' '}
            <button type="button" onClick={() => void decide(differ(false), differ(true), text.askedAgain, reload)}>
              {text.askAgain}
            </button>
          </p>
        );
      })}
    </>
  );
}

function See({ mac, name }: { mac: string; name: string }) {
  return <a href={`#/devices/${encodeURIComponent(mac)}`}>{text.mergeSee(name)}</a>;
}
