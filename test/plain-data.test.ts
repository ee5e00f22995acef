// Plain data as it is checked when it is read back: what fits is made anew, what does not says where, and never what it holds.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  count,
  entriesOf,
  fields,
  flag,
  listOf,
  oneOf,
  orMissing,
  orNothing,
  orNull,
  type Read,
  text,
  truth,
  Unfit,
} from '../sensor/plain-data.ts';

interface Door {
  name: string;
  floor: number | null;
  isOpen: boolean;
  kind: 'front' | 'back';
  keys: { owner: string; number?: number }[];
  marks: Record<string, number>;
}

const door = fields<Door>({
  name: text,
  floor: orNull(count),
  isOpen: flag,
  kind: orMissing(oneOf('front', 'back'), () => 'front'),
  keys: listOf(fields<Door['keys'][number]>({ owner: text, number: count }, ['number'])),
  marks: entriesOf(count),
});

/** The same, as zod has it. */
const zodDoor = z.object({
  name: z.string(),
  floor: z.number().nullable(),
  isOpen: z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1),
  kind: z.enum(['front', 'back']).default('front'),
  keys: z.array(z.object({ owner: z.string(), number: z.number().exactOptional() })),
  marks: z.record(z.string(), z.number()),
});

const FULL = { name: 'a', floor: 2, isOpen: 1, kind: 'back', keys: [{ owner: 'b', number: 7 }], marks: { x: 1 } };

test.each<[string, object]>([
  ['all there is', FULL],
  [
    'null where that may be, and none of what may be missing',
    { ...FULL, floor: null, isOpen: 0, keys: [{ owner: 'b' }] },
  ],
  ['nothing in its lists', { ...FULL, keys: [], marks: {} }],
  ['more than it is asked for', { ...FULL, colour: 'red', keys: [{ owner: 'b', shape: 5 }] }],
  ['a row from before', { ...FULL, kind: undefined }],
])('%s is what zod makes of it, and made anew', (_, value) => {
  const read = door(value);
  expect(read).toStrictEqual(zodDoor.parse(value));
  expect(Object.keys(read)).toEqual(Object.keys(zodDoor.parse(value)));
  expect(read.keys).not.toBe((value as Door).keys);
});

test.each<[string, unknown]>([
  ['', null],
  ['', [FULL]],
  ['', 'a'],
  ['name', { ...FULL, name: 5 }],
  ['name', { ...FULL, name: undefined, floor: 'x' }],
  ['floor', { ...FULL, floor: '2' }],
  ['floor', { ...FULL, floor: Number.NaN }],
  ['floor', { ...FULL, floor: Number.POSITIVE_INFINITY }],
  ['isOpen', { ...FULL, isOpen: true }],
  ['isOpen', { ...FULL, isOpen: 2 }],
  ['kind', { ...FULL, kind: 'side' }],
  ['kind', { ...FULL, kind: null }],
  ['keys', { ...FULL, keys: {} }],
  ['keys', { ...FULL, keys: null }],
  ['keys.1', { ...FULL, keys: [{ owner: 'b' }, 5] }],
  ['keys.1.owner', { ...FULL, keys: [{ owner: 'b' }, {}] }],
  ['keys.0.number', { ...FULL, keys: [{ owner: 'b', number: 'secret' }] }],
  ['marks', { ...FULL, marks: [] }],
  ['marks.y', { ...FULL, marks: { x: 1, y: null } }],
])('at "%s" it does not fit, as zod says too', (place, value) => {
  expect(placeOf(door, value)).toBe(place);
  const said = zodDoor.safeParse(value);
  expect(said.error?.issues[0]?.path.join('.')).toBe(place);
});

test('lists of another length than may be, and what is no truth, do not fit', () => {
  const pair = listOf(truth, (length) => length === 2);
  expect(pair([true, false])).toEqual([true, false]);
  expect([placeOf(pair, [true]), placeOf(pair, [true, true, true]), placeOf(pair, [true, 1])]).toEqual(['', '', '1']);
});

test('what may be left out is nothing where it does not fit', () => {
  const one = orNothing(fields<{ name: string }>({ name: text }));
  expect([one({ name: 'a' }), one({}), one(null)]).toEqual([{ name: 'a' }, null, null]);
  const broken = orNothing((): string => {
    throw new RangeError('no');
  });
  expect(() => broken(1)).toThrow(RangeError);
});

test('a name that objects have of their own is no entry', () => {
  const read = entriesOf(text)(JSON.parse('{"__proto__":"x","a":"y"}'));
  expect([Object.keys(read), Object.getPrototypeOf(read)]).toEqual([['a'], Object.prototype]);
});

test('a mistake of another kind is not taken for one of the data', () => {
  const broken = listOf((): string => {
    throw new RangeError('no');
  });
  expect(() => broken([1])).toThrow(RangeError);
});

function placeOf(read: Read<unknown>, value: unknown): string | null {
  try {
    read(value);
    return null;
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return error.place;
  }
}
