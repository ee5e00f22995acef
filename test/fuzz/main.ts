// `npm run fuzz -- [--minutes N] [--target NAME]… [--seed N]`: hostile input for every part that reads what others wrote, each in a
// process of its own, guided by the blocks of the program that an input reaches. Ends with 1 where something was found.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serialize } from 'node:v8';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import type { Order } from './child.ts';
import { corpusOf, type Kept, keptTargets, writeCorpus } from './corpus.ts';
import { type ModuleBlocks, numberedBlocks } from './coverage.ts';
import type { Result } from './loop.ts';
import { readRecordings } from './material.ts';
import type { Finding } from './runner.ts';
import { TARGETS } from './targets.ts';

const HELP = `npm run fuzz -- [OPTIONS]

  --minutes N      how long, for all targets together (1)
  --seconds N      the same in seconds; 0 runs the inputs that are kept and nothing else
  --target NAME    this one alone; may come more than once
  --seed N         another seed finds other inputs (1)
  --jobs N         targets at a time (the machine's processors, at most 2)
  --input HEX      runs this one input of one target and shows what it throws; also a file of hex digits
  --captures DIR   takes further seeds from captures there
  --grow           adds to test/fuzz/corpus what reached blocks that no kept input reaches
  --json FILE      writes what came of it, for a test

Targets: ${Object.keys(TARGETS).join(', ')}
`;

interface Options {
  targets: string[];
  /** ms for all of them. */
  time: number;
  seed: number;
  jobs: number;
  captures: string | null;
  grow: boolean;
  json: string | null;
}

type Outcome = Pick<Result, 'executions' | 'frames' | 'slowest' | 'findings' | 'blocks' | 'heap' | 'firsts'>;

/** Hex digits in a line for a person; longer ones go to a file. */
const LONGEST_SHOWN = 2000;
/** Octets of kept inputs a target, and the longest that is kept for what it reaches alone. */
const KEPT = { all: 6000, one: 1500 };
/** Of the folder that a run has for itself. */
const MATERIAL = 'material';
const MEGABYTE = 1024 * 1024;

