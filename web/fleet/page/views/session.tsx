// Who is logged in, with what the token opens; the language of the page; the way out.
import { useState } from 'preact/hooks';
import { LanguageSelect } from '../../../page/parts/language-select.tsx';
import { Card, Facts, Title } from '../../../page/parts/plain.tsx';
import type { SessionAnswer } from '../../shapes.ts';
import { ask } from '../client.ts';
import { LANGUAGES, speaker, words } from '../words.ts';

export function SessionView({ session }: { session: SessionAnswer }) {
  const text = words.session;
  const [failed, setFailed] = useState<string | null>(null);
  const failure = (error: unknown): void => setFailed(error instanceof Error ? error.message : words.state.failed);

  async function logout(): Promise<void> {
    try {
      await ask('api/logout', {});
      await ask('api/session').catch(() => {});
    } catch (error) {
      failure(error);
    }
  }
  return (
    <>
      <Title>{text.title}</Title>
      <Card>
        <Facts
          rows={[
            [text.fleet, session.fleet],
            [text.name, session.name],
            [text.role, text.roles[session.role]],
            [text.helps, session.homes.length > 0 ? <HomeLinks homes={session.homes} /> : null],
            [text.version, session.version],
          ]}
        />
        <button type="button" onClick={() => void logout()}>
          {text.logout}
        </button>
        {failed !== null && (
          <p class="failure" role="alert">
            {failed}
          </p>
        )}
      </Card>
      <Card>
        <LanguageSelect
          label={text.language}
          automatic={text.asBrowser}
          languages={LANGUAGES}
          chosen={speaker.choice()}
          choose={({ value: code }) => void speaker.choose(speaker.isLanguage(code) ? code : null).catch(failure)}
        />
      </Card>
    </>
  );
}

function HomeLinks({ homes }: { homes: string[] }) {
  return (
    <ul>
      {homes.map((home) => (
        <li key={home}>
          <a class="device-link" href={`#/homes/${home}`}>
            {home}
          </a>
        </li>
      ))}
    </ul>
  );
}
