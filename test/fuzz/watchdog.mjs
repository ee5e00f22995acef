// A thread beside the fuzzer that ends its process where one execution does not come back, and says which input it was. It goes by
// the processor time that the process takes, so that a busy machine is no hang; what waits for ever is told by the clock.
import { writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { area, file, cpuLimit, wallLimit } = workerData;
const head = new Int32Array(area, 0, 2);
const bytes = new Uint8Array(area, 8);
const cpuTime = () => {
  const { system, user } = process.cpuUsage();
  return (user + system) / 1000;
};
let known = -1;
let [cpu, wall] = [cpuTime(), performance.now()];

setInterval(() => {
  const now = Atomics.load(head, 0);
  // Between executions it is even.
  if (now !== known || now % 2 === 0) {
    known = now;
    [cpu, wall] = [cpuTime(), performance.now()];
    return;
  }
  const [taken, passed] = [cpuTime() - cpu, performance.now() - wall];
  if (taken < cpuLimit && passed < wallLimit) return;
  const input = Buffer.from(bytes.slice(0, Atomics.load(head, 1))).toString('hex');
  const message = `one execution took ${Math.round(taken)} ms of processor time, ${Math.round(passed)} ms in all, and did not end`;
  writeFileSync(file, JSON.stringify({ message, input }));
  process.kill(process.pid, 'SIGKILL');
}, 200);
// A thread is loaded with the help of the one that started it: from here on that one may hang.
parentPort.postMessage('watching');
