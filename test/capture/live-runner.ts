// Runs LiveCapture where a test puts it (a namespace, a user without rights) and tells what happens on standard output, one
// JSON line each. With `held` after the interface it opens the capture and takes no frame before a SIGUSR2; with `impatient` a
// child that gives no sign of life is told of after 3 seconds and ended after 5. The end of standard input stops it. Built, since Node cannot run TypeScript here.
import { once } from 'node:events';
import { CaptureError } from '../../sensor/capture/errors.ts';
import { LiveCapture } from '../../sensor/capture/live.ts';
import type { Log } from '../../sensor/log.ts';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const level = (name: keyof Log) => (text: string) => say({ kind: 'log', level: name, text });
const [device = '', ...wishes] = process.argv.slice(2);
const capture: LiveCapture = new LiveCapture({
  interface: device,
  ...(wishes.includes('impatient') ? { patience: { hangs: 3000, ended: 5000, starts: 5000 } } : {}),
  onFrame({ data, linkType, originalLength, time }) {
    if (data.includes('sleepy')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    if (data.includes('poison')) throw new RangeError('poison was read');
    say({ kind: 'frame', hex: data.toString('hex'), linkType, originalLength, time });
  },
  onState: (state, error) =>
    say({ kind: 'state', state, error, restarts: capture.restarts, child: capture.childPid ?? null }),
  log: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') },
  now: Date.now,
});

process.stdin.on('end', async () => {
  await capture.stop();
  say({ kind: 'stopped', child: capture.childPid });
});
process.stdin.resume();
try {
  if (wishes.includes('held')) {
    await capture.open();
    say({ kind: 'log', level: 'info', text: 'opened' });
    await once(process, 'SIGUSR2');
  }
  await capture.start();
} catch (error) {
  if (!(error instanceof CaptureError)) throw error;
  say({ kind: 'failed', name: error.constructor.name, problem: error.problem, text: error.message });
  process.exit(1);
}
