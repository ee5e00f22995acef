// What an unpaired browser sees: how to pair, and with a link's token one tap to do it.
import { useState } from 'preact/hooks';
import { ask } from '../client.ts';
import { connect } from '../live-state.ts';
import { Icon } from '../parts/icons.tsx';
import { go } from '../router.ts';
import { words } from '../words.ts';

export function PairView({ token }: { token: string }) {
  const [pasted, setPasted] = useState('');
  const [name, setName] = useState(ownName(navigator.userAgent));
  const [state, setState] = useState<'idle' | 'working' | { failed: string }>('idle');
  const chosen = token || tokenIn(pasted);

  async function pair(): Promise<void> {
    setState('working');
    try {
      await ask('api/pair', 'POST', { token: chosen, name: name.trim() });
      // The token leaves the address and the history; the browser is known by its cookie now.
      history.replaceState(null, '', '#/');
      go('/');
      dispatchEvent(new HashChangeEvent('hashchange'));
      connect();
    } catch (error) {
      setState({ failed: error instanceof Error ? error.message : words.state.failed });
    }
  }
  return (
    <form
      class="pair"
      onSubmit={(event) => {
        event.preventDefault();
        void pair();
      }}
    >
      <span class="pair-icon">
        <Icon name="home" />
      </span>
      <h1 tabIndex={-1}>{words.pair.title}</h1>
      <p>{words.pair.intro}</p>
      {!token && (
        <>
          <p>{words.pair.how}</p>
          <p>
            {words.pair.command} <code>npm run -s thingwatch -- pair</code>
          </p>
          <label class="field">
            {words.pair.pasteHint}
            <input
              type="text"
              value={pasted}
              autocomplete="off"
              onInput={(event) => setPasted(event.currentTarget.value)}
            />
          </label>
        </>
      )}
      {chosen && (
        <label class="field">
          {words.pair.nameLabel}
          <input type="text" value={name} maxLength={64} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
      {typeof state === 'object' && (
        <p class="failure" role="alert">
          {state.failed}
        </p>
      )}
      <button type="submit" class="primary wide" disabled={!chosen || state === 'working'}>
        {state === 'working' ? words.pair.working : words.pair.confirm}
      </button>
    </form>
  );
}

function tokenIn(text: string): string {
  return /(?:#\/pair\/|^)([\w-]{20,128})$/.exec(text.trim())?.[1] ?? '';
}

/** A first guess that tells two phones apart. */
function ownName(agent: string): string {
  const system = [...SYSTEMS].find(([pattern]) => pattern.test(agent))?.[1];
  const browser = [...BROWSERS].find(([pattern]) => pattern.test(agent))?.[1];
  return system && browser ? words.browserName(system, browser) : (browser ?? system ?? '');
}

const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS/, 'Mac'],
  [/Linux/, 'Linux'],
];
const BROWSERS: [RegExp, string][] = [
  [/Firefox|FxiOS/, 'Firefox'],
  [/Edg/, 'Edge'],
  [/SamsungBrowser/, 'Samsung Internet'],
  [/Chrome|CriOS/, 'Chrome'],
  [/Safari/, 'Safari'],
];
