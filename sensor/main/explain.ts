// What stood in the way, in words for a person, and the exit code for it. Belongs to main.ts, which loads it when something did.
import { CaptureError } from '../capture/errors.ts';
import { EXIT } from '../cli.ts';
import { ConfigError } from '../config.ts';
import { StoreError, type StoreErrorCode } from '../record/store-error.ts';
import { EdgeError } from './edge-error.ts';
import { complain } from './terminal.ts';

/** What the person who gave the command can put right. */
const MISTAKES = new Set<StoreErrorCode>(['newer', 'unwritable', 'foreign', 'exists']);

/** Throws what is nobody's mistake but ours. */
export function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    complain(
      `The configuration is wrong; nothing was started:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
    );
    return EXIT.usage;
  }
  if (error instanceof CaptureError) {
    complain(`thingwatch: ${error.message}\n`);
    return error.problem === 'unopened' ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof EdgeError) {
    complain(`thingwatch: ${error.message}\n`);
    return error.code;
  }
  if (error instanceof StoreError) {
    complain(`thingwatch: ${error.message}\n`);
    return MISTAKES.has(error.code) ? EXIT.usage : EXIT.failed;
  }
  throw error;
}
