// What a start loads: what is needed only later lies apart, and what V8 compiles of the program is there already.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileChunk } from '../../sensor/main/chunk-loader.ts';
import { keepYoungSmall } from '../../sensor/main/small-heap.ts';
import { ensureBuilt, ROOT } from './program.ts';

beforeAll(ensureBuilt);
/** As V8 has it by itself. */
afterAll(() => setFlagsFromString('--semi-space-growth-factor=2'));

const CHUNKS = join(ROOT, 'dist/sensor/chunks');

/** The files that a program loads before it does anything, and the names of what is in no bundle. */
function loadedAtOnce(program: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const follow = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:\w+ \w+ = )?require\("([^"]+)"\)/gm);
    for (const [, from = ''] of imports) {
      if (from.startsWith('.')) follow(join(dirname(file), from));
      else if (!from.startsWith('node:')) others.add(from);
    }
  };
  follow(join(ROOT, 'dist', program));
  return { files, others };
}

const kilobytes = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + statSync(file).size, 0) / 1024;

it('the sensor begins with its command line alone: neither packages that decode, store and serve nor their schemas', () => {
  const [first, program] = [loadedAtOnce('sensor/main.js'), loadedAtOnce('sensor/chunks/program.js')];
  expect([...first.others, ...program.others]).toEqual([]);
  expect(first.files.size).toBe(1);
  expect(kilobytes(program.files)).toBeLessThan(150);
});

it('a replay that keeps nothing is one without SQLite, and one that keeps its state loads it then', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  const [plain, stored] = ['replay-plain', 'stored-spine'].map((name) => {
    const chunk = chunks.find((file) => new RegExp(`^${name}-.{8}\\.js$`).test(file)) ?? '';
    return loadedAtOnce(`sensor/chunks/${chunk}`);
  });
  expect(plain?.files.size).toBeGreaterThan(3);
  expect([...(plain?.others ?? [])]).not.toContain('better-sqlite3');
  expect([...(stored?.others ?? [])]).toContain('better-sqlite3');
});

it('what V8 compiled of the program when it was built is taken as it is', () => {
  const compiled = readdirSync(CHUNKS).filter((name) => name.endsWith('.compiled'));
  const names = compiled.map((name) => name.replace(/(?:-.{8})?\.js\.\w+\.compiled$/, ''));
  expect(names).toEqual(expect.arrayContaining(['program', 'replay', 'config', 'spine', 'serve', 'edges']));
  keepYoungSmall();
  const refused = compiled.filter((name) => {
    const { cachedDataRejected } = compileChunk(join(CHUNKS, name.replace(/\.\w+\.compiled$/, '')));
    return cachedDataRejected !== false;
  });
  expect(refused).toEqual([]);
});

it('a replay has room for what it loads: V8 collects garbage a few times, not each time that a first megabyte is full', () => {
  const replay = [join(ROOT, 'dist/sensor/main.js'), 'replay', join(ROOT, 'test/captures/three-mailers.pcap')];
  const { status, stdout } = spawnSync(process.execPath, ['--trace-gc', ...replay], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout.match(/ms: (?:Scavenge|Mark-Compact)/g)?.length).toBeLessThan(8);
});

it('what tells others than the broker lies apart: a sensor that is to tell none loads nothing of it', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  const telling = chunks.filter((name) => readFileSync(join(CHUNKS, name), 'utf8').includes('x-thingwatch-signature'));
  const serve = chunks.find((name) => /^serve-.{8}\.js$/.test(name)) ?? '';
  const { files } = loadedAtOnce(`sensor/chunks/${serve}`);
  expect(files.size).toBeGreaterThan(3);
  expect(telling).toHaveLength(1);
  expect([...files].filter((file) => telling.some((name) => file.endsWith(name)))).toEqual([]);
  expect(readdirSync(CHUNKS)).not.toContain(`${telling[0]}.${process.arch}.compiled`);
});

it('what answers at the ports and connects to the broker lies apart: frames are taken before it is loaded', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  const [serve = ''] = chunks.filter((name) => /^serve-.{8}\.js$/.test(name));
  const { files } = loadedAtOnce(`sensor/chunks/${serve}`);
  const loaded = new Set([...files].map((file) => basename(file)));
  for (const mark of ['function createApplication()', 'class Aedes extends', 'class MqttClient extends']) {
    const holders = chunks.filter((name) => readFileSync(join(CHUNKS, name), 'utf8').includes(mark));
    expect([mark, holders.length > 0, holders.filter((name) => loaded.has(name))]).toEqual([mark, true, []]);
  }
});

it('what is for a home in a fleet lies apart: another one loads nothing of it', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  const ofFleet = chunks.filter((name) =>
    /thingwatch\.fleet\/1|fleet_sent_/.test(readFileSync(join(CHUNKS, name), 'utf8')),
  );
  expect(ofFleet.length).toBeGreaterThan(0);
  for (const name of ['serve', 'edges', 'spine', 'replay', 'config', 'doctor']) {
    const chunk = chunks.find((file) => new RegExp(`^${name}-.{8}\\.js$`).test(file)) ?? '';
    const { files } = loadedAtOnce(`sensor/chunks/${chunk}`);
    expect(files.size).toBeGreaterThan(0);
    expect([...files].filter((file) => ofFleet.some((one) => file.endsWith(one)))).toEqual([]);
  }
});

it('what runs a fleet is known to its own commands alone, and the packages that it takes are in no chunk', () => {
  const texts = readdirSync(CHUNKS)
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ name, text: readFileSync(join(CHUNKS, name), 'utf8') }));
  const ofOperator = texts.filter(({ text }) => /initdb|\$SYS\.REQ\.CLAIMS/.test(text));
  expect(ofOperator.map(({ name }) => name)).toEqual(['fleet-program.js']);
  expect(texts.filter(({ text }) => /class NatsConnectionImpl|class BoundPool/.test(text))).toEqual([]);
  for (const { name } of texts.filter(({ text }) => text.includes('@nats-io/'))) {
    for (const start of texts.filter((one) => /^(?:program|kept-run|serve-.{8}|edges-.{8})\.js$/.test(one.name))) {
      const { files } = loadedAtOnce(`sensor/chunks/${start.name}`);
      expect([...files].filter((file) => file.endsWith(`/${name}`))).toEqual([]);
    }
  }
});

it('is kept in ASCII, of which V8 needs half the memory', () => {
  const chunks = readdirSync(CHUNKS).filter((name) => name.endsWith('.js'));
  expect(chunks.filter((name) => readFileSync(join(CHUNKS, name)).some((byte) => byte > 0x7f))).toEqual([]);
});

it('the child that captures has one file and cap', () => {
  const { files, others } = loadedAtOnce('sensor/capture/cap-child.js');
  expect([files.size, [...others]]).toEqual([1, ['cap']]);
});
