// What tests wait for at the moment, so that one that the runner's limit ends can say what did not come. The limit itself is the
// runner's: none here depends on a machine's speed.

const open = new Set<{ what: string; since: number }>();

/** Waits until `work` is over; meanwhile `what` counts as waited for. */
export async function waitingFor<Value>(what: () => string, work: Promise<Value>): Promise<Value> {
  const entry = { what: `${what()}${placeOf(new Error().stack ?? '')}`, since: performance.now() };
  open.add(entry);
  try {
    return await work;
  } finally {
    open.delete(entry);
  }
}

/** A line for each wait that is not over, the oldest first. */
export function stillAwaited(now = performance.now()): string[] {
  return [...open].map(({ since, what }) => `for ${((now - since) / 1000).toFixed(1)} s: ${what}`);
}

/** What was waited for until now is none of the next test's. */
export function forgetWaits(): void {
  open.clear();
}

/** The condition as it stands in the test, on one line. */
export function textOf(condition: (...args: never[]) => unknown): string {
  return condition.toString().replace(/\s+/g, ' ').slice(0, 300);
}

/** The first place in the stack that lies in a test. */
function placeOf(stack: string): string {
  const place = /[\w./-]+\.test\.ts:\d+/.exec(stack)?.[0];
  return place === undefined ? '' : ` (${place})`;
}
