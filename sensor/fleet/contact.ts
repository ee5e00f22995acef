// When a home last had word of its fleet, kept over restarts, for who asks how it is: an acknowledged record, a warning that is believed.
import { z } from 'zod';

/** Where the store keeps it. */
const KEY = 'fleet_contact';
/** A memory card is not written for less (ms). */
const STORED_EVERY = 5 * 60_000;

/** Wall time, ms; null where it never was. */
export interface Contact {
  acknowledgedAt: number | null;
  /** Also one that was known. */
  warningAt: number | null;
}

const time = z.number().nullable();
const shape = z.object({ home: z.string(), acknowledgedAt: time, warningAt: time });
const NEVER: Contact = { acknowledgedAt: null, warningAt: null };

/** Of this home and no other, to some minutes. */
export function keptContact(store: { meta(key: string): string | null }, home: string): Contact {
  try {
    const { home: whose, ...contact } = shape.parse(JSON.parse(store.meta(KEY) ?? 'null'));
    return whose === home ? contact : NEVER;
  } catch {
    return NEVER;
  }
}

export interface ContactStore {
  meta(key: string): string | null;
  setMeta(key: string, text: string): void;
}

export class ContactBook {
  readonly #store: ContactStore;
  readonly #home: string;
  #kept: Contact;

  constructor(store: ContactStore, home: string) {
    this.#store = store;
    this.#home = home;
    this.#kept = keptContact(store, home);
  }

  /** What this process knows of; null changes nothing. `isLast`: nothing comes after it, so that minutes count. */
  note(now: Contact, isLast = false): void {
    const newer = {
      acknowledgedAt: now.acknowledgedAt ?? this.#kept.acknowledgedAt,
      warningAt: now.warningAt ?? this.#kept.warningAt,
    };
    const due = (['acknowledgedAt', 'warningAt'] as const).some((key) => {
      const [before, after] = [this.#kept[key], newer[key]];
      return before !== after && (isLast || before === null || Math.abs((after ?? 0) - before) >= STORED_EVERY);
    });
    if (!due) return;
    this.#kept = newer;
    this.#store.setMeta(KEY, JSON.stringify({ home: this.#home, ...newer }));
  }
}
