// Where the embedded broker may listen: without a password on this machine alone, and never at what is no address.
import { isIP } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { BrokerConfigError, type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';

let running: EmbeddedBroker | null = null;

afterEach(async () => {
  await running?.close();
  running = null;
});

const start = async (listen: string, login: { username?: string; password?: string } = {}): Promise<EmbeddedBroker> => {
  running = await startBroker({ listen, log: silentLog, ...login });
  return running;
};

it.each(['127.0.0.1:0', '127.1.2.3:0', 'localhost:0'])('%s is this machine: no password is needed', async (listen) => {
  const broker = await start(listen);
  expect(broker.port).toBeGreaterThan(0);
  expect(broker.url).toMatch(/^mqtt:\/\/127\.\d+\.\d+\.\d+:\d+$/);
});

it.each([
  '0.0.0.0:0',
  ':0',
  '[::]:0',
  '192.168.1.5:0',
  '127.evil.example:0',
  '127.0.0.1.nip.example:0',
  'box:0',
  '[::2]:0',
])('%s is beyond it: nothing listens without both a name and a password', async (listen) => {
  for (const login of [
    {},
    { username: 'u' },
    { password: 'p' },
    { username: '', password: 'p' },
    { username: 'u', password: '' },
  ])
    await expect(start(listen, login)).rejects.toThrow(/only with a user name and a password/);
});

it('with both it listens everywhere, and its own client comes by loopback', async () => {
  const broker = await start('0.0.0.0:0', { username: 'u', password: 'p' });
  expect([broker.host, isIP(broker.host)]).toEqual(['0.0.0.0', 4]);
  expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
});

it.each([
  '127.0.0.1',
  '127.0.0.1:65536',
  '127.0.0.1:x',
  '::1:1883',
  '[127.0.0.1:1883',
  '127.0.0.1:1883/x',
  'mqtt://127.0.0.1:1883',
  '',
])('%j is no address, which is said with what is one', async (listen) => {
  const refused = start(listen, { username: 'u', password: 'p' });
  await expect(refused).rejects.toThrow(BrokerConfigError);
  await expect(refused).rejects.toThrow(/address as host:port, for example 127\.0\.0\.1:1883/);
});
