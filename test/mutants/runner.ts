// Runs one test file as it is, and then once more for each mutant that its tests reach, all in one process: the sources are
// loaded anew each time with one switch on, and only tests that reach the switch are run, up to the first that fails.
import { appendFileSync } from 'node:fs';
import { type File, type Suite, startTests, type Task, type Test } from '@vitest/runner';
import { TestRunner, vi } from 'vitest';
import { type Line, readPlan } from './plan.ts';
import { SWITCH } from './switched.ts';

/** Told for code that runs while a file is loaded or in a hook around all tests: every test may depend on it. */
const OUTSIDE_TESTS = 'outside';
/** Asked so often more than without a fault, a switch stands in a loop without end. */
const ENDLESS_FACTOR = 30;
const ENDLESS_AT_LEAST = 3_000_000;
/** A test that takes longer than this, and many times what it took before, waits for what will not come. */
const PATIENCE_MS = 6_000;
const PATIENCE_FACTOR = 8;

const ENDLESS = 'a loop without end';

/** State of the switches. */
const board = { on: 0, asked: 0, limit: Number.POSITIVE_INFINITY, test: OUTSIDE_TESTS, isEndless: false };
/** By the number of a mutant: the tests that reached it while all switches were off. */
const reached = new Map<number, Set<string>>();

const isOn = (number: number): boolean => {
  board.asked += 1;
  if (board.asked > board.limit) {
    board.isEndless = true;
    throw new Error(ENDLESS);
  }
  if (board.on === 0) note(number);
  return number === board.on;
};
Object.assign(globalThis, { [SWITCH]: isOn });

function note(number: number): void {
  const tests = reached.get(number);
  if (tests === undefined) reached.set(number, new Set([board.test]));
  else tests.add(board.test);
}

/** By their place in the file, since names may repeat. */
function testsOf(task: Task | File, path = ''): [string, Test][] {
  if (task.type === 'test') return [[path, task]];
  return task.tasks.flatMap((inner, index) => testsOf(inner, `${path}/${index}`));
}

function nameOf(task: Task): string {
  return task.suite === undefined || task.suite.name === '' ? task.name : `${nameOf(task.suite)} › ${task.name}`;
}

const isFailed = (task: Task | File): boolean => task.result?.state === 'fail';

/** The first that failed: a test, else a hook's suite or the file that could not be loaded. */
function failureIn(task: Task | File): Task | File | null {
  if (task.type === 'suite') {
    for (const inner of task.tasks) {
      const found = failureIn(inner);
      if (found !== null) return found;
    }
  }
  return isFailed(task) ? task : null;
}

class OneMutant extends TestRunner {
  readonly #selected: (path: string) => boolean;
  #isOver = false;

  constructor(config: TestRunner['config'], selected: (path: string) => boolean) {
    super(config);
    this.#selected = selected;
  }

