// Sends frames from an interface of this namespace, one for each line (base64) on standard input as it comes, and prints the
// monotonic time (ns) just before each. `syn-sender.mjs INTERFACE`.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import cap from 'cap';

/** What a full queue or a port that is just going down refuses is sent a moment later; 5 s at most. */
const TRIES = 1000;

async function send(frame) {
  for (let tries = 1; ; tries++) {
    try {
      return capture.send(frame, frame.length);
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(5);
    }
  }
}

const capture = new cap.Cap();
// libpcap writes into this buffer while the capture is open; it has to stay referenced.
const buffer = Buffer.alloc(65535);
capture.open(process.argv[2], 'less 1', 1024 * 1024, buffer);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const frame = Buffer.from(line, 'base64');
  const sentAt = process.hrtime.bigint();
  await send(frame);
  process.stdout.write(`${sentAt}\n`);
}
capture.close();
