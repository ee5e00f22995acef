// The stores as this room uses them: a full or broken disk costs durability, never the connection. What could not be
// removed is remembered and tried again, so that no alert goes out twice.
import type { Log } from '../log.ts';
import type { OutboxStore, SuppressedStore, TopicStore } from './ports.ts';

export interface Stores {
  outbox: OutboxStore;
  topicStore: TopicStore;
  suppressed: SuppressedStore;
}

/** Bound on what is remembered while the disk fails; beyond it an alert may repeat, with the same id. */
const REMEMBERED = 10_000;

/** The same stores, but none of their functions throws. A failure is logged once until something was written again. */
export function durable({ outbox, topicStore, suppressed }: Stores, log: Log): Stores {
  let failing = false;
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      if (!failing) log.error(error instanceof Error ? error.message : 'the store failed');
      failing = true;
      return otherwise;
    }
  };
  /** Whether it is on disk now. */
  const written = (work: () => void): boolean =>
    attempt(() => {
      work();
      failing = false;
      return true;
    }, false);
  const remove = (id: string): boolean => written(() => outbox.remove(id));
  const removed = new Set<string>();
  const away = new Set<string>();
  return {
    outbox: {
      peek(limit) {
        for (const id of removed) {
          if (!remove(id)) break;
          removed.delete(id);
        }
        return attempt(() => outbox.peek(limit + removed.size), []).filter(({ id }) => !removed.has(id));
      },
      remove(id) {
        if (!remove(id) && removed.size < REMEMBERED) removed.add(id);
      },
      size: () => attempt(() => outbox.size() - removed.size, 0),
      dropped: () => attempt(() => outbox.dropped(), 0),
    },
    topicStore: {
      publishedTopics: () => attempt(() => topicStore.publishedTopics(), []),
      setPublished: (topic) => void written(() => topicStore.setPublished(topic)),
      unsetPublished: (topic) => void written(() => topicStore.unsetPublished(topic)),
    },
    suppressed: {
      isSuppressed: (key) => away.has(key) || attempt(() => suppressed.isSuppressed(key), false),
      suppress(key) {
        if (away.size < REMEMBERED) away.add(key);
        written(() => suppressed.suppress(key));
      },
      unsuppress(key) {
        away.delete(key);
        written(() => suppressed.unsuppress(key));
      },
    },
  };
}
