// What a stranger meets at each of our pages: a form with which a browser gets in by a token. Without words of its own.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { go } from '../router.ts';
import { Icon } from './icons.tsx';

export interface EntryProps {
  title: string;
  intro: string;
  /** On the button, and while it is at work. */
  button: string;
  working: string;
  /** Said where what went wrong has no words. */
  failed: string;
  /** Whether there is something to try. */
  isReady: boolean;
  enter(): Promise<void>;
  /** Fields, above the button. */
  children: ComponentChildren;
  after?: ComponentChildren;
}

export function Entry({ after, button, children, enter, failed, intro, isReady, title, working }: EntryProps) {
  const [state, setState] = useState<'idle' | 'working' | { failed: string }>('idle');
  async function attempt(): Promise<void> {
    setState('working');
    try {
      await enter();
    } catch (error) {
      setState({ failed: error instanceof Error ? error.message : failed });
    }
  }
  return (
    <form
      class="pair"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt();
      }}
    >
      <span class="pair-icon">
        <Icon name="home" />
      </span>
      <h1 tabIndex={-1}>{title}</h1>
      <p>{intro}</p>
      {children}
      {typeof state === 'object' && (
        <p class="failure" role="alert">
          {state.failed}
        </p>
      )}
      <button type="submit" class="primary wide" disabled={!isReady || state === 'working'}>
        {state === 'working' ? working : button}
      </button>
      {after}
    </form>
  );
}

/** The token leaves the address and the history; the browser is known by its cookie now. */
export function forgetToken(): void {
  history.replaceState(null, '', '#/');
  go('/');
  dispatchEvent(new HashChangeEvent('hashchange'));
}
