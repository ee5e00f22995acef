// Home Assistant's ingress, stood in for: two stations in front of the page that take the prefix off the path and leave the browser's
// own headers as they are (core, components/hassio/ingress.py; supervisor, api/ingress.py), at the addresses that they have there.
import { spawnSync } from 'node:child_process';
import { createServer, request } from 'node:http';

const PREFIX = '/api/hassio_ingress/a-token-of-home-assistant/';
const [GATEWAY, SUPERVISOR] = ['172.30.32.1', '172.30.32.2'];
/** By this name the browser knows Home Assistant; the add-on's options have it. */
const HOST = 'home.example:8123';

/** @returns the address that a browser opens, on loopback */
function startProxy(port) {
  const proxy = createServer((incoming, answer) => {
    const { headers, method, url } = incoming;
    if (!url.startsWith(PREFIX)) return answer.writeHead(404).end();
    const onward = request(
      {
        host: GATEWAY,
        port,
        localAddress: SUPERVISOR,
        method,
        path: url.slice(PREFIX.length - 1),
        headers: {
          ...headers,
          'x-forwarded-for': `${headers['x-client']}, ${GATEWAY}`,
          'x-ingress-path': PREFIX.slice(0, -1),
        },
      },
      (reply) => {
        answer.writeHead(reply.statusCode, reply.headers);
        reply.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  return new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(proxy)));
}

/** `thingwatch pair` in the container of process `pid`, as `docker exec` does it. */
function newLink(pid) {
  const command = [
    'nsenter',
    '--target',
    `${pid}`,
    '--mount',
    '--pid',
    '--root',
    '--wd',
    'env',
    'THINGWATCH_STATE_DIR=/data/state',
  ];
  const { stderr, stdout } = spawnSync(command[0], [...command.slice(1), 'thingwatch', 'pair'], { encoding: 'utf8' });
  const link = /https?:\S+#\/pair\/\S+/.exec(stdout)?.[0];
  if (link === undefined) throw new Error(`no link: ${stdout}${stderr}`);
  return link;
}

/**
 * Opens, pairs and reads the page as a browser does in Home Assistant. Throws where something is otherwise.
 * @param options.pid a process of the container
 */
export async function throughIngress({ pid, port }) {
  for (const address of [GATEWAY, SUPERVISOR]) spawnSync('ip', ['address', 'add', `${address}/23`, 'dev', 'lo']);
  const proxy = await startProxy(port);
  const site = `http://127.0.0.1:${proxy.address().port}${PREFIX}`;
  const from = (client) => ({ Host: HOST, 'X-Client': client });
  const browser = { ...from('192.168.77.30'), Origin: `http://${HOST}`, 'Sec-Fetch-Site': 'same-origin' };
  try {
    const page = await ask(site, browser);
    const html = page.body;
    if (page.status !== 200 || !html.includes('<script')) throw new Error(`the page: ${page.status} ${html}`);
    for (const [, place] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      if (/^(?:\/|https?:)/.test(place)) throw new Error(`the page asks for ${place}, which is not below the prefix`);
      const { status } = await ask(new URL(place, site), browser);
      if (status !== 200) throw new Error(`${place}: ${status}`);
    }
    const strange = await ask(site, { ...browser, Host: 'elsewhere.example' });
    if (strange.status !== 403) throw new Error(`a foreign name was answered with ${strange.status}`);
    // A guest who guesses is slowed down alone, though all come from one station.
    const guess = (client) =>
      ask(`${site}api/pair`, { ...browser, ...from(client) }, { token: 'x'.repeat(32), name: 'guest' });
    await guess('192.168.77.66');
    const [again, other] = [await guess('192.168.77.66'), await guess('192.168.77.67')];
    if (again.status !== 429 || other.status === 429)
      throw new Error(`guesses: ${again.status}, another's ${other.status}`);
    const { hash } = new URL(newLink(pid));
    const paired = await ask(`${site}api/pair`, browser, { token: hash.split('/').at(-1), name: 'in Home Assistant' });
    if (paired.status !== 200) throw new Error(`pairing: ${paired.status} ${paired.body}`);
    const cookie = paired.cookie;
    const health = await ask(`${site}api/health`, { ...browser, Cookie: cookie });
    if (JSON.parse(health.body).capture !== 'running') throw new Error(health.body);
    const live = await ask(`${site}api/events`, { ...browser, Cookie: cookie }, null, { untilFirst: true });
    if (!/^(?:event|data|retry|id|:)/m.test(live.body)) throw new Error(`events: ${live.status} ${live.body}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

/** fetch sets Host and Origin itself. */
function ask(url, headers, body = null, { untilFirst = false } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === null ? null : JSON.stringify(body);
    const sent = { ...headers, ...(text === null ? {} : { 'Content-Type': 'application/json' }) };
    const asked = request(url, { method: text === null ? 'GET' : 'POST', headers: sent, timeout: 10_000 }, (reply) => {
      let said = '';
      const done = () =>
        resolve({ status: reply.statusCode, body: said, cookie: reply.headers['set-cookie']?.[0].split(';')[0] });
      reply.setEncoding('utf8').on('data', (chunk) => {
        said += chunk;
        if (untilFirst) {
          done();
          asked.destroy();
        }
      });
      reply.on('end', done);
      reply.on('error', () => {});
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url}: no answer`)));
    asked.on('error', reject);
    asked.end(text);
  });
}
