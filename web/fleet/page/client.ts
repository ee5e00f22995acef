// Asks the desk's API, and holds what it said last. Addresses are relative to the page, so a path prefix needs no setting here.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../shapes.ts';
import { wordFor, words } from './words.ts';

export class ClientError extends Error {
  /** 0: no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

let loggedOut: () => void = () => {};

/** Called when the desk no longer knows this browser. */
export function onLoggedOut(callback: () => void): void {
  loggedOut = callback;
}

/** `path` without a leading slash: `api/homes`. @throws ClientError with words for a person */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const order = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, order).catch(() => {
    throw new ClientError(0, words.state.noAnswer);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const { code = '', message = words.state.failed } = (answer as ApiError | null)?.error ?? {};
  if (code === 'not_logged_in') loggedOut();
  throw new ClientError(response.status, wordFor(words.error, code) ?? message);
}

export interface Resource<T> {
  data: T | null;
  /** Words for a person; `data` may still hold what was known before. */
  error: string | null;
  missing: boolean;
  /** Since when nothing new came, ms; null while it does. */
  lostSince: number | null;
  reload: () => void;
}

const AGAIN_MS = 60_000;

/** Asked again every minute while somebody looks. */
export function useResource<T>(path: string): Resource<T> {
  type Result = Omit<Resource<T>, 'reload'> & { path: string };
  const nothing: Result = { path, data: null, error: null, missing: false, lostSince: null };
  const [result, setResult] = useState<Result>(nothing);
  const ticket = useRef(0);
  const load = useCallback(async () => {
    ticket.current += 1;
    const own = ticket.current;
    try {
      const data = await ask<T>(path);
      if (own === ticket.current) setResult({ ...nothing, data });
    } catch (error) {
      if (own !== ticket.current) return;
      const missing = error instanceof ClientError && error.status === 404;
      const message = error instanceof Error ? error.message : words.state.failed;
      setResult((old) => {
        const data = old.path === path ? old.data : null;
        return { path, data, error: message, missing, lostSince: old.lostSince ?? Date.now() };
      });
    }
  }, [path]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => document.visibilityState === 'visible' && void load(), AGAIN_MS);
    return () => {
      ticket.current += 1;
      clearInterval(timer);
    };
  }, [load]);
  return { ...(result.path === path ? result : nothing), reload: () => void load() };
}
