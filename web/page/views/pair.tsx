// What an unpaired browser sees: how to pair, and with a link's token one tap to do it.
import { useState } from 'preact/hooks';
import { ask } from '../client.ts';
import { connect } from '../live-state.ts';
import { Entry, forgetToken } from '../parts/entry.tsx';
import { words } from '../words.ts';

export function PairView({ token }: { token: string }) {
  const [pasted, setPasted] = useState('');
  const [name, setName] = useState(ownName(navigator.userAgent));
  const chosen = token || tokenIn(pasted);
  const text = words.pair;

  async function pair(): Promise<void> {
    await ask('api/pair', 'POST', { token: chosen, name: name.trim() });
    forgetToken();
    connect();
  }
  return (
    <Entry
      title={text.title}
      intro={text.intro}
      button={text.confirm}
      working={text.working}
      failed={words.state.failed}
      isReady={chosen !== ''}
      enter={pair}
    >
      {!token && (
        <>
          <p>{text.how}</p>
          <p>
            {text.command} <code>npm run -s thingwatch -- pair</code>
          </p>
          <label class="field">
            {text.pasteHint}
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
          {text.nameLabel}
          <input type="text" value={name} maxLength={64} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
    </Entry>
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
