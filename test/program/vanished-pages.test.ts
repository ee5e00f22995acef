// Phones that leave without a word: no FIN, no RST, their cable is cut. The page in one network namespace, they in another; their
// streams and half requests cost no more than their bound, and whoever comes next gets in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIVE_LIMITS } from '../../web/live.ts';
import type { HealthAnswer } from '../../web/shapes.ts';
import { Namespaces, requireLab } from '../lab/namespaces.ts';
import { reportFault } from '../support/fault-table.ts';
import { ensureBuilt, eventually, MAIN, writeYaml } from './program.ts';

const reason = requireLab();
const PAGE = '10.213.0.1';
const PHONES = '10.213.0.2';

/** Opens streams and half requests and keeps them. */
const VISITOR = `
  const [cookie, streams, halves] = process.argv.slice(1);
  const net = require('net');
  let open = 0;
  const dial = (first) => {
    const socket = net.connect(8080, '${PAGE}', () => socket.write(first));
    socket.on('error', () => {}).once('data', () => { open += 1; if (open === Number(streams)) console.log('streams open'); });
  };
  for (let i = 0; i < streams; i++) dial('GET /api/events HTTP/1.1\\r\\nHost: ${PAGE}\\r\\nCookie: ' + cookie + '\\r\\n\\r\\n');
  for (let i = 0; i < halves; i++) dial('POST /api/pair HTTP/1.1\\r\\nHost: ${PAGE}\\r\\nContent-Le');
`;
/** One request; prints status, cookie and text. */
const REQUEST = `
  const [method, path, cookie, body] = process.argv.slice(1);
  const headers = { host: '${PAGE}:8080', cookie, ...(body ? { 'content-type': 'application/json' } : {}) };
  require('http').request({ host: '${PAGE}', port: 8080, method, path, headers }, (answer) => {
    let text = '';
    answer.on('data', (more) => (text += more)).on('end', () =>
      console.log(JSON.stringify({ status: answer.statusCode, cookie: (answer.headers['set-cookie'] ?? [''])[0].split(';')[0], text })));
  }).end(body);
`;

describe.skipIf(reason !== null)(`phones that vanish${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let spaces: Namespaces;
  let pid: number;
  let link: string;

  beforeAll(async () => {
    await ensureBuilt();
    spaces = new Namespaces();
    await spaces.create(
      ['page', 'phones'],
      [`link add twp netns ${spaces.nameOf('page')} type veth peer name twq netns ${spaces.nameOf('phones')}`],
    );
    for (const [role, device, address] of [
      ['page', 'twp', PAGE],
      ['phones', 'twq', PHONES],
    ] as const)
      await spaces.script(role, [
        'ip link set lo up',
        `ip address add ${address}/30 dev ${device}`,
        `ip link set ${device} up`,
      ]);
    const config = writeYaml(`${spaces.directory}/thingwatch.yaml`, {
      web: { listen: `${PAGE}:8080` },
      mqtt: { listen: '127.0.0.1:0' },
    });
    const args = [MAIN, '--config', config, 'replay', '-', '--serve'];
    const { child, match } = await spaces.start('page', process.execPath, args, /#\/pair\/(\S+)/);
    pid = child.pid ?? 0;
    link = match[1] ?? '';
  }, 60_000);
  afterAll(() => spaces?.close());

  async function ask(method: string, path: string, cookie = '', body?: object) {
    const args = ['-e', REQUEST, method, path, cookie, ...(body === undefined ? [] : [JSON.stringify(body)])];
    const { stdout } = await spaces.run('page', process.execPath, args);
    return JSON.parse(stdout) as { status: number; cookie: string; text: string };
  }

  const health = async (cookie: string) => JSON.parse((await ask('GET', '/api/health', cookie)).text) as HealthAnswer;
  const descriptors = async () => Number((await spaces.run('page', 'sh', ['-c', `ls /proc/${pid}/fd | wc -l`])).stdout);

  it('leave nothing that grows, and the next ones get in', async () => {
    const { cookie } = await ask('POST', '/api/pair', '', { token: link, name: 'Phone' });
    const before = await descriptors();
    for (let round = 0; round < 3; round += 1) {
      const visitor = await spaces.start(
        'phones',
        process.execPath,
        ['-e', VISITOR, cookie, '8', '100'],
        /streams open/,
      );
      await spaces.script('phones', ['ip link set twq down']);
      visitor.child.kill('SIGKILL');
      await new Promise((resolve) => visitor.child.once('exit', resolve));
      // What it still sends as it dies goes nowhere.
      await spaces.script('phones', ['sleep 1', 'ip link set twq up']);
    }
    expect((await health(cookie)).web.openPages).toBeLessThanOrEqual(LIVE_LIMITS.pagesPerBrowser);
    // Half requests end in time, whether the other end hears of it or not.
    await eventually(async () => ((await descriptors()) <= before + LIVE_LIMITS.pagesPerBrowser + 4 ? true : null));
    const next = await spaces.start('phones', process.execPath, ['-e', VISITOR, cookie, '3', '0'], /streams open/);
    expect((await ask('GET', '/api/devices', cookie)).status).toBe(200);
    next.child.kill('SIGKILL');
    reportFault({
      fault: 'phones that vanish without FIN, three times',
      inputs: '24 streams, 300 half requests; then 3 and 1',
      outcome: 'streams open, answered',
      lost: 0,
    });
  }, 120_000);
});
