// Runs the built LiveCapture where a test puts it (a namespace, a user without rights) and tells what happens on standard
// output, one JSON line each. The end of standard input stops it.
import { LiveCapture } from '../../dist/sensor/capture/live.js';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [level, (text) => say({ kind: 'log', level, text })]),
);
const capture = new LiveCapture({
  interface: process.argv[2],
  onFrame({ data, linkType, originalLength, time }) {
    if (data.includes('sleepy')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    if (data.includes('poison')) throw new RangeError('poison was read');
    say({ kind: 'frame', hex: data.toString('hex'), linkType, originalLength, time });
  },
  onState: (state, error) =>
    say({ kind: 'state', state, error, restarts: capture.restarts, child: capture.childPid ?? null }),
  log,
});

process.stdin.on('end', async () => {
  await capture.stop();
  say({ kind: 'stopped', child: capture.childPid });
});
process.stdin.resume();
try {
  await capture.start();
} catch (error) {
  say({ kind: 'failed', name: error.constructor.name, problem: error.problem, text: error.message });
  process.exit(1);
}
