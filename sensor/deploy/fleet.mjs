// `npm run fleet [-- COMMAND]`: sets up what those need who run a fleet of homes, then becomes the program for them. A sensor needs none of it.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { orExplain, setUp } from './set-up.mjs';
import { root } from './steps.mjs';

const args = process.argv.slice(2);
const ready = await orExplain(async () => {
  await setUp({ forTests: false, forFleet: true });
  return true;
});
if (ready) {
  const { main } = await import(pathToFileURL(path.join(root, 'dist/sensor/chunks/fleet-program.js')).href);
  process.exitCode = await main(args);
}
