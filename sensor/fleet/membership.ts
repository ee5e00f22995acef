// What a home keeps of its fleet in its own store: which home it is there, since when, and the secret behind its pseudonyms. Another
// enrolment is another home with another secret, so that two fleets cannot tell that they know the same devices.
import { z } from 'zod';
import type { StoreKeeper } from '../record/store-keeper.ts';
import { newSecret, type Pseudonym, pseudonyms } from './pseudonym.ts';
import { HOME_ID } from './record.ts';

const KEY = 'fleet_home';
/** What was over so long (ms) before the home came is not told. */
const LOOKS_BACK = 30 * 24 * 60 * 60_000;

const shape = z.object({
  home: z.string().regex(HOME_ID),
  /** Packet time, ms. */
  joinedAt: z.number(),
  secret: z.string(),
});

export interface Membership {
  pseudonym: Pseudonym;
  /** As of FleetBooks. */
  since: number;
  /** Nothing was told under it yet. */
  isNew: boolean;
}

/** What is kept; null where the home is in no fleet, or `home` is given and it is another. */
export function readMembership(text: string | null, home: string | null): Membership | null {
  try {
    const { joinedAt, secret, ...kept } = shape.parse(JSON.parse(text ?? 'null'));
    if (home !== null && kept.home !== home) return null;
    return { pseudonym: pseudonyms(secret), since: joinedAt - LOOKS_BACK, isNew: false };
  } catch {
    return null;
  }
}

export function keptMembership(store: Pick<StoreKeeper, 'meta'>, home: string | null): Membership | null {
  return readMembership(store.meta(KEY), home);
}

/** Joins where it has not. @param now packet time, ms */
export function membershipOf(store: Pick<StoreKeeper, 'meta' | 'setMeta'>, home: string, now: number): Membership {
  const kept = keptMembership(store, home);
  if (kept !== null) return kept;
  const text = JSON.stringify({ home, joinedAt: now, secret: newSecret() });
  store.setMeta(KEY, text, true);
  const made = readMembership(text, home);
  if (made === null) throw new RangeError(`${home} is no home`);
  return { ...made, isNew: true };
}

/** Of a home that only looks at what it would tell: as if it joined now. */
export function membershipForNobody(now: number): Membership {
  return { pseudonym: pseudonyms(newSecret()), since: now - LOOKS_BACK, isNew: true };
}
