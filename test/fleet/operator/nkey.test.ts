// Keys of ours beside those of the NATS package: the same text, and each takes what the other signed.
import { expect, it } from 'vitest';
import { newUser, pairOf } from '../../../sensor/fleet/operator/nkey.ts';
import { fleetPackage } from '../../../sensor/fleet/packages.ts';

const { createAccount, createOperator, createUser, fromPublic, fromSeed } = fleetPackage('@nats-io/nkeys');
const message = Buffer.from('what is signed');
const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

it.each([
  ['operator', createOperator, 'O'],
  ['account', createAccount, 'A'],
  ['user', createUser, 'U'],
] as const)('reads the seed of an %s as the package does', (_, create, letter) => {
  const theirs = create();
  const ours = pairOf(textOf(theirs.getSeed()));
  expect(ours.getPublicKey()).toBe(theirs.getPublicKey());
  expect(ours.getPublicKey()[0]).toBe(letter);
  expect(textOf(ours.sign(message))).toBe(textOf(theirs.sign(message)));
  expect(ours.verify(message, theirs.sign(message))).toBe(true);
});

it('makes users that the package takes', () => {
  const ours = newUser();
  const theirs = fromSeed(ours.getSeed());
  expect(theirs.getPublicKey()).toBe(ours.getPublicKey());
  expect(fromPublic(ours.getPublicKey()).verify(message, ours.sign(message))).toBe(true);
  expect(newUser().getPublicKey()).not.toBe(ours.getPublicKey());
});

const seed = textOf(createUser().getSeed());
const misread = `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`;

it.each(['', 'SU', 'nonsense!', misread, createUser().getPublicKey()])('takes %j for no seed', (text) => {
  expect(() => pairOf(text)).toThrow(RangeError);
});
