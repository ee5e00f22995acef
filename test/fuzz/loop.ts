// The search of one target: the kept inputs first, then inputs made from those that reached something new. What it does follows from
// the seed and from what the program does; only how far it gets depends on the time.
import type { ModuleBlocks } from './coverage.ts';
import { type Below, mutated, mutatedPieces, randomBelow, type Sources, wordsOf } from './mutate.ts';
import type { Finding, Runner } from './runner.ts';

/** Inputs that others are made from, and their octets in all. */
const MOST_INPUTS = 3000;
const MOST_OCTETS = 3 * 1024 * 1024;
const MOST_FINDINGS = 20;
const DEFAULT_LONGEST = 4096;
/** The heap is looked at when this share of the time is over, and at the end. */
const WARMED_UP = 0.3;
/** Octets by which it may have grown meanwhile: tables that fill up to their bounds. */
const GROWTH = 24 * 1024 * 1024;

export interface Search {
  kept: readonly Buffer[];
  seeds: readonly Buffer[];
  seed: number;
  /** ms by the clock. */
  time: number;
  modules: readonly ModuleBlocks[];
}

export interface Result {
  executions: number;
  frames: number;
  slowest: number;
  findings: Finding[];
  /** Those reached. */
  blocks: number[];
  /** Octets of the heap and of buffers after a collection, without the inputs: warmed up, and at the end. */
  heap: [number, number];
  /** Inputs that reached a block first. */
  firsts: string[];
}

interface Known {
  inputs: Buffer[];
  octets: number;
  /** So many of the inputs came with the target. */
  given: number;
}

export async function search(runner: Runner, what: Search): Promise<Result> {
  const below = randomBelow(what.seed);
  const known: Known = { inputs: [], octets: 0, given: 0 };
  const findings = new Map<string, Finding>();
  const firsts: Buffer[] = [];
  const longest = runner.target.longest ?? DEFAULT_LONGEST;
  const run = async (input: Buffer, isGiven = false) => {
    const finding = await runner.execute(input);
    const { blocks, powers } = runner.seen.take();
    if (finding !== null && !findings.has(finding.key) && findings.size < MOST_FINDINGS)
      findings.set(finding.key, await shortened(runner, finding, below));
    if (blocks > 0) firsts.push(input);
    if (finding === null && (powers > 0 || isGiven)) keep(known, input, below);
  };
  for (const input of what.kept) await run(input, true);
  for (const input of what.seeds) await run(input.subarray(0, longest), true);
  known.given = known.inputs.length;
  if (known.inputs.length === 0) keep(known, Buffer.from('thingwatch'), below);
  const sources: Sources = {
    below,
    other: () => pick(known, below),
    words: wordsFor(what.modules, runner.seen.blocks()),
    longest,
  };
  const change = runner.target.inPieces === true ? mutatedPieces : mutated;
  const begun = performance.now();
  let warm = 0;
  for (let passed = 0, turn = 0; passed < what.time; turn++) {
    await run(change(pick(known, below), sources));
    // The event loop turns too, as in the running sensor.
    if (turn % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
    passed = performance.now() - begun;
    if (warm === 0 && passed > what.time * WARMED_UP) warm = heapWithout(known);
  }
  const heap: [number, number] = [warm || heapWithout(known), heapWithout(known)];
  // Without a collection what is held cannot be told from what nobody has cleared away yet.
  if (globalThis.gc !== undefined && heap[1] - heap[0] > GROWTH)
    findings.set('heap', { key: 'heap', message: `the heap grew from ${heap[0]} to ${heap[1]} octets`, input: '' });
  return {
    executions: runner.executions,
    frames: runner.frames,
    slowest: runner.slowest,
    findings: [...findings.values()],
    blocks: runner.seen.blocks(),
    heap,
    firsts: firsts.map((input) => input.toString('hex')),
  };
}

function keep(known: Known, input: Buffer, below: Below): void {
  // Not out of Node's shared pool, of which one input would keep a page.
  const own = Buffer.allocUnsafeSlow(input.length);
  input.copy(own);
  known.inputs.push(own);
  known.octets += own.length;
  while (known.inputs.length > MOST_INPUTS || known.octets > MOST_OCTETS) {
    const free = known.inputs.length - known.given;
    if (free <= 1) break;
    const [gone] = known.inputs.splice(known.given + below(free - 1), 1);
    known.octets -= gone?.length ?? 0;
  }
}

/** One that was found lately, or any; of two the shorter one. */
function pick({ inputs }: Known, below: Below): Buffer {
  const from = below(3) === 0 ? Math.floor(inputs.length * 0.8) : 0;
  const [one, other] = [0, 0].map(() => inputs[from + below(inputs.length - from)] ?? Buffer.alloc(0));
  if (one === undefined || other === undefined) return Buffer.alloc(0);
  return below(2) === 0 || one.length < other.length ? one : other;
}

/** Of the files that the seeds reached. */
function wordsFor(modules: readonly ModuleBlocks[], blocks: readonly number[]): Buffer[] {
  const reached = modules.filter((module) =>
    blocks.some((block) => block >= module.first && block < module.first + module.blocks),
  );
  const words = new Set(reached.flatMap((module) => module.words));
  const numbers = new Set(reached.flatMap((module) => module.numbers));
  return wordsOf(
    [...words].sort(),
    [...numbers].sort((a, b) => a - b),
  );
}

function heapWithout(known: Known): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers - known.octets;
}

/** The same fault with fewer octets, as far as a few hundred tries get. */
async function shortened(runner: Runner, finding: Finding, below: Below): Promise<Finding> {
  let best = finding;
  const tries = finding.key === 'slow' ? 0 : 400;
  for (let i = 0; i < tries; i++) {
    const bytes = Buffer.from(best.input, 'hex');
    if (bytes.length === 0) break;
    const from = below(bytes.length);
    const to = Math.min(bytes.length, from + 1 + below(Math.ceil(bytes.length / 4)));
    const shorter = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    const again = await runner.execute(shorter);
    if (again?.key === finding.key) best = again;
  }
  return best;
}
