// Names of a home's own devices and incidents as its fleet hears them: keyed hashes, which this home alone can undo. The same thing
// has the same one from day to day, and none in another fleet.
import { createHmac, randomBytes } from 'node:crypto';

/** Octets. */
const SECRET_LENGTH = 32;
const SECRET = /^[0-9a-f]{64}$/;

export type Pseudonym = (kind: 'device' | 'incident', id: string) => string;

export function newSecret(): string {
  return randomBytes(SECRET_LENGTH).toString('hex');
}

/** @param secret as `newSecret` makes it @throws RangeError for what is none: a hash without a key would hide nothing */
export function pseudonyms(secret: string): Pseudonym {
  if (!SECRET.test(secret)) throw new RangeError('the secret of this home is damaged');
  const key = Buffer.from(secret, 'hex');
  return (kind, id) => createHmac('sha256', key).update(`${kind} ${id}`).digest('hex').slice(0, 16);
}
