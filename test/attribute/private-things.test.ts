// What a person keeps private: the thing, under each of its addresses, in whatever order they were joined.
import { describe, expect, it } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { addressesOfThing, PrivateThings } from '../../sensor/attribute/private-things.ts';

const mac = (n: number): string => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;

/** `joined`: each newer address with the older one it was joined to; `marked`: which bear the word themselves. */
function devices(count: number, joined: [newer: number, older: number][], marked: number[] = []): Device[] {
  const all = Array.from({ length: count }, (_, n) => newDevice(mac(n), 0));
  for (const [newer, older] of joined) Object.assign(all[newer] ?? {}, { sameAs: mac(older) });
  for (const n of marked) Object.assign(all[n] ?? {}, { isPrivate: true });
  return all;
}

const privateOf = (all: Device[]): number[] => {
  const things = new PrivateThings(all);
  return all.flatMap((device, n) => (things.has(device.mac) ? [n] : []));
};

describe('what is private', () => {
  it.each<[string, Device[], number[]]>([
    ['nothing, where nothing is marked', devices(3, [[1, 0]]), []],
    ['one of several that have nothing in common', devices(3, [], [1]), [1]],
    [
      'the newer addresses of a marked one',
      devices(
        4,
        [
          [1, 0],
          [2, 1],
        ],
        [0],
      ),
      [0, 1, 2],
    ],
    [
      'the older addresses of a marked one',
      devices(
        4,
        [
          [1, 0],
          [2, 1],
        ],
        [2],
      ),
      [0, 1, 2],
    ],
    [
      'another that was joined to the same',
      devices(
        5,
        [
          [1, 0],
          [2, 0],
          [4, 3],
        ],
        [1],
      ),
      [0, 1, 2],
    ],
    [
      'both sides of a ring',
      devices(
        4,
        [
          [0, 1],
          [1, 2],
          [2, 0],
        ],
        [1],
      ),
      [0, 1, 2],
    ],
    ['what was joined to itself', devices(2, [[0, 0]], [0]), [0]],
    [
      'by way of an address that is gone',
      devices(
        3,
        [
          [0, 9],
          [1, 9],
        ],
        [0],
      ),
      [0, 1],
    ],
  ])('%s', (_, all, expected) => {
    expect(privateOf(all)).toEqual(expected);
    expect(
      privateOf(all.toReversed())
        .map((n) => all.length - 1 - n)
        .sort(),
    ).toEqual(expected);
  });

  it('holds for an address that is gone, and for none that nobody knows', () => {
    const things = new PrivateThings(devices(2, [[0, 9]], [0]));
    expect([things.has(mac(9)), things.has(mac(1)), things.has(mac(50))]).toEqual([true, false, false]);
  });

  it('holds for all of a chain, though it be as long as a home may have devices', () => {
    const count = 2048;
    const chain = Array.from({ length: count }, (_, n) =>
      newDevice(`02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`, 0),
    );
    for (const [n, device] of chain.entries()) device.sameAs = chain[n + 1]?.mac ?? null;
    Object.assign(chain[count - 1] ?? {}, { isPrivate: true });
    const things = new PrivateThings(chain);
    expect(chain.filter((device) => things.has(device.mac))).toHaveLength(count);
  });
});

describe('the addresses of a thing', () => {
  it('are all that were joined, itself first', () => {
    const all = devices(6, [
      [1, 0],
      [2, 1],
      [3, 0],
      [5, 4],
    ]);
    const of = (n: number) => addressesOfThing(all[n] as Device, all).map((one) => all.indexOf(one));
    expect([of(1), of(3), of(5), addressesOfThing(newDevice(mac(77), 0), all).length]).toEqual([
      ...[[1, 0, 2, 3], [3, 0, 1, 2], [5, 4], 1],
    ]);
  });
});
