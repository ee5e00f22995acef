// A view's data: asked for once, asked for again when the stream says it changed, at most every few seconds.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, ClientError } from './client.ts';
import { spokenLanguage } from './language.ts';
import { onChange, type Topic, unpair } from './live-state.ts';

export interface Resource<T> {
  data: T | null;
  /** Words for a person; `data` may still hold what was known before. */
  error: string | null;
  missing: boolean;
  reload: () => void;
}

const QUIET_MS = 2_000;
/** The same for news, which a person is to see at once: what an outbreak brings comes together. */
const NEWS_QUIET_MS = 200;
/** The last answer for each address, so that going back shows something at once. Small: the page has few addresses. */
const remembered = new Map<string, unknown>();
const MAX_REMEMBERED = 40;

/** `path` null asks nothing. `quietMs` is the shortest time between two questions that changes cause. */
export function useResource<T>(path: string | null, topics: Topic[], quietMs = QUIET_MS): Resource<T> {
  const [result, setResult] = useState<{ path: string | null; data: T | null; error: string | null; missing: boolean }>(
    {
      path: null,
      data: null,
      error: null,
      missing: false,
    },
  );
  const asked = useRef({ at: 0, ticket: 0 });
  const load = useCallback(async () => {
    if (path === null) return;
    const ticket = asked.current.ticket + 1;
    asked.current = { at: Date.now(), ticket };
    try {
      const data = await ask<T>(path);
      remember(path, data);
      if (ticket === asked.current.ticket) setResult({ path, data, error: null, missing: false });
    } catch (error) {
      const status = error instanceof ClientError ? error.status : 0;
      if (status === 401) unpair();
      const message = error instanceof Error ? error.message : '';
      if (ticket !== asked.current.ticket) return;
      setResult((old) => ({
        path,
        data: old.path === path ? old.data : null,
        error: message,
        missing: status === 404,
      }));
    }
  }, [path]);

  useEffect(() => {
    void load();
    let waiting: { timer: number; until: number } | undefined;
    const stop = onChange((topic, isNews) => {
      if (topic !== 'all' && !topics.includes(topic)) return;
      const quiet = isNews ? Math.min(quietMs, NEWS_QUIET_MS) : quietMs;
      const until = topic === 'all' ? Date.now() : Math.max(Date.now(), asked.current.at + quiet);
      if (waiting !== undefined && waiting.until <= until) return;
      clearTimeout(waiting?.timer);
      const again = () => {
        waiting = undefined;
        void load();
      };
      waiting = { timer: window.setTimeout(again, until - Date.now()), until };
    });
    return () => {
      stop();
      clearTimeout(waiting?.timer);
    };
  }, [load, quietMs, topics.join()]);

  const own = result.path === path ? result : { data: null, error: null, missing: false };
  const data = own.data ?? (path === null ? null : ((remembered.get(keyOf(path)) as T | undefined) ?? null));
  return { data, error: own.error, missing: own.missing, reload: () => void load() };
}

/** What was told in another language is not shown again. */
function keyOf(path: string): string {
  return `${spokenLanguage()} ${path}`;
}

function remember(path: string, data: unknown): void {
  const key = keyOf(path);
  remembered.delete(key);
  remembered.set(key, data);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
