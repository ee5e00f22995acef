// Real TLS and QUIC clients on the mirror port: every hello they make has to give its name. No client asks the DNS, so
// nothing else can. What kernels do not send at will, a padded hello in three segments out of order, is injected.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientHello, extension, serverNameExtension, tlsRecords } from '../decode/fixtures/hellos.ts';
import { Home, requireLab, router } from '../lab/home.ts';
import { said } from '../lab/namespaces.ts';
import { ethernet, ipv4, tcp } from '../support/packet-builder.ts';
import { ensureBuilt, eventually } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const CHROMIUM = '/usr/bin/chromium';
const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no client says hello: ${reason}`);
if (!existsSync(CHROMIUM)) console.warn(`SKIPPED, chromium says no hello: ${CHROMIUM} is not installed`);

/** A browser takes its time to start beside other tests, and up to three do. */
vi.setConfig({ testTimeout: 240_000 });

const LAPTOP = 'f8:94:c2:10:00:04';
const WEB = '203.0.113.80';
const SEGMENT = 1460;

interface Backend {
  hosts: string[];
  nameFrom: string[];
}

describe.skipIf(reason !== null)('a laptop says hello', () => {
  let home: Home;
  let sensor: RunningSensor;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ devices: [{ name: 'laptop', mac: LAPTOP }] });
    sensor = await (await LabSensor.of(home)).run();
  });
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.stop();
    await home?.stop();
  });

  /** Waits a while for the names, then says which are missing. */
  async function expectNamed(names: readonly string[], from: 'sni' | 'quic'): Promise<void> {
    let missing = [...names];
    const giveUp = Date.now() + 60_000;
    await eventually(async () => {
      const { backends } = await sensor.page.get<{ backends: Backend[] }>(`/api/devices/${LAPTOP}`);
      const named = backends.filter(({ nameFrom }) => nameFrom.includes(from)).flatMap(({ hosts }) => hosts);
      missing = names.filter((name) => !named.includes(name));
      return missing.length === 0 || Date.now() > giveUp ? true : null;
    });
    expect(missing).toEqual([]);
  }

  const namesOf = (client: string, count: number) =>
    Array.from({ length: count }, (_, index) => `www.${client}-${index}.example`);

  it('openssl s_client, TLS 1.2 and 1.3', async () => {
    const names = namesOf('openssl', 6);
    for (const [index, name] of names.entries()) {
      const version = index % 2 === 0 ? '-tls1_2' : '-tls1_3';
      const args = ['s_client', '-connect', `${WEB}:443`, '-servername', name, version];
      expect((await home.device('laptop').run('openssl', args)).code).toBe(0);
    }
    await expectNamed(names, 'sni');
  });

  it('Node, with short hellos and with one of several segments', async () => {
    const names = namesOf('node', 6);
    const script = `const names = JSON.parse(process.argv[1]);
      const many = Array.from({ length: 14 }, (_, i) => 'padding-' + i + '-'.padEnd(240, 'x'));
      for (const [i, servername] of names.entries()) {
        const ALPNProtocols = i % 2 === 0 ? ['http/1.1'] : many;
        const options = { host: '${WEB}', port: 443, servername, ALPNProtocols, rejectUnauthorized: false };
        const socket = require('tls').connect(options, () => socket.destroy());
        socket.on('error', () => {});
      }`;
    const { code } = await home.device('laptop').run(process.execPath, ['-e', script, JSON.stringify(names)]);
    expect(code).toBe(0);
    await expectNamed(names, 'sni');
  });

  it('padded hellos over three segments, in every order', async () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ] as const;
    const names = namesOf('padded', orders.length);
    for (const [index, order] of orders.entries()) {
      await home.inject(
        'laptop',
        helloInThree(names[index] ?? '', home.device('laptop').ipv4 ?? '', 50_000 + index, order),
      );
    }
    await expectNamed(names, 'sni');
  });

  describe.skipIf(!existsSync(CHROMIUM))('with Debian’s chromium', () => {
    function browse(name: string, address: string, ...more: string[]): ChildProcess {
      const profile = join(home.directory, `profile-${name}`);
      return home
        .device('laptop')
        .spawn(CHROMIUM, [
          ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'],
          ...['--disable-background-networking', '--disable-component-update', '--ignore-certificate-errors'],
          `--user-data-dir=${profile}`,
          `--host-resolver-rules=MAP ${name} ${address}, MAP * ~NOTFOUND`,
          ...more,
          `https://${name}/`,
        ]);
    }

    it('over TLS: a post-quantum hello of two segments', async () => {
      const names = namesOf('chromium', 2);
      for (const name of names) {
        const browser = browse(name, WEB, '--disable-quic');
        await expectNamed([name], 'sni');
        browser.kill();
      }
    });

    it('over QUIC: Initials with scrambled CRYPTO frames, to a server that never answers', async () => {
      const names = namesOf('chromium-quic', 3);
      const sink = "require('dgram').createSocket('udp4').bind(443, '203.0.113.83', () => console.log('ready'))";
      const inside = ['netns', 'exec', home.namespaceOf('internet'), 'setpriv', '--pdeathsig', 'KILL'];
      const server = spawn('ip', [...inside, process.execPath, '-e', sink]);
      try {
        await said(server, /ready/, 'the UDP sink');
        for (const name of names) {
          const browser = browse(name, '203.0.113.83', `--origin-to-force-quic-on=${name}:443`);
          await expectNamed([name], 'quic');
          browser.kill();
        }
      } finally {
        server.kill('SIGKILL');
      }
    });
  });
});

/** SYN and hello of a client towards an address where nobody is; the name stands at the very end, behind the padding. */
function helloInThree(name: string, ip: string, sourcePort: number, order: readonly number[]): Buffer[] {
  const PADDING = 21;
  const bytes = tlsRecords(clientHello(extension(PADDING, Buffer.alloc(3000)), serverNameExtension(name)));
  expect(Math.ceil(bytes.length / SEGMENT)).toBe(3);
  const isn = 9_000_000;
  const frame = (sequence: number, flags: string, payload?: Buffer) => {
    const segment = tcp({ sourcePort, destinationPort: 443, sequence, acknowledgement: 1, flags }, payload);
    const packet = ipv4({ source: ip, destination: '203.0.113.99' }, segment);
    return ethernet({ source: LAPTOP, destination: router.mac }, packet);
  };
  const parts = order.map((part) =>
    frame(isn + 1 + part * SEGMENT, part === 2 ? 'PA' : 'A', bytes.subarray(part * SEGMENT, (part + 1) * SEGMENT)),
  );
  return [frame(isn, 'S'), ...parts];
}
