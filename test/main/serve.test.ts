// How serving begins: what makes ready goes on while the database is read.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serve } from '../../sensor/main/serve.ts';
import { openSession } from '../../sensor/main/session.ts';
import { openSpine } from '../../sensor/stored-spine.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-serve-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

it('what has come from who opens the port is taken before the database is read, not behind it', async () => {
  const session = openSession({ config: '/dev/null' });
  openSpine({ ...session, stateDir, homeNet: [], sensorMac: null, alerts: () => [] }).close();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
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
