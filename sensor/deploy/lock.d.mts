// Types of lock.mjs, which is plain JavaScript because it runs before anything is installed.
export interface Holder {
  pid: number;
  start: string | null;
  host: string;
}
export function holder(lockFolder: string): Holder | null | undefined;
export function withLock<T>(
  folder: string,
  work: (onStart: (pid: number) => void) => Promise<T>,
  options?: { onWait?: (pid: number) => void; pollMs?: number },
): Promise<T>;
