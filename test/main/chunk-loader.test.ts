import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChunkLoader, compileChunk } from '../../sensor/main/chunk-loader.ts';

/** Of what is kept, by the processor: V8 takes another one's and then computes nonsense. */
const SUFFIX = `${process.arch}.compiled`;
let folder: string;
const place = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(place(name), text);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thingwatch-chunks-'));
  write(
    'first.js',
    "exports.told = () => require('./second.js').word + ' from ' + require('node:path').basename(__filename);",
  );
  write('second.js', "globalThis.ran = (globalThis.ran ?? 0) + 1; exports.word = 'hello';");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  Reflect.deleteProperty(globalThis, 'ran');
});

interface First {
  told(): string;
}

test('a chunk has what CommonJS promises it, and runs once', () => {
  const chunks = new ChunkLoader();
  const first = chunks.load(place('first.js')) as First;
  expect([first.told(), first.told()]).toEqual(['hello from first.js', 'hello from first.js']);
  expect(chunks.load(place('first.js'))).toBe(first);
  expect(Reflect.get(globalThis, 'ran')).toBe(1);
});

test('chunks that need each other get what there is by then', () => {
  write('egg.js', "exports.early = 1; exports.seen = require('./hen.js').seen;");
  write('hen.js', "exports.seen = require('./egg.js').early;");
  expect(new ChunkLoader().load(place('egg.js'))).toEqual({ early: 1, seen: 1 });
});

test('what was compiled is kept, the functions that were called too, and taken the next time', () => {
  const chunks = new ChunkLoader();
  chunks.load(place('first.js'));
  chunks.keepCompiled();
  expect(existsSync(place(`second.js.${SUFFIX}`))).toBe(false);
  const uncalled = readFileSync(place(`first.js.${SUFFIX}`)).length;
  (chunks.load(place('first.js')) as First).told();
  chunks.keepCompiled();
  expect(existsSync(place(`second.js.${SUFFIX}`))).toBe(true);
  expect(readFileSync(place(`first.js.${SUFFIX}`)).length).toBeGreaterThan(uncalled);
  expect(compileChunk(place('first.js')).cachedDataRejected).toBe(false);
  expect((new ChunkLoader().load(place('first.js')) as First).told()).toBe('hello from first.js');
});

test('what was compiled of something else is refused, and the chunk runs as it is', () => {
  const chunks = new ChunkLoader();
  chunks.load(place('second.js'));
  chunks.keepCompiled();
  write('second.js', "exports.word = 'good evening';");
  expect(compileChunk(place('second.js')).cachedDataRejected).toBe(true);
  write(`first.js.${SUFFIX}`, 'no code');
  expect((new ChunkLoader().load(place('first.js')) as First).told()).toBe('good evening from first.js');
});

test('an error names the chunk and its line', () => {
  write('third.js', '\nexports.fail = () => {\n  throw new Error("it");\n};');
  const { fail } = new ChunkLoader().load(place('third.js')) as { fail(): void };
  const stackOf = () => {
    try {
      return fail();
    } catch (error) {
      return error instanceof Error ? error.stack : null;
    }
  };
  expect(stackOf()).toContain(`exports.fail (${place('third.js')}:3:9)`);
});
