// How serving begins and ends: what makes ready goes on while the database is read, and an order to stop holds at any moment.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serve } from '../../sensor/main/serve.ts';
import { openSession } from '../../sensor/main/session.ts';
import { openSpine } from '../../sensor/stored-spine.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-serve-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

it('what has come from who opens the port is taken before the database is read, not behind it', async () => {
  const session = openSession({ config: '/dev/null' });
  openSpine({ ...session, stateDir, homeNet: [], sensorMac: null, alerts: () => [] }).close();
  const { port, server } = await listening();
  const keeper = connect(port, '127.0.0.1');
  const [[sensor]] = (await Promise.all([once(server, 'connection'), once(keeper, 'connect')])) as [[Socket], unknown];
  const order: string[] = [];
  const ready = once(sensor.pause(), 'data').then(() => {
    order.push('answer');
    throw new Error('no such port');
  });
  ready.catch(() => {});
  const options = {
    ...{ session, stateDir, ready, mode: 'live' as const, interface: null },
    get homeNet() {
      order.push('database');
      return [];
    },
  };
  await new Promise((resolve) => keeper.write('started', resolve));
  sensor.resume();
  await expect(serve(options)).rejects.toThrow('no such port');
  expect(order).toEqual(['answer', 'database']);
  keeper.destroy();
  server.close();
});

it('what is told to stop while it begins does not begin: nothing would end it', async () => {
  const { port, server: broker } = await listening();
  const came: Socket[] = [];
  broker.on('connection', (socket) => came.push(socket));
  const config = join(stateDir, 'thingwatch.yaml');
  writeFileSync(config, JSON.stringify({ mqtt: { url: `mqtt://127.0.0.1:${port}` }, web: { listen: '127.0.0.1:0' } }));
  const options = { stateDir, mode: 'live' as const, interface: null, homeNet: [], print() {} };
  const served = await serve({ session: openSession({ config }), ...options });
  const begun = served.begin();
  await served.stop();
  await begun;
  // Who connects does so once this is loaded.
  await import('mqtt');
  await turn();
  const last = connect(port, '127.0.0.1');
  await Promise.all([once(broker, 'connection'), once(last, 'connect')]);
  expect(came.map(({ remotePort }) => remotePort)).toEqual([last.localPort]);
  last.destroy();
  for (const socket of came) socket.destroy();
  broker.close();
});
