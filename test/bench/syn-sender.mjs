// Sends frames from an interface of this namespace, one for each line (base64) on standard input as it comes, and prints the
// monotonic time (ns) just before each. `syn-sender.mjs INTERFACE`.
import { createInterface } from 'node:readline';
import cap from 'cap';

const capture = new cap.Cap();
// libpcap writes into this buffer while the capture is open; it has to stay referenced.
const buffer = Buffer.alloc(65535);
capture.open(process.argv[2], 'less 1', 1024 * 1024, buffer);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const frame = Buffer.from(line, 'base64');
  const sentAt = process.hrtime.bigint();
  capture.send(frame, frame.length);
  process.stdout.write(`${sentAt}\n`);
}
capture.close();
