// What the user deleted stays deleted over restarts, and a damaged list costs only itself.
import { expect, it } from 'vitest';
import { suppressedIn } from '../../sensor/publish/suppressed.ts';

function cell(text: string | null) {
  const writes: string[] = [];
  let kept = text;
  return {
    writes,
    read: () => kept,
    write(next: string) {
      kept = next;
      writes.push(next);
    },
  };
}

it('remembers over a restart, and writes only what changes', () => {
  const disk = cell(null);
  const before = suppressedIn(disk);
  before.suppress('a4:cf:12:99:be:ef');
  before.suppress('a4:cf:12:99:be:ef');
  before.suppress('sensor');
  before.unsuppress('never there');
  const after = suppressedIn(disk);
  expect([after.isSuppressed('a4:cf:12:99:be:ef'), after.isSuppressed('sensor'), after.isSuppressed('b')]).toEqual([
    true,
    true,
    false,
  ]);
  after.unsuppress('sensor');
  expect(suppressedIn(disk).isSuppressed('sensor')).toBe(false);
  expect(disk.writes).toHaveLength(3);
});

it.each([null, '', '{', '7', 'null', '{"a":1}', '"a"', '[7,null,["a"]]'])('takes %j for an empty list', (text) => {
  const disk = cell(text);
  const keys = suppressedIn(disk);
  expect(keys.isSuppressed('a')).toBe(false);
  keys.suppress('b');
  expect(disk.writes).toEqual(['["b"]']);
});

it('keeps the newest 2048', () => {
  const disk = cell(JSON.stringify(Array.from({ length: 2048 }, (_, i) => `k${i}`)));
  suppressedIn(disk).suppress('new');
  expect(JSON.parse(disk.read() ?? '')).toEqual([...Array.from({ length: 2047 }, (_, i) => `k${i + 1}`), 'new']);
});

it('of a longer list believes the newest 2048', () => {
  const keys = suppressedIn(cell(JSON.stringify(Array.from({ length: 2049 }, (_, i) => `k${i}`))));
  expect(['k0', 'k1', 'k2048'].map((key) => keys.isSuppressed(key))).toEqual([false, true, true]);
});
