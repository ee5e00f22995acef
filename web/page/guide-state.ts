// How far the first-run guide has come in this browser, and what the sensor's place needs: what is decided, not how it looks.
import { useEffect, useState } from 'preact/hooks';
import type { HealthAnswer, MirrorProblem } from '../shapes.ts';

/** After the sensor sees the home, in this order; a further step is a word here and its view in views/guide.tsx. */
export const STAGES = ['name', 'test', 'done'] as const;
export type Stage = (typeof STAGES)[number];

export interface GuideState {
  /** The chosen switch or router; `OTHER` for one that is not listed. */
  mirror: string | null;
  /** It led for a reason: then it stays until its end, also when the sensor sees the home. */
  begun: boolean;
  /** By a person's word. */
  left: boolean;
  stage: Stage;
}

export const OTHER = 'other';

const KEY = 'thingwatch.guide';
const FRESH: GuideState = { mirror: null, begun: false, left: false, stage: 'name' };

type Watched = Pick<HealthAnswer, 'mode' | 'vantage' | 'sight'>;

export function seesHome({ sight, vantage }: Watched): boolean {
  return vantage === 'lan-both-ways' && sight.confidence !== 'unsure';
}

/** Which steps of a guide help; null where none would. */
export function problemOf({ vantage }: Pick<HealthAnswer, 'vantage'>): MirrorProblem | null {
  switch (vantage) {
    case 'own-traffic-only':
    case 'broadcast-only':
      return 'set';
    case 'lan-one-way':
      return 'directions';
    case 'wan-side':
      return 'inside';
    case 'nothing':
      return 'nothing';
    case 'lan-both-ways':
      return null;
  }
}

/** Whether the home view begins with the guide. A recording cannot be mirrored otherwise. */
export function leads(health: Watched, { begun, left }: GuideState): boolean {
  return health.mode === 'live' && !left && (begun || !seesHome(health));
}

/** What was kept, as far as it is what this page would keep. */
export function readGuide(text: string | null): GuideState {
  try {
    const kept: unknown = JSON.parse(text ?? '');
    if (typeof kept !== 'object' || kept === null) return FRESH;
    const { begun, left, mirror, stage } = kept as Record<string, unknown>;
    return {
      mirror: typeof mirror === 'string' && mirror.length <= 64 ? mirror : null,
      begun: begun === true,
      left: left === true,
      stage: STAGES.find((one) => one === stage) ?? FRESH.stage,
    };
  } catch {
    return FRESH;
  }
}

let state: GuideState | null = null;
const watchers = new Set<(state: GuideState) => void>();

/** A browser may forbid to keep anything: then it holds until the page is closed. */
function kept(): GuideState {
  if (state !== null) return state;
  try {
    state = readGuide(localStorage.getItem(KEY));
  } catch {
    state = FRESH;
  }
  return state;
}

export function changeGuide(change: Partial<GuideState>): void {
  state = { ...kept(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // Nothing is lost but comfort.
  }
  for (const watcher of [...watchers]) watcher(state);
}

export function useGuide(): GuideState {
  const [current, setCurrent] = useState(kept());
  useEffect(() => {
    watchers.add(setCurrent);
    return () => {
      watchers.delete(setCurrent);
    };
  }, []);
  return current;
}
