// `npm run lab`: a home to play with. Starts the lab, the built sensor on its mirror port and a prompt for the devices;
// `npm run lab -- record [NAME...]` records the captures of test/captures instead.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Home, mirrorInterface, requireLab } from './home.ts';
import { defaultBackends, mailServer, refusingServer, silentServer } from './internet.ts';
import { checkout, terminate } from './namespaces.ts';
import { recordCaptures } from './record.ts';

const usage = `npm run lab                      a home in network namespaces, the sensor on its mirror port, and a prompt
npm run lab -- record [NAME...]  records these captures of test/captures again, or all
`;

const help = `DEVICE mail HOST [PORT] [4|6]     send a mail, e.g.  hallway-camera mail ${mailServer.name}
DEVICE connect HOST PORT          open a TCP connection
DEVICE fetch URL                  e.g.  kitchen-fridge fetch https://${defaultBackends[0]?.name}/firmware?bytes=400000
DEVICE lookup NAME [TYPE]         e.g.  living-room-tv lookup example.net MX
help, quit                        Ctrl-C ends the lab, too
`;

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Resolves to the exit code, when the home is gone again. */
export async function main(args: readonly string[]): Promise<number> {
  if (args[0] === '--help' || args[0] === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (args.length > 0 && args[0] !== 'record') {
    process.stderr.write(`lab: unknown: ${args.join(' ')}\n\n${usage}`);
    return 2;
  }
  try {
    const reason = requireLab();
    if (reason !== null) throw new Error(reason);
    await (args[0] === 'record' ? recordCaptures(args.slice(1), print) : play());
    return 0;
  } catch (error) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function play(): Promise<void> {
  const home = await Home.start();
  // Listening for the signals makes them ours: the lab's own handler then leaves the end to the finally below.
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => asked.abort());
  const page = await reachPage(home);
  try {
    describe(home);
    const sensor = startSensor(home, page.port);
    await prompt(home, asked.signal);
    if (sensor !== null) await terminate(sensor);
  } finally {
    page.close();
    await home.stop();
  }
}

function startSensor(home: Home, port: number) {
  if (!existsSync(join(checkout, 'dist', 'sensor', 'main.js'))) {
    print('No built sensor (dist/sensor/main.js): the home runs without it.\n');
    return null;
  }
  const config = join(home.directory, 'thingwatch.yaml');
  const state = join(home.directory, 'state');
  writeFileSync(
    config,
    `state_dir: ${state}\ncapture: { interface: ${mirrorInterface} }\nweb: { listen: 127.0.0.1:${port} }\n`,
  );
  print(`The sensor's page: http://127.0.0.1:${port}/ (from this machine; open the pairing link it prints)\n`);
  return home.sensorCommand(['run', '--config', config], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Makes a port on this machine's loopback lead to the same port on the sensor's: 8080, or a free one. */
async function reachPage(home: Home): Promise<{ port: number; close: () => void }> {
  const socket = join(home.directory, 'page.sock');
  const server = net.createServer((outside) => {
    const inside = net.connect(socket);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(8080).catch(() => listen(0));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await home.forward(socket, port);
  return { port, close: () => server.close() };
}

function describe(home: Home): void {
  print('A home is up:');
  for (const { name, mac, ipv4, ipv6 } of home.devices)
    print(`  ${name.padEnd(16)} ${mac}  ${ipv4}  ${ipv6.join(' ')}`);
  print('Outside, as seen from it:');
  print(`  ${mailServer.name} takes mail on 25, 465, 587, 2525; ${refusingServer.name} refuses;`);
  print(
    `  the router drops port 25 to ${silentServer.name}; web: ${defaultBackends.map(({ name }) => name).join(', ')}`,
  );
  print('Enter a namespace (also switch, router, internet):');
  for (const role of ['sensor', ...home.devices.map((device) => device.name)]) {
    print(`  ip netns exec ${home.namespaceOf(role)} sh`);
  }
  print(`\n${help}`);
}

/** Returns at `quit`, at the end of the input, or when `asked` aborts. */
async function prompt(home: Home, asked: AbortSignal): Promise<void> {
  // Without a terminal (a service, a test) there is nobody to ask: only a signal ends the lab.
  if (!process.stdin.isTTY) {
    if (!asked.aborted) await once(asked, 'abort');
    return;
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'lab> ', signal: asked });
  lines.on('SIGINT', () => lines.close());
  lines.prompt();
  try {
    for await (const line of lines) {
      const words = line.trim().split(/\s+/);
      if (words[0] === 'quit') return;
      if (words[0] === 'help') print(help);
      else if (words[0] !== '') await act(home, words).then(print, (error: Error) => print(error.message));
      if (asked.aborted) return;
      lines.prompt();
    }
  } finally {
    // Standard input would keep the process alive.
    lines.close();
  }
}

async function act(home: Home, [name = '', action, target = '', ...rest]: readonly string[]): Promise<string> {
  const device = home.device(name);
  const show = (result: unknown) => JSON.stringify(result, null, 2);
  const port = Number(rest[0] ?? 25);
  if (action === 'mail') return show(await device.sendMail({ to: target, port, family: rest[1] === '6' ? 6 : 4 }));
  if (action === 'connect') return show(await device.connect(target, port));
  if (action === 'fetch') return show(await device.fetch(target));
  if (action === 'lookup') return show(await device.lookup(target, rest[0]));
  return help;
}
