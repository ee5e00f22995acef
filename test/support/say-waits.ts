// Run by the runner before each test file: a test that fails while it waits for something says what that was.
import { afterEach } from 'vitest';
import { forgetWaits, stillAwaited } from './waits.ts';

afterEach(({ task }) => {
  const waits = stillAwaited();
  forgetWaits();
  if (task.result?.state !== 'fail' || waits.length === 0) return;
  process.stderr.write(`\n${task.name}: still waited\n${waits.map((line) => `  ${line}\n`).join('')}`);
});
