// The time that ages are counted from: the sensor's clock, and in a recording the recording's newest frame.
import { useEffect, useState } from 'preact/hooks';
import { useLive } from '../live-state.ts';

const STEP_MS = 15_000;

/** Milliseconds; moves on by itself so that "2 minutes ago" stays true. */
export function useNow(): number {
  const { health, clockOffset } = useLive();
  const [phone, setPhone] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setPhone(Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  if (health && health.mode !== 'live' && health.lastFrameAt !== null) return health.lastFrameAt;
  return Math.max(phone, Date.now()) + clockOffset;
}
