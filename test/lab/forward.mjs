// Lets the sensor's page be reached from outside its namespace: `forward.mjs SOCKET PORT` runs inside and joins a Unix
// socket, which every namespace can reach through the file system, to that port on the namespace's own loopback.
import net from 'node:net';

const [, , path, port] = process.argv;
net
  .createServer((outside) => {
    const inside = net.connect(Number(port), '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  })
  .listen(path, () => process.stdout.write('ready\n'));
