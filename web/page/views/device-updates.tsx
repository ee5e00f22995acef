// How code reaches a device: its update servers and stores, what it fetched from them, and the versions it announced.
import type { DeviceDetail } from '../../shapes.ts';
import { shortTime } from '../format.ts';
import { useNow } from '../parts/now.ts';
import { Timeline } from '../parts/timeline.tsx';
import { words } from '../words.ts';

/** Who it fetches updates and plugins from, what it fetched, and which versions it announced. */
export function Updates({ device }: { device: DeviceDetail }) {
  const now = useNow();
  const text = words.deviceView;
  const servers = device.backends.filter(({ role }) => role === 'update');
  const stores = device.backends.filter(({ role }) => role === 'store');
  const fetched = device.timeline.filter(({ kind }) => kind.startsWith('firmware_') || kind === 'store_download');
  return (
    <>
      {servers.length === 0 && <p class="muted">{text.noUpdateServer}</p>}
      {servers.map(({ hosts, lastSeen, name }) => (
        <p key={name}>{text.updateContact(hosts[0] ?? name, shortTime(lastSeen, now))}</p>
      ))}
      {stores.map(({ firstSeen, hosts, lastSeen, name }) => (
        <p key={`${name} store`}>
          {text.storeContact(hosts[0] ?? name, shortTime(firstSeen, now), shortTime(lastSeen, now))}
        </p>
      ))}
      {fetched.length > 0 && <Timeline entries={fetched} none="" />}
      <Versions device={device} />
    </>
  );
}

function Versions({ device }: { device: DeviceDetail }) {
  const now = useNow();
  if (device.firmware.length === 0) return <p class="muted">{words.deviceView.noFirmware}</p>;
  return (
    <ul class="destinations">
      {[...device.firmware].reverse().map(({ version, from, firstSeen }) => (
        <li key={`${version} ${from}`}>
          <span class="wrap">
            {words.deviceView.version} {version}
          </span>
          <span class="muted">
            {from.toUpperCase()} · {words.incidents.since(shortTime(firstSeen, now))}
          </span>
        </li>
      ))}
    </ul>
  );
}
