// Entry of the page: frame with navigation, connection banner, and the view that the address names.
import './style/base.css';
import './style/parts.css';
import './style/controls.css';
import './style/incident.css';
import './style/views.css';
import { render } from 'preact';
import type { HealthAnswer } from '../shapes.ts';
import { choice, chooseLanguage, learnLanguage, useLanguage } from './language.ts';
import { begin, useLive } from './live-state.ts';
import { Tabs, useFreshView } from './parts/frame.tsx';
import type { IconName } from './parts/icons.tsx';
import { LateFleetView } from './parts/late-fleet.tsx';
import { LateView, loadLater } from './parts/late-views.tsx';
import { Toaster } from './parts/toast.tsx';
import { go, useRoute } from './router.ts';
import { DevicesView } from './views/devices.tsx';
import { HeroWaiting, HomeView } from './views/home.tsx';
import { IncidentsView } from './views/incidents.tsx';
import { PairView } from './views/pair.tsx';
import { words } from './words.ts';

const TABS: { path: string; name: keyof typeof words.nav; icon: IconName }[] = [
  { path: '', name: 'home', icon: 'home' },
  { path: 'incidents', name: 'incidents', icon: 'alert' },
  { path: 'devices', name: 'devices', icon: 'devices' },
  { path: 'expected', name: 'expected', icon: 'check' },
  { path: 'sensor', name: 'sensor', icon: 'sensor' },
];

const tabOf = ({ icon, name, path }: (typeof TABS)[number]) => ({ icon, path, text: words.nav[name] });

function Page() {
  useLanguage();
  const route = useRoute();
  const live = useLive();
  const [room = '', detail] = route;
  const content = useFreshView(route.join('/'));

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
      <Tabs brand={words.name} label={words.nav.label} room={room} tabs={TABS.map(tabOf)} />
      <div class="banner-holder" role="status">
        {lost && live.lostSince !== null && (
          <p class="banner">
            <strong>{words.state.lost(live.lostSince)}</strong> {words.state.lostNow}
          </p>
        )}
        {!lost && <HalfBlind health={live.health} isHere={['', 'guide', 'sensor'].includes(room)} />}
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

function View({ room, detail }: { room: string; detail: string | undefined }) {
  if (room === 'incidents' && !detail) return <IncidentsView />;
  if (room === 'devices' && !detail) return <DevicesView />;
  if (['incidents', 'devices', 'expected', 'sensor', 'guide'].includes(room))
    return (
      <LateView
        show={({ DeviceView, ExpectedView, GuideView, IncidentView, SensorView }) => {
          if (room === 'incidents') return <IncidentView key={detail} id={detail ?? ''} />;
          if (room === 'devices') return <DeviceView key={detail} mac={detail ?? ''} />;
          if (room === 'guide') return <GuideView />;
          return room === 'expected' ? <ExpectedView /> : <SensorView />;
        }}
      >
        <HeroWaiting />
      </LateView>
    );
  if (room === 'fleet')
    return (
      <LateFleetView show={({ FleetReportView }) => <FleetReportView />}>
        <HeroWaiting />
      </LateFleetView>
    );
  return <HomeView />;
}

/** How long (ms) the first view has the line to itself. */
const LATER = 1500;

const holder = document.getElementById('page');
if (holder) {
  // The sensor is asked while the words come.
  void learnLanguage().then(() => render(<Page />, holder));
  begin();
  addEventListener('languagechange', () => void chooseLanguage(choice()).catch(() => {}));
  setTimeout(() => void loadLater(), LATER);
  // An old address that no view knows leads home.
  if (location.hash === '') go('/');
}