  onCollected(files: File[]): void {
    for (const file of files) for (const [path, test] of testsOf(file)) if (!this.#selected(path)) test.mode = 'skip';
    for (const file of files) skipEmpty(file);
  }

  override onAfterRunTask(test: Test): void {
    super.onAfterRunTask(test);
    if (isFailed(test)) this.#isOver = true;
  }

  override async onBeforeRunTask(test: Test): Promise<void> {
    if (this.#isOver) test.mode = 'skip';
    await super.onBeforeRunTask(test);
  }

  override async onBeforeRunSuite(suite: Suite): Promise<void> {
    if (this.#isOver) suite.mode = 'skip';
    await super.onBeforeRunSuite(suite);
  }
}

/** A suite of which nothing is run needs no hooks. */
function skipEmpty(task: Task | File): boolean {
  if (task.type === 'test') return task.mode === 'skip' || task.mode === 'todo';
  const isEmpty = task.tasks.map((inner) => skipEmpty(inner)).every((one) => one);
  if (isEmpty) task.mode = 'skip';
  return isEmpty;
}

export default class MutantRunner extends TestRunner {
  readonly #plan = readPlan();
  readonly #started = performance.now();

  onCollected(files: File[]): void {
    board.test = OUTSIDE_TESTS;
    for (const file of files) {
      for (const [path, test] of testsOf(file)) if (this.#plan?.slow.includes(path)) test.mode = 'skip';
      skipEmpty(file);
    }
  }

  override async onBeforeRunTask(test: Test): Promise<void> {
    await super.onBeforeRunTask(test);
    board.test = this.#pathOf(test);
  }

  override onAfterRunTask(test: Test): void {
    super.onAfterRunTask(test);
    board.test = OUTSIDE_TESTS;
  }

  #pathOf(test: Test): string {
    return testsOf(test.file).find(([, one]) => one === test)?.[0] ?? OUTSIDE_TESTS;
  }

  // @ts-expect-error vitest awaits what it returns, and declares that nothing is
  override async onAfterRunFiles(files: File[]): Promise<void> {
    super.onAfterRunFiles();
    const file = files[0];
    if (this.#plan === null || file === undefined) return;
    const { longest, numbers, resultFile, slow: known } = this.#plan;
    const write = (line: Line): void => appendFileSync(resultFile, `${JSON.stringify(line)}\n`);
    const tests = testsOf(file);
    const isSlow = (test: Test): boolean => (test.result?.duration ?? 0) > longest;
    const usable = tests.filter(([, test]) => test.result?.state === 'pass' && !isSlow(test));
    const paths = new Set(usable.map(([path]) => path));
    const milliseconds = performance.now() - this.#started;
    const names = tests.flatMap(([, test]) => (isFailed(test) ? [nameOf(test)] : []));
    const slow = [...known, ...tests.flatMap(([path, test]) => (isSlow(test) ? [path] : []))];
    write({ what: 'sound', tests: tests.length, failed: names, milliseconds, slow, reached: [...reached.keys()] });
    const [asked, slowest] = [board.asked, Math.max(0, ...usable.map(([, test]) => test.result?.duration ?? 0))];
    for (const number of numbers) {
      const by = reached.get(number);
      if (by === undefined) continue;
      write({ what: 'begun', number });
      const selected = (path: string): boolean => paths.has(path) && (by.has(OUTSIDE_TESTS) || by.has(path));
      write(await this.#try(number, file.filepath, selected, { asked, slowest }));
    }
    write({ what: 'ended' });
  }

  async #try(
    number: number,
    testFile: string,
    selected: (path: string) => boolean,
    { asked, slowest }: { asked: number; slowest: number },
  ): Promise<Line> {
    const patience = PATIENCE_MS + PATIENCE_FACTOR * slowest;
    const runner = new OneMutant({ ...this.config, testTimeout: patience, hookTimeout: patience }, selected);
    Object.defineProperty(runner, 'moduleRunner', { value: Reflect.get(this, 'moduleRunner') });
    runner.__setTraces(Reflect.get(this, '_otel'));
    vi.resetModules();
    Object.assign(board, {
      on: number,
      asked: 0,
      limit: Math.max(ENDLESS_AT_LEAST, asked * ENDLESS_FACTOR),
      isEndless: false,
    });
    try {
      const [file] = await startTests([testFile], runner);
      const failure = file === undefined ? null : failureIn(file);
      if (failure === null) return board.isEndless ? endless(number) : { what: 'survived', number };
      if (board.isEndless) return endless(number);
      const message = failure.result?.errors?.[0]?.message ?? '';
      const how = failure.type === 'test' ? (/timed out in/.test(message) ? 'timeout' : 'test') : 'import';
      return { what: 'killed', number, by: nameOf(failure), how };
    } finally {
      Object.assign(board, { on: 0, limit: Number.POSITIVE_INFINITY });
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  }
}

function endless(number: number): Line {
  return { what: 'killed', number, by: ENDLESS, how: 'endless' };
}