export async function main(argv: string[]): Promise<number> {
  const parsed = read(argv);
  if (typeof parsed === 'string') {
    process[parsed === HELP ? 'stdout' : 'stderr'].write(parsed);
    return parsed === HELP ? 0 : 2;
  }
  if (parsed.input !== null) return runOne(parsed.options.targets, parsed.input);
  const { options } = parsed;
  console.log(HEADING);
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fuzz-'));
  const outcomes = new Map<string, Outcome>();
  try {
    writeFileSync(join(folder, MATERIAL), serialize(readRecordings(options.captures)));
    const waiting = [...options.targets];
    const share = (options.time * options.jobs) / options.targets.length;
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const outcome = await runTarget(name, share, options, folder);
        outcomes.set(name, outcome);
        tellRow(name, outcome);
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(options, outcomes);
}

function read(argv: string[]): { options: Options; input: string | null } | string {
  try {
    const text = { type: 'string' } as const;
    const many = { type: 'string', multiple: true } as const;
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({
      args: argv,
      options: {
        minutes: text,
        seconds: text,
        target: many,
        seed: text,
        jobs: text,
        input: text,
        captures: text,
        grow: flag,
        json: text,
        help: flag,
      },
    });
    if (values.help === true) return HELP;
    const targets = values.target ?? Object.keys(TARGETS);
    const unknown = targets.find((name) => !Object.hasOwn(TARGETS, name));
    if (unknown !== undefined) return `fuzz: there is no target ${unknown}\n\n${HELP}`;
    const jobs = number(values.jobs, Math.min(2, availableParallelism()));
    const seconds = values.seconds === undefined ? number(values.minutes, 1) * 60 : number(values.seconds, 60);
    const options = {
      targets,
      time: seconds * 1000,
      seed: number(values.seed, 1),
      jobs: Math.max(1, Math.min(jobs, targets.length)),
      captures: values.captures ?? null,
      grow: values.grow === true,
      json: values.json ?? null,
    };
    if (options.grow && options.captures !== null)
      return "fuzz: --grow keeps no octets of other people's captures: leave --captures out\n";
    return { options, input: values.input ?? null };
  } catch (error) {
    return `fuzz: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`;
  }
}

function number(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${text} is no number`);
  return value;
}

async function runOne(targets: readonly string[], given: string): Promise<number> {
  const [name = '', ...others] = targets;
  if (others.length > 0) {
    process.stderr.write('fuzz: --input needs one --target\n');
    return 2;
  }
  const target = await TARGETS[name]?.();
  const hex = /^[0-9a-f]*$/i.test(given) ? given : readFileSync(given, 'latin1').trim();
  try {
    const before = process.cpuUsage();
    await target?.run(Buffer.from(hex, 'hex'), () => {});
    const { system, user } = process.cpuUsage(before);
    console.log(`${name}: nothing thrown, ${((user + system) / 1000).toFixed(1)} ms of processor time`);
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await target?.close?.();
  }
}

/** A target that hangs is ended by its watchdog: what it had reached by then is lost, what it hung on is not. */
async function runTarget(name: string, time: number, { seed }: Options, folder: string): Promise<Outcome> {
  const hangFile = join(folder, `${name}.json`);
  const order: Order = { target: name, seed, time, hangFile, material: join(folder, MATERIAL) };
  const result = await new Promise<Result | string>((resolve) => {
    const child = fork(join(PROJECT_ROOT, 'dist/test/fuzz/child.js'), {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 2, 'pipe', 'ipc'],
    });
    let said = '';
    let answer: Result | null = null;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.on('message', (message: Result) => {
      answer = message;
    });
    child.on('close', (code, signal) => resolve(answer ?? (said || `its process ended with ${code ?? signal}`)));
    child.send(order);
  });
  if (typeof result !== 'string') return result;
  const nothing = {
    executions: 0,
    frames: 0,
    slowest: Number.NaN,
    blocks: [],
    heap: [0, 0] as [number, number],
    firsts: [],
  };
  const hang = existsSync(hangFile)
    ? (JSON.parse(readFileSync(hangFile, 'utf8')) as Omit<Finding, 'key'>)
    : { message: result, input: '' };
  return { ...nothing, findings: [{ key: 'hang', ...hang }] };
}

function report(options: Options, outcomes: ReadonlyMap<string, Outcome>): number {
  const { modules } = numberedBlocks();
  const found = [...outcomes.values()].reduce((sum, { findings }) => sum + findings.length, 0);
  const all = new Set([...outcomes.values()].flatMap(({ blocks }) => blocks));
  const executions = [...outcomes.values()].reduce((sum, outcome) => sum + outcome.executions, 0);
  console.log(`\n${executions} executions, seed ${options.seed}; blocks reached: ${roomsReached(modules, all)}`);
  for (const [name, { findings }] of outcomes) for (const finding of findings) tell(name, finding);
  if (options.grow) for (const [name, outcome] of outcomes) grow(name, outcome);
  if (options.json !== null) {
    const missed = modules.flatMap(({ file, functions }) =>
      functions.filter(({ block }) => !all.has(block)).map((one) => `${file}: ${one.name}`),
    );
    const targets = Object.fromEntries(
      [...outcomes].map(([name, { blocks, firsts: _firsts, ...rest }]) => [name, { ...rest, blocks: blocks.length }]),
    );
    writeFileSync(options.json, JSON.stringify({ executions, targets, missed, kept: keptTargets() }));
  }
  return found === 0 ? 0 : 1;
}

const HEADING = `${'target'.padEnd(16)}${'executions'.padStart(12)}${'frames'.padStart(12)}${'blocks'.padStart(8)}${'slowest ms'.padStart(12)}${'heap MB'.padStart(16)}  findings`;

function tellRow(name: string, { blocks, executions, findings, frames, heap, slowest }: Outcome): void {
  const [warm, end] = heap.map((octets) => (octets / MEGABYTE).toFixed(1));
  const columns: [string | number, number][] = [
    [executions, 12],
    [frames, 12],
    [blocks.length, 8],
    [slowest.toFixed(2), 12],
    [`${warm} … ${end}`, 16],
  ];
  console.log(
    `${name.padEnd(16)}${columns.map(([value, width]) => String(value).padStart(width)).join('')}  ${findings.length}`,
  );
}

function tell(name: string, { input, message }: Finding): void {
  console.log(`\nFOUND by ${name}: ${message}`);
  if (input === '') return;
  let given = input;
  if (input.length > LONGEST_SHOWN) {
    given = join(mkdtempSync(join(tmpdir(), 'thingwatch-found-')), `${name}.hex`);
    writeFileSync(given, input);
  }
  console.log(`  ${input.length / 2} octets; repeat: npm run fuzz -- --target ${name} --input ${given}`);
}

/** Share of the blocks in each room that something was read in. */
function roomsReached(modules: readonly ModuleBlocks[], reached: ReadonlySet<number>): string {
  const rooms = new Map<string, [number, number]>();
  for (const { blocks, file, first } of modules) {
    const room = file
      .split('/')
      .slice(0, file.startsWith('sensor/') && file.split('/').length > 2 ? 2 : 1)
      .join('/');
    const [known, of] = rooms.get(room) ?? [0, 0];
    let own = 0;
    for (let block = first; block < first + blocks; block++) if (reached.has(block)) own++;
    rooms.set(room, [known + own, of + blocks]);
  }
  return [...rooms]
    .filter(([, [known]]) => known > 0)
    .map(([room, [known, of]]) => `${room} ${known} of ${of} (${((100 * known) / of).toFixed(0)} %)`)
    .join(', ');
}

/** Short inputs first, so that what they reach needs no long one. */
function grow(name: string, { firsts }: Outcome): void {
  const kept: Kept[] = corpusOf(name);
  const known = new Set(kept.map(({ bytes }) => bytes.toString('hex')));
  let octets = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  for (const hex of firsts.sort((a, b) => a.length - b.length)) {
    const bytes = Buffer.from(hex, 'hex');
    if (known.has(hex) || bytes.length > KEPT.one || octets + bytes.length > KEPT.all) continue;
    kept.push({ name: 'found', bytes });
    octets += bytes.length;
  }
  writeCorpus(name, kept);
}
