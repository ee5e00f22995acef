// A real miniupnpd in the lab's router: UPnP IGD, NAT-PMP and PCP on its LAN side, with nftables of its own. The mappings it
// makes are real, and lead nowhere.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from './home.ts';

/** miniupnpd refuses to serve behind reserved addresses, documentation's included; nothing is ever sent to this one. */
export const publicAddress = '44.128.0.1';

/** Programs without which there are no real mappings. */
export const mapperTools = ['miniupnpd', 'upnpc', 'natpmpc'] as const;

/** Starts it and resolves when its description can be fetched. Ended with the home. */
export async function startPortMapper(home: Home): Promise<void> {
  const file = join(home.directory, 'miniupnpd.conf');
  const settings = {
    ext_ifname: 'wan0',
    ext_ip: publicAddress,
    listening_ip: 'lan0',
    http_port: 5000,
    enable_upnp: 'yes',
    enable_natpmp: 'yes',
    secure_mode: 'yes',
    min_lifetime: 60,
    max_lifetime: 86_400,
    lease_file: join(home.directory, 'miniupnpd.leases'),
    upnp_table_name: 'miniupnpd',
    upnp_nat_table_name: 'miniupnpd',
    upnp_forward_chain: 'forward',
    upnp_nat_chain: 'prerouting',
    upnp_nat_postrouting_chain: 'postrouting',
    uuid: '00000000-0000-4000-8000-000000000001',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  writeFileSync(file, `${lines.join('\n')}\nallow 1-65535 192.168.50.0/24 1-65535\n`);
  await home.script('router', [
    "nft -f - <<'RULES'",
    'add table inet miniupnpd',
    'add chain inet miniupnpd forward { type filter hook forward priority -10; }',
    'add chain inet miniupnpd prerouting { type nat hook prerouting priority -100; }',
    'add chain inet miniupnpd postrouting { type nat hook postrouting priority 110; }',
    'RULES',
  ]);
  await home.start(
    'router',
    'miniupnpd',
    ['-d', '-f', file, '-P', join(home.directory, 'miniupnpd.pid')],
    /Listening for NAT-PMP/i,
  );
  await untilListening(home);
}

/** The daemon says what it does before it does it. */
async function untilListening(home: Home): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 50) {
    const sockets = await home.script('router', ['ss -lntu']);
    if (sockets.includes(':5351 ') && sockets.includes(':5000 ')) return;
    await sleep(50);
  }
  throw new Error('miniupnpd does not listen');
}
