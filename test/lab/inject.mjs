// Sends raw frames from an interface of this namespace: `inject.mjs INTERFACE`, one base64 frame per line on standard
// input. For what a kernel cannot make itself, such as frames behind VLAN tags. A burst comes as a gigabit network brings it: a
// hundred frames, and a moment for whoever listens to get the processor.
import { text } from 'node:stream/consumers';
import cap from 'cap';

const capture = new cap.Cap();
// libpcap writes into this buffer while the capture is open; it has to stay referenced.
const buffer = Buffer.alloc(65535);
capture.open(process.argv[2], 'less 1', 1024 * 1024, buffer);
const lines = (await text(process.stdin)).split('\n').filter((entry) => entry !== '');
for (const [index, line] of lines.entries()) {
  const frame = Buffer.from(line, 'base64');
  capture.send(frame, frame.length);
  if (index % 100 === 99) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
capture.close();
