// Chunks one at a time. Node takes from a pipe up to thirty-two in a row before anything else of the process has its turn; where a
// flood makes each of them work for half a second, timers, page and broker would wait for many seconds, and what they are to
// send on would pile up.
import type { Readable } from 'node:stream';

/** From now on, after each chunk that `stream` hands out, all else that is due comes before the next. */
export function takeTurns(stream: Readable): void {
  stream.on('data', () => {
    stream.pause();
    setImmediate(() => stream.resume());
  });
}
