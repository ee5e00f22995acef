// Sets up what is missing, then becomes the program: same process, so signals and standard input and output are the
// program's own. `--test-tools TOOL` before the arguments runs that tool of the tests instead.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { completePath } = require('./search-path.cjs');
const { isUntouched } = require('./untouched.cjs');

const args = process.argv.slice(2);
completePath();
if (args[0] === '--test-tools' || !isUntouched()) {
  // Loaded only where there may be something to do: this is part of each start.
  const { begin } = await import('./begin.mjs');
  await begin(args);
} else {
  const { main } = require('../../dist/sensor/main.js');
  // All is done and written then. Without this V8 takes its heap apart page by page first, as long as a tenth of a small replay.
  process.once('beforeExit', () => process.exit());
  process.exitCode = await main(args);
}
