// The terminal that the program was started from: what it is told, and when it wants an end. Belongs to main.ts.

/** Resolves at the first Ctrl-C, SIGTERM or hang-up. A second one ends the process the hard way. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

export function print(text: string | Buffer): void {
  process.stdout.write(text);
}

export function complain(text: string): void {
  process.stderr.write(text);
}
