// Ports for servers of tests: nobody else is given one between the choice and its use, nor while its server is away for a moment.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './mosquitto.ts';

const listening = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
const [firstOfSystem = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t').map(Number);

it('are none of those that the system gives away, and of twenty none is given twice', async () => {
  const ports: number[] = [];
  for (let n = 0; n < 20; n += 1) ports.push(await freePort());
  expect(new Set(ports).size).toBe(20);
  expect(ports.every((port) => port > 1024 && port < firstOfSystem)).toBe(true);
});

it('do not include one at which somebody listens', async () => {
  const taken = await listening(await freePort());
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  // More than there are for one process.
  for (let n = 0; n < 100; n += 1) expect(await freePort()).not.toBe(port);
  await new Promise((resolve) => taken.close(resolve));
});
