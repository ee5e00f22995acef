// One event stream for the whole page: is the sensor heard, its newest health, and what has changed since.
// Views subscribe by topic. Knows nothing of what they show.
import { useEffect, useState } from 'preact/hooks';
import type { HealthAnswer } from '../shapes.ts';
import { onLanguage, spokenLanguage } from './language.ts';

export type Topic = 'incidents' | 'devices' | 'expectations' | 'weeks';

export interface LiveState {
  /** `unpaired` needs a pairing link; `lost` means that nothing shown is current. */
  link: 'connecting' | 'live' | 'lost' | 'unpaired';
  lostSince: number | null;
  health: HealthAnswer | null;
  /** Sensor's wall clock minus this phone's, milliseconds. */
  clockOffset: number;
}

/** Two missed heartbeats and some patience. */
const SILENCE_MS = 35_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 20_000];

let state: LiveState = { link: 'connecting', lostSince: null, health: null, clockOffset: 0 };
let source: EventSource | null = null;
let lastEventId = '';
let retries = 0;
let silence: number | undefined;
let retry: number | undefined;
const watchers = new Set<(state: LiveState) => void>();
/** `isNews`: more than counts have changed. */
type Listener = (topic: Topic | 'all', isNews: boolean) => void;
const listeners = new Set<Listener>();

export function useLive(): LiveState {
  const [current, setCurrent] = useState(state);
  useEffect(() => {
    setCurrent(state);
    watchers.add(setCurrent);
    return () => {
      watchers.delete(setCurrent);
    };
  }, []);
  return current;
}

/** Calls back when the topic changed, or all may have (`all`: after a gap in the stream). */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function announce(topic: Topic | 'all', isNews = false): void {
  for (const listener of [...listeners]) listener(topic, isNews);
}

/** Asks first whether this browser is paired: an event stream does not tell why it fails. */
export function begin(): void {
  void checkThenConnect();
}

export function connect(): void {
  source?.close();
  clearTimeout(retry);
  source = new EventSource(
    `api/events?${new URLSearchParams({ language: spokenLanguage(), ...(lastEventId && { lastEventId }) })}`,
  );
  listen();
  source.onerror = () => lose();
  const on = (name: string, handle: (data: string) => void): void =>
    source?.addEventListener(name, (event: MessageEvent<string>) => {
      if (event.lastEventId) lastEventId = event.lastEventId;
      listen();
      handle(event.data);
    });
  on('hello', hear);
  on('heartbeat', hear);
  on('reset', () => announce('all'));
  on('incident', (data) => announce('incidents', (JSON.parse(data) as { change: string }).change !== 'updated'));
  on('devices', () => announce('devices'));
  on('expectations', () => announce('expectations'));
  on('weeks', () => announce('weeks', true));
}

/** Also called when a request is answered 401: the browser was removed elsewhere. */
export function unpair(): void {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(retry);
  lastEventId = '';
  update({ link: 'unpaired', health: null });
}

function hear(data: string): void {
  const wasLost = state.link === 'lost';
  retries = 0;
  update({ link: 'live', lostSince: null, ...told(JSON.parse(data) as HealthAnswer) });
  if (wasLost) announce('all');
}

/** The browser may take minutes to notice a dead connection: silence counts as well. */
function listen(): void {
  clearTimeout(silence);
  silence = window.setTimeout(lose, SILENCE_MS);
}

function lose(): void {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(retry);
  update({ link: 'lost', lostSince: state.lostSince ?? Date.now() });
  const wait = RETRY_MS[Math.min(retries, RETRY_MS.length - 1)] ?? 20_000;
  retries += 1;
  retry = window.setTimeout(checkThenConnect, wait);
}

async function checkThenConnect(): Promise<void> {
  const headers = { 'Accept-Language': spokenLanguage() };
  const response = await fetch('api/health', { headers }).catch(() => null);
  if (response?.status === 401) unpair();
  else if (response?.ok) {
    connect();
    update(told((await response.json()) as HealthAnswer));
  } else lose();
}

function told(health: HealthAnswer): Pick<LiveState, 'health' | 'clockOffset'> {
  return { health, clockOffset: health.now - Date.now() };
}

function update(change: Partial<LiveState>): void {
  state = { ...state, ...change };
  for (const watcher of [...watchers]) watcher(state);
}

// What was told in another language is asked for again, and the stream tells its sentences in this one.
onLanguage(() => {
  if (source) connect();
  announce('all');
});

// A phone that was asleep reconnects when it is looked at, not when its timer next fires.
addEventListener('online', () => state.link === 'lost' && checkThenConnect());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && state.link === 'lost') void checkThenConnect();
});
