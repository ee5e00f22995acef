// Mail and web servers of the lab, one process per namespace: says `ready` when all listen, then one JSON line per
// accepted mail. Argument: { listeners, certificate, key } as internet.ts makes it. Not a server for anything else.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { SMTPServer } from 'smtp-server';

const { listeners, certificate, key } = JSON.parse(process.argv[2]);
const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
const largestBlob = 64 * 1024 * 1024;

function smtpServer({ address, port, security }) {
  return new SMTPServer({
    ...tls,
    name: 'mail.example.net',
    banner: 'lab',
    secure: security === 'implicit',
    hideSTARTTLS: security === 'plain',
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      stream.resume();
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        const from = session.envelope.mailFrom.address;
        process.stdout.write(`${JSON.stringify({ from, to, client: session.remoteAddress, address, port })}\n`);
        done();
      });
    },
  });
}

/** `/firmware?bytes=N` answers with N bytes, every other path with a short text; an upload's body is thrown away. */
function answer(request, response) {
  request.resume();
  const url = new URL(request.url, 'http://lab');
  const bytes = Math.min(Number(url.searchParams.get('bytes') ?? 0) || 0, largestBlob);
  response.setHeader('content-type', 'application/octet-stream');
  response.end(bytes > 0 ? Buffer.alloc(bytes, 0x2e) : 'ok\n');
}

function serverFor(listener) {
  if (listener.kind === 'smtp') return smtpServer(listener);
  return listener.security === 'implicit' ? https.createServer(tls, answer) : http.createServer(answer);
}

await Promise.all(
  listeners.map(
    (listener) =>
      new Promise((resolve, reject) => {
        const server = serverFor(listener);
        server.on('error', (error) => {
          // After the start, what a client did wrong (a broken handshake, say) must not end the servers.
          if (error.syscall === 'listen') reject(error);
        });
        server.listen(listener.port, listener.address, resolve);
      }),
  ),
);
process.stdout.write('ready\n');
