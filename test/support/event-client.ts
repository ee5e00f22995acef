// A reader of server-sent events that keeps what it heard. Small on purpose: one data line an event, as the server sends.
import { request } from 'node:http';
import { textOf, waitingFor } from './waits.ts';

export interface HeardEvent {
  id: number | null;
  name: string;
  data: unknown;
}

export interface OpenEvents {
  events: HeardEvent[];
  until(done: (events: HeardEvent[]) => boolean): Promise<void>;
  ended: Promise<void>;
  close(): void;
}

/** Resolves once the server has said hello; rejects where the stream ends before. */
export async function openEvents(
  port: number,
  cookie: string,
  lastEventId?: string,
  path = '/api/events',
): Promise<OpenEvents> {
  const events: HeardEvent[] = [];
  const watchers = new Set<() => void>();
  const headers = {
    Host: `127.0.0.1:${port}`,
    Cookie: cookie,
    ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}),
  };
  const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false });
  let [finish, status]: [() => void, number | undefined] = [() => {}, undefined];
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  outgoing.on('error', finish);
  outgoing.on('response', (incoming) => {
    let rest = '';
    status = incoming.statusCode;
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      events.push(...blocks.map(readBlock));
      for (const watcher of [...watchers]) watcher();
    });
    incoming.on('close', finish);
    incoming.on('error', finish);
  });
  outgoing.end();
  const isSo = (done: (events: HeardEvent[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!done(events)) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });
  const until = (done: (events: HeardEvent[]) => boolean) => waitingFor(() => textOf(done), isSo(done));
  const refused = ended.then(() => Promise.reject(new Error(`the stream ended before hello: ${path}, ${status}`)));
  await Promise.race([until((heard) => heard.some(({ name }) => name === 'hello')), refused]);
  return { events, until, ended, close: () => outgoing.destroy() };
}

function readBlock(block: string): HeardEvent {
  const field = (name: string): string | null =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null;
  const id = field('id');
  return {
    id: id === null ? null : Number(id),
    name: field('event') ?? 'message',
    data: JSON.parse(field('data') ?? 'null'),
  };
}
