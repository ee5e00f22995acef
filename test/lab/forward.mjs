// A way in and out of a namespace that has no network but its own loopback, over a Unix socket, which every namespace can reach
// through the file system. It runs inside. `forward.mjs in SOCKET PORT`: who connects to the socket reaches that port of the namespace.
// `forward.mjs out SOCKET PORT`: who connects to that port in the namespace reaches whoever listens on the socket outside.
import net from 'node:net';

const [, , direction, socket, port] = process.argv;
const place = { host: '127.0.0.1', port: Number(port) };
const [near, far] = direction === 'in' ? [{ path: socket }, place] : [place, { path: socket }];
net
  .createServer((client) => {
    const server = net.connect(far);
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  })
  .listen(near, () => process.stdout.write('ready\n'));
