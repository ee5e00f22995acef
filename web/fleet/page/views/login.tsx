// What a stranger sees: a field for a token. A link that holds one fills it in.
import { useState } from 'preact/hooks';
import { Entry, forgetToken } from '../../../page/parts/entry.tsx';
import { ask } from '../client.ts';
import { words } from '../words.ts';

export function LoginView({ token, entered }: { token: string; entered: () => Promise<void> }) {
  const [typed, setTyped] = useState(token);
  const text = words.login;

  async function login(): Promise<void> {
    await ask('api/login', { token: typed.trim() });
    if (token !== '') forgetToken();
    await entered();
  }
  return (
    <Entry
      title={text.title}
      intro={text.intro}
      button={text.button}
      working={text.working}
      failed={words.state.failed}
      isReady={typed.trim() !== ''}
      enter={login}
      after={
        <p class="muted">
          {text.how} <code>npm run -s thingwatch -- fleet desk --add-token NAME</code>
        </p>
      }
    >
      <label class="field">
        {text.label}
        <input
          type="password"
          value={typed}
          autocomplete="current-password"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </Entry>
  );
}
