// What comes to a home from its fleet: a warning, signed or not, and what a home makes of it.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { HeldWarning } from '../../../sensor/detect/held-warning.ts';
import { warningTopic } from '../../../sensor/fleet/topics.ts';
import {
  LONGEST_WARNING,
  readWarning,
  WARNING_OCTETS,
  WARNING_SCHEMA,
  warningKey,
} from '../../../sensor/fleet/warning.ts';
import { Warnings } from '../../../sensor/fleet/warnings.ts';
import { mustBeShort, mustHold, type Target } from '../target.ts';

const NOW = Date.parse('2026-11-30T10:00:00Z');
const DAY = 24 * 60 * 60_000;
/** The same in every run: the head of an Ed25519 key in PKCS #8 (RFC 8410), and 32 octets. */
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
const publicText = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
const keys = [warningKey(publicText)];
const ID = 'abcdefgh12345678';

const envelope = (text: string) =>
  JSON.stringify({
    ...{ schema: WARNING_SCHEMA, warning: text },
    signature: sign(null, Buffer.from(text), key).toString('base64'),
  });

/** The first octet says whether what follows is what travels, or a text that the fleet's key signs. */
const warning: Target = {
  longest: 2 * WARNING_OCTETS + 64,
  run(input) {
    const isSigned = (input[0] ?? 0) % 2 === 1;
    const rest = input.subarray(1);
    const octets = isSigned ? Buffer.from(envelope(rest.toString('utf8'))) : rest;
    const read = readWarning(octets, keys, NOW);
    if (typeof read !== 'string') {
      mustHold(isSigned || octets.includes(publicSignature), 'a warning is believed that nobody signed');
      const [issued, expires] = [Date.parse(read.issuedAt), Date.parse(read.expiresAt)];
      mustHold(expires > NOW && expires - issued <= LONGEST_WARNING && issued <= NOW + DAY, 'it holds for too long');
      mustHold(
        [read.backend, ...read.alike].every((name) => /^[a-z0-9._:-]{1,253}$/.test(name)),
        'a name is none',
      );
      mustBeShort(read, 253);
    }
    mustHold(readWarning(octets, [], NOW) !== read || typeof read === 'string', 'no key is needed');
    let held: readonly HeldWarning[] = [];
    const store = new Map<string, string>();
    const home = new Warnings({
      keys: [publicText],
      store: { meta: (name) => store.get(name) ?? null, setMeta: (name, text) => store.set(name, text) },
      now: () => NOW,
      onHeld: (now) => {
        held = now;
      },
      log: { info: () => {}, warn: () => {} },
    });
    home.onMessage(warningTopic(ID), octets);
    home.tick();
    mustHold(
      held.length === 0 || (typeof read !== 'string' && read.id === ID && read.state === 'open'),
      'what is held',
    );
  },
  seeds: () => [
    Buffer.from(`1${SAMPLE}`),
    Buffer.from(`1${SAMPLE.replace('"open"', '"ended"')}`),
    Buffer.from(`0${envelope(SAMPLE)}`),
    Buffer.from(`1${SAMPLE.replace('{', '{"__proto__":{},')}`),
  ],
};

const SAMPLE = JSON.stringify({
  ...{
    id: ID,
    revision: 3,
    state: 'open',
    issuedAt: '2026-11-30T09:00:00.000Z',
    expiresAt: '2026-12-06T10:00:00.000Z',
  },
  ...{ backend: 'bad.example', role: 'store', groups: [{ family: 'philips-hue', vendor: null }] },
  ...{ homes: { exposed: 41, mailed: 37 }, firstSeen: '2026-11-21T10:00:00.000Z' },
  ...{ lift: { value: 212.4, low: 88, high: null }, alike: ['cdn.example'] },
});
/** Of the sample, which is the one signature that is known here. */
const publicSignature = sign(null, Buffer.from(SAMPLE), key).toString('base64');

export const FLEET: Readonly<Record<string, () => Target>> = {
  'fleet-warning': () => warning,
};
