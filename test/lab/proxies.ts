// Two real proxies in the lab's Internet: microsocks for SOCKS5, tinyproxy for HTTP CONNECT. They lead to its servers only.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.ts';

export const proxyTools = ['microsocks', 'tinyproxy'] as const;

/** Starts both on an address of the Internet; ended with the home. */
export async function startProxies(home: Home, address: string, socksPort: number, httpPort: number): Promise<void> {
  const file = join(home.directory, 'tinyproxy.conf');
  const lines = [`Port ${httpPort}`, `Listen ${address}`, 'Timeout 60', 'MaxClients 20', 'LogLevel Connect'];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const until = (port: number) =>
    `while ! ss -lnt | grep -q '${address}:${port} '; do sleep 0.05; done; echo ready; wait`;
  const start = (command: string, port: number) =>
    home.start('internet', 'sh', ['-c', `${command} >/dev/null 2>&1 & ${until(port)}`], /^ready$/m);
  await Promise.all([
    start(`microsocks -i ${address} -p ${socksPort}`, socksPort),
    start(`tinyproxy -d -c ${file}`, httpPort),
  ]);
}
