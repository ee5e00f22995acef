// Entry of the page: frame with navigation, connection banner, and the view that the address names.
import './style/base.css';
import './style/parts.css';
import './style/controls.css';
import './style/incident.css';
import './style/views.css';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { HealthAnswer } from '../shapes.ts';
import { begin, useLive } from './live-state.ts';
import { Icon, type IconName } from './parts/icons.tsx';
import { Toaster } from './parts/toast.tsx';
import { go, useRoute } from './router.ts';
import { DeviceView } from './views/device.tsx';
import { DevicesView } from './views/devices.tsx';
import { ExpectedView } from './views/expected.tsx';
import { HeroWaiting, HomeView } from './views/home.tsx';
import { IncidentView } from './views/incident.tsx';
import { IncidentsView } from './views/incidents.tsx';
import { PairView } from './views/pair.tsx';
import { SensorView } from './views/sensor.tsx';
import { words } from './words.ts';

const TABS: { path: string; label: string; icon: IconName }[] = [
  { path: '', label: words.nav.home, icon: 'home' },
  { path: 'incidents', label: words.nav.incidents, icon: 'alert' },
  { path: 'devices', label: words.nav.devices, icon: 'devices' },
  { path: 'expected', label: words.nav.expected, icon: 'check' },
  { path: 'sensor', label: words.nav.sensor, icon: 'sensor' },
];

function Page() {
  const route = useRoute();
  const live = useLive();
  const [room = '', detail] = route;
  const content = useRef<HTMLElement>(null);
  const address = route.join('/');
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    content.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [address]);

  if (room === 'pair' || live.link === 'unpaired') {
    return (
      <main class="alone">
        <PairView token={room === 'pair' ? (detail ?? '') : ''} />
      </main>
    );
  }
  const lost = live.link === 'lost';
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <Tabs room={room} />
      <div class="banner-holder" role="status">
        {lost && live.lostSince !== null && (
          <p class="banner">
            <strong>{words.state.lost(live.lostSince)}</strong> {words.state.lostNow}
          </p>
        )}
        {!lost && <HalfBlind health={live.health} isHere={room === 'sensor'} />}
      </div>
      <main id="content" ref={content} class={lost ? 'stale' : ''} tabIndex={-1}>
        {live.link === 'connecting' && !live.health ? <HeroWaiting /> : <View room={room} detail={detail} />}
      </main>
      <Toaster />
    </>
  );
}

/** What half a mirror hides must not be taken for silence, whichever page is open. The home's own sentence says the rest. */
function HalfBlind({ health, isHere }: { health: HealthAnswer | null; isHere: boolean }) {
  if (health === null || isHere || health.vantage !== 'lan-one-way' || health.sight.confidence === 'unsure')
    return null;
  return (
    <p class="banner half">
      <strong>{words.sentence.halfBlind}</strong> {health.sight.sentence} <a href="#/sensor">{words.nav.sensor}</a>
    </p>
  );
}

function Tabs({ room }: { room: string }) {
  return (
    <nav aria-label={words.nav.label}>
      <span class="brand">{words.name}</span>
      <ul>
        {TABS.map(({ path, label, icon }) => (
          <li key={path}>
            <a href={`#/${path}`} aria-current={room === path ? 'page' : undefined}>
              <Icon name={icon} />
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function View({ room, detail }: { room: string; detail: string | undefined }) {
  if (room === 'incidents') return detail ? <IncidentView key={detail} id={detail} /> : <IncidentsView />;
  if (room === 'devices') return detail ? <DeviceView key={detail} mac={detail} /> : <DevicesView />;
  if (room === 'expected') return <ExpectedView />;
  if (room === 'sensor') return <SensorView />;
  return <HomeView />;
}

const holder = document.getElementById('page');
if (holder) {
  render(<Page />, holder);
  begin();
  // An old address that no view knows leads home.
  if (location.hash === '') go('/');
}
