// A view's data: asked for once, asked for again when the stream says it changed, at most every few seconds.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, ClientError } from './client.ts';
import { onChange, type Topic, unpair } from './live-state.ts';

export interface Resource<T> {
  data: T | null;
  /** Words for a person; `data` may still hold what was known before. */
  error: string | null;
  missing: boolean;
  reload: () => void;
}

const QUIET_MS = 2_000;
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
    let waiting: number | undefined;
    const stop = onChange((topic) => {
      if (topic !== 'all' && !topics.includes(topic)) return;
      const wait = topic === 'all' ? 0 : Math.max(0, asked.current.at + quietMs - Date.now());
      waiting ??= window.setTimeout(() => {
        waiting = undefined;
        void load();
      }, wait);
    });
    return () => {
      stop();
      clearTimeout(waiting);
    };
  }, [load, quietMs, topics.join()]);

  const own = result.path === path ? result : { data: null, error: null, missing: false };
  const data = own.data ?? (path === null ? null : ((remembered.get(path) as T | undefined) ?? null));
  return { data, error: own.error, missing: own.missing, reload: () => void load() };
}

function remember(path: string, data: unknown): void {
  remembered.delete(path);
  remembered.set(path, data);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
