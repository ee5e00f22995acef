// The terminal that the program was started from: what it is told, and when it wants an end. Belongs to main.ts.
import { fstatSync } from 'node:fs';

/** One order to stop may come by several ways at once: from a keeper, and to all processes of a group. Milliseconds. */
const SAME_ORDER = 1000;

/** Resolves at the first Ctrl-C, SIGTERM or hang-up. A later one ends the process the hard way. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    let first = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      if (first === 0) {
        first = performance.now();
        resolve();
      } else if (performance.now() - first > SAME_ORDER) {
        for (const one of signals) process.off(one, onSignal);
        process.kill(process.pid, signal);
      }
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}

export function print(text: string | Buffer): void {
  process.stdout.write(text);
}

export function complain(text: string): void {
  process.stderr.write(text);
}

/** Whether standard error goes to systemd's journal (systemd.exec(5), JOURNAL_STREAM): the variable alone says nothing, as terminals inherit it. */
export function goesToJournal(environment: NodeJS.ProcessEnv = process.env): boolean {
  const stream = environment.JOURNAL_STREAM;
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}
