// The fuzzer itself: it finds what is there to be found, says how to repeat it, and does the same again from the same seed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAst } from 'vite';
import { afterEach, expect, test } from 'vitest';
import { checkout } from '../lab/namespaces.ts';
import { __reached } from './coverage.ts';
import { search } from './loop.ts';
import { mutated, mutatedPieces, randomBelow, wordsOf } from './mutate.ts';
import { cutUp, joinPieces, splitPieces } from './pieces.ts';
import { Runner } from './runner.ts';
import { decodedAlike, type Target } from './target.ts';

const runners: Runner[] = [];
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.close();
});

function searched(target: Omit<Target, 'seeds'>, time = 2000, seed = 1) {
  const runner = new Runner({ ...target, seeds: () => [] }, null);
  runners.push(runner);
  return search(runner, { kept: [], seeds: [Buffer.from('hello, fuzzer')], seed, time, modules: [] });
}

test('what stands behind four comparisons is found octet by octet, and is told with the input that shows it', async () => {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  const result = await searched(
    {
      run(input) {
        for (const [i, octet] of magic.entries()) {
          if (input[i] !== octet) return;
          __reached(i);
        }
        throw new Error('found');
      },
    },
    10_000,
    3,
  );
  expect(result.findings).toMatchObject([{ message: expect.stringContaining('found') }]);
  expect(result.findings[0]?.input).toBe('7f454c46');
}, 120_000);

test('a frame that takes longer than 50 ms of the processor is told, one that waits that long is not', async () => {
  let sum = 0;
  // Of the program itself: to ask for the time costs the system more than that.
  const busy = () => {
    for (const end = process.cpuUsage().user + 70_000; process.cpuUsage().user < end; )
      for (let i = 0; i < 20_000; i++) sum += Math.sqrt(i);
  };
  expect((await searched({ run: busy }, 1)).findings).toMatchObject([{ key: 'slow' }]);
  expect(sum).toBeGreaterThan(0);
  const waits = await searched({ run: async () => void (await sleep(70)) }, 300);
  expect(waits.findings).toEqual([]);
}, 300_000);

test('what does not come back is ended, however busy the machine, and its input is told', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'thingwatch-hang-')), 'hang.json');
  const script = `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const area = new SharedArrayBuffer(64);
    const workerData = { area, file: ${JSON.stringify(file)}, cpuLimit: 300, wallLimit: 60_000 };
    await once(new Worker(${JSON.stringify(join(checkout, 'test/fuzz/watchdog.mjs'))}, { workerData }), 'message');
    new Uint8Array(area, 8).set(Buffer.from('hang'));
    new Int32Array(area).set([1, 4]);
    for (;;);`;
  const program = join(dirname(file), 'hang.mjs');
  writeFileSync(program, script);
  const { signal, stderr } = spawnSync(process.execPath, [program], { timeout: 100_000, killSignal: 'SIGTERM' });
  expect(signal, String(stderr)).toBe('SIGKILL');
  const told: unknown = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(dirname(file), { recursive: true });
  expect(told).toMatchObject({
    input: Buffer.from('hang').toString('hex'),
    message: expect.stringContaining('did not end'),
  });
}, 120_000);

test('the same seed makes the same inputs, and each kind of input stays what it is', () => {
  const inputs = (seed: number, change: typeof mutated) => {
    const below = randomBelow(seed);
    const start = joinPieces(cutUp(Buffer.from('abcdefghijklmnopqrstuvwxyz'), 1, 5, 3));
    const sources = { below, other: () => start, words: wordsOf(['STARTTLS', 'cafe01'], [25, 0xffff]), longest: 300 };
    return Array.from({ length: 500 }, () => change(start, sources));
  };
  for (const change of [mutated, mutatedPieces]) {
    expect(inputs(5, change)).toEqual(inputs(5, change));
    expect(inputs(5, change)).not.toEqual(inputs(6, change));
    expect(Math.max(...inputs(5, change).map(({ length }) => length))).toBeLessThanOrEqual(300);
  }
  for (const input of inputs(7, mutatedPieces)) expect(joinPieces(splitPieces(input))).toEqual(input);
  expect(inputs(8, mutated).some((input) => input.includes('STARTTLS') || input.includes('cafe01', 0, 'hex'))).toBe(
    true,
  );
});

test('a decoder that looks beyond its bytes, or remembers, is told', () => {
  const beyond = (bytes: Buffer) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length + 1).at(-1);
  expect(() => decodedAlike(Buffer.from('abc'), beyond)).toThrow(/in two ways/);
  let calls = 0;
  expect(() => decodedAlike(Buffer.from('abc'), () => calls++)).toThrow(/in two ways/);
  expect(decodedAlike(Buffer.from('abc'), (bytes) => bytes.toString())).toBe('abc');
});

test('what counts blocks leaves the program as it is', async () => {
  const { countingBlocks } = (await import('./instrument.mjs' as string)) as {
    countingBlocks(
      root: string,
      report: string,
    ): { transform(this: unknown, code: string, id: string): { code: string } | null };
  };
  const code = [
    'const out = [];',
    'const pick = (a, b) => a ? b ?? 1 : b && a;',
    'const object = (a) => ({ a });',
    'function walk(list) { for (const one of list) if (one > 2) out.push(one); else if (one === 1) out.push(-1); for (;;) break; }',
    'class Box { #v = 1; get v() { return this.#v; } set(v) { switch (v) { case 1: case 2: this.#v = v; break; default: this.#v = 0; } } }',
    'try { walk([1, 2, 3]); throw 1; } catch (error) { out.push(error); }',
    'const box = new Box(); box.set(2); out.push(pick(0, 5), pick(1, null), object(3).a, box.v); let n = 0; while (n < 3) n++; do n--; while (n > 0);',
    'out.push(n, (() => { if (n) return 1; return 2; })());',
  ].join('\n');
  const plugin = countingBlocks(checkout, 'x.json');
  const made = plugin.transform.call({ parse: parseAst }, code, join(checkout, 'sensor/x.ts'));
  const counted: number[] = [];
  const bare = made?.code.replace(/^import [^;]*;/, '') ?? '';
  const result = new Function('__reached', `${bare}; return out;`)((block: number) => counted.push(block)) as unknown[];
  expect(result).toEqual(new Function(`${code}; return out;`)());
  expect(new Set(counted).size).toBeGreaterThan(15);
  expect(plugin.transform.call({ parse: parseAst }, code, join(checkout, 'test/x.ts'))).toBeNull();
  expect(readFileSync(join(checkout, 'dist/test/fuzz/blocks.json'), 'utf8')).toContain('sensor/decode/dns.ts');
});
