// Starts the built program once, as people do, and keeps what V8 compiled of it on the way beside its chunks: the next starts
// need not compile that again. A step of build.mjs, which does not mind when it fails.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './steps.mjs';

/** No settings of the user, so that neither his broker nor his ports are touched: any free ones of the loopback. */
const SETTINGS = { THINGWATCH_MQTT_LISTEN: '127.0.0.1:0', THINGWATCH_WEB_LISTEN: '127.0.0.1:0' };
const REPLAY = ['--config', '/dev/null', 'replay', '--format', 'json', path.join(root, 'test/captures/demo.pcap')];
/** How long page and broker may take to be up, and are then left to work (ms). */
const UP_WITHIN = 30_000;
const AT_WORK = 200;

const { keepCompiled, main } = createRequire(import.meta.url)(path.join(root, 'dist/sensor/main.js'));
for (const name of Object.keys(process.env)) if (name.startsWith('THINGWATCH_')) delete process.env[name];
Object.assign(process.env, SETTINGS);

/** Whether the program waits for a signal to stop, which it does when all is up. */
const isUp = () => process.listenerCount('SIGTERM') > 0;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

await main(['--help']);
await main(REPLAY);
keepCompiled();

// A database is written, and read back as by a start that finds one.
const state = mkdtempSync(path.join(tmpdir(), 'thingwatch-'));
try {
  for (let time = 0; time < 2; time++) await main([...REPLAY, '--state', state]);
} finally {
  rmSync(state, { recursive: true });
}

// The replay before this one has waited for it too.
process.removeAllListeners('SIGTERM');
const served = main([...REPLAY, '--serve']);
for (let waited = 0; waited < UP_WITHIN && !isUp(); waited += 10) await sleep(10);
await sleep(AT_WORK);
keepCompiled();
process.emit('SIGTERM');
await served;
