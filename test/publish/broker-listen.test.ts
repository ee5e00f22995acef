// Where the embedded broker may listen: without a password on this machine alone; and that the sensor's own client comes there.
import { networkInterfaces } from 'node:os';
import mqtt from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../sensor/log.ts';
import { type EmbeddedBroker, startBroker } from '../../sensor/publish/broker.ts';
import { BrokerConfigError } from '../../sensor/publish/broker-address.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

let running: EmbeddedBroker | null = null;

afterEach(async () => {
  await running?.close();
  running = null;
});

const start = async (listen: string, login: { username?: string; password?: string } = {}): Promise<EmbeddedBroker> => {
  running = await startBroker({ listen, log: silentLog, ...login });
  return running;
};

async function ownClientComes({ url, login }: EmbeddedBroker): Promise<void> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...login });
  await client.endAsync();
}

it.each(['127.0.0.1:0', '127.1.2.3:0', 'localhost:0', ...(hasIpv6 ? ['[::1]:0'] : [])])(
  '%s is this machine: no password is needed',
  async (listen) => ownClientComes(await start(listen)),
);

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

it.each(['0.0.0.0:0', 'localhost:0', ...(hasIpv6 ? ['[::]:0'] : [])])(
  'with both it listens at %s, and its own client comes by loopback',
  async (listen) => {
    const broker = await start(listen, { username: 'u', password: 'p' });
    expect(broker.url).toMatch(/^mqtt:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
    await ownClientComes(broker);
  },
);

it('at what is no address it does not listen, with a password either', async () => {
  await expect(start('mqtt://127.0.0.1:1883', { username: 'u', password: 'p' })).rejects.toThrow(BrokerConfigError);
});
