// Who gives way when too many connections are open at once, to the connection.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connections } from '../../web/connections.ts';

/** However busy the machine is. */
const SOON = { timeout: 10_000 };

const [STRANGERS, PAIRED] = [128, 256];

let server: Server;
let connections: Connections;
/** As the server sees them, in the order they came. */
let accepted: Socket[];
let clients: Socket[];

beforeEach(async () => {
  server = createServer();
  connections = new Connections(server);
  accepted = [];
  clients = [];
  server.on('connection', (socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function open(count: number, from = '127.0.0.1'): Promise<void> {
  const { port } = server.address() as AddressInfo;
  for (let index = 0; index < count; index += 1) {
    const client = connect({ port, host: '127.0.0.1', localAddress: from });
    client.on('error', () => {}).resume();
    clients.push(client);
    await once(server, 'connection');
  }
}
/** Which of them were ended, by their order. */
const ended = () => accepted.flatMap(({ destroyed }, index) => (destroyed ? [index] : []));
const pair = (browser: string, from: number, to: number) => {
  for (const socket of accepted.slice(from, to)) connections.isOf(browser, socket);
};

it('of strangers 128 stay, and the oldest of who has most gives way', async () => {
  await open(1, '127.0.0.2');
  await open(STRANGERS - 1, '127.0.0.66');
  expect(ended()).toEqual([]);
  await open(1, '127.0.0.3');
  expect(ended()).toEqual([1]);
  await open(2, '127.0.0.66');
  expect(ended()).toEqual([1, 2, 3]);
});

it('one that has ended leaves its place', async () => {
  await open(STRANGERS);
  const [first, second] = clients;
  first?.destroy();
  second?.destroy();
  await expect.poll(() => ended().length, SOON).toBe(2);
  await open(2);
  expect(ended()).toEqual([0, 1]);
  await open(1);
  expect(ended()).toEqual([0, 1, 2]);
});

it('of paired browsers 256 stay beside those of strangers, and each of them is counted once', async () => {
  await open(100);
  pair('phone', 0, 100);
  pair('phone', 0, 100);
  await open(100);
  pair('tablet', 100, 200);
  await open(PAIRED - 200);
  pair('phone', 200, PAIRED);
  await open(STRANGERS, '127.0.0.66');
  expect(ended()).toEqual([]);
  pair('tablet', PAIRED, PAIRED + 1);
  expect(ended()).toEqual([0]);
  // Whose connection it is was said when it was first used: nobody takes it over.
  pair('tablet', 1, 2);
  pair('tablet', PAIRED + 1, PAIRED + 2);
  expect(ended()).toEqual([0, 1]);
});

it('one of a paired browser that has ended leaves its place as well', async () => {
  for (let index = 0; index < PAIRED; index += STRANGERS) {
    await open(STRANGERS);
    pair('phone', index, index + STRANGERS);
  }
  clients[7]?.destroy();
  await expect.poll(ended, SOON).toEqual([7]);
  await open(1);
  pair('phone', PAIRED, PAIRED + 1);
  expect(ended()).toEqual([7]);
  await open(1);
  pair('phone', PAIRED + 1, PAIRED + 2);
  expect(ended()).toEqual([0, 7]);
});

it('one that ended before its browser was known takes no place', async () => {
  await open(1);
  clients[0]?.destroy();
  await expect.poll(ended, SOON).toEqual([0]);
  pair('phone', 0, 1);
  await open(PAIRED / 2);
  pair('phone', 1, 1 + PAIRED / 2);
  await open(PAIRED / 2);
  pair('phone', 1 + PAIRED / 2, 1 + PAIRED);
  expect(ended()).toEqual([0]);
});
