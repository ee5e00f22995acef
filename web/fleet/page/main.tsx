// Entry of the desk's page: login or the frame with navigation, and the view that the address names.
import '../../page/style/base.css';
import '../../page/style/parts.css';
import '../../page/style/controls.css';
import '../../page/style/views.css';
import './style/fleet.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Tabs, useFreshView } from '../../page/parts/frame.tsx';
import type { IconName } from '../../page/parts/icons.tsx';
import { go, useRoute } from '../../page/router.ts';
import type { SessionAnswer } from '../shapes.ts';
import { ask, ClientError, onLoggedOut } from './client.ts';
import { HomeView } from './views/home.tsx';
import { HomesView } from './views/homes.tsx';
import { IncidentsView } from './views/incidents.tsx';
import { LoginView } from './views/login.tsx';
import { OutbreaksView } from './views/outbreaks.tsx';
import { SessionView } from './views/session.tsx';
import { speaker, words } from './words.ts';

const TABS: { path: string; name: Exclude<keyof typeof words.nav, 'label'>; icon: IconName }[] = [
  { path: '', name: 'outbreaks', icon: 'alert' },
  { path: 'homes', name: 'homes', icon: 'home' },
  { path: 'incidents', name: 'incidents', icon: 'chart' },
  { path: 'session', name: 'session', icon: 'person' },
];

/** `waiting` until the desk has said whether it knows this browser. */
type State = 'waiting' | 'stranger' | SessionAnswer | { failed: string };

const tabOf = ({ icon, name, path }: (typeof TABS)[number]) => ({ icon, path, text: words.nav[name] });

function Page() {
  speaker.useChoice();
  const route = useRoute();
  const [state, setState] = useState<State>('waiting');
  const content = useFreshView(route.join('/'));

  async function begin(): Promise<void> {
    try {
      setState(await ask<SessionAnswer>('api/session'));
    } catch (error) {
      if (error instanceof ClientError && error.status === 401) return;
      setState({ failed: error instanceof Error ? error.message : words.state.failed });
    }
  }
  useEffect(() => {
    onLoggedOut(() => setState('stranger'));
    void begin();
  }, []);

  if (state === 'waiting') return null;
  if (state === 'stranger') {
    return (
      <main class="alone">
        <LoginView token={route[0] === 'login' ? (route[1] ?? '') : ''} entered={begin} />
      </main>
    );
  }
  if ('failed' in state) {
    return (
      <main class="alone">
        <div class="failure" role="alert">
          <p>{state.failed}</p>
          <button type="button" onClick={begin}>
            {words.state.retry}
          </button>
        </div>
      </main>
    );
  }
  const [room = '', detail] = route;
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <Tabs brand={state.fleet} label={words.nav.label} room={room} tabs={TABS.map(tabOf)} />
      <main id="content" ref={content} tabIndex={-1}>
        <View room={room} detail={detail} session={state} />
      </main>
    </>
  );
}

function View({ detail, room, session }: { room: string; detail: string | undefined; session: SessionAnswer }) {
  if (room === 'homes') return detail ? <HomeView key={detail} home={detail} /> : <HomesView />;
  if (room === 'incidents') return <IncidentsView />;
  if (room === 'session') return <SessionView session={session} />;
  return <OutbreaksView />;
}

const holder = document.getElementById('page');
if (holder) {
  void speaker.learn().then(() => render(<Page />, holder));
  addEventListener('languagechange', () => void speaker.choose(speaker.choice()).catch(() => {}));
  // An old address that no view knows leads to the outbreaks.
  if (location.hash === '') go('/');
}
