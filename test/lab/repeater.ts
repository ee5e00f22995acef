// A repeater in the lab's home: its clients have an air of their own, and what they send leaves it under its MAC. Linux's own
// proxy ARP, and a real DHCP relay, as repeaters without four-address frames have them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { untilForwarding } from './device.ts';
import { type Home, router } from './home.ts';
import { helperPath } from './namespaces.ts';

/** The relay's own address towards the clients; outside of what the router gives. */
const RELAY = '192.168.50.250';

/** Moves the devices after `extender` from the hub into its air, and lets them join by DHCP; their addresses in order. */
export async function startRepeater(home: Home, extender: string): Promise<string[]> {
  const first = home.devices.findIndex(({ name }) => name === extender);
  const clients = home.devices.slice(first + 1);
  const ports = clients.map((_, i) => `port-${first + 1 + i}`);
  await home.device(extender).join();
  await home.script('switch', [
    'ip link add air type bridge ageing_time 0 mcast_snooping 0 forward_delay 0',
    'ip link set air up',
    `ip link add port-air type veth peer name air0 netns ${home.namespaceOf(extender)}`,
    ...['port-air', ...ports].map((port) => `ip link set ${port} nomaster && ip link set ${port} master air up`),
  ]);
  await home.script(extender, [
    'sysctl -qw net.ipv6.conf.air0.disable_ipv6=1 net.ipv4.ip_forward=1',
    'sysctl -qw net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.conf.air0.proxy_arp=1',
    'sysctl -qw net.ipv4.neigh.eth0.proxy_delay=0 net.ipv4.neigh.air0.proxy_delay=0',
    `ip addr add ${RELAY}/32 dev air0`,
    'ip link set air0 up',
  ]);
  const relay = ['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root', '--pid-file='];
  await home.start(
    extender,
    'dnsmasq',
    [...relay, '--log-facility=-', `--dhcp-relay=${RELAY},${router.ipv4}`],
    /DHCP relay from/,
  );
  const addresses: string[] = [];
  for (const [i, { name }] of clients.entries()) {
    await home.script(name, ['sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1', 'ip link set eth0 up']);
    await home.script('switch', [untilForwarding(ports[i] ?? '')]);
    const ip = await joins(home, name);
    await home.script(extender, [`ip route replace ${ip}/32 dev air0`]);
    addresses.push(ip);
  }
  return addresses;
}

async function joins(home: Home, name: string): Promise<string> {
  const file = (suffix: string) => join(home.directory, `${name}-air.${suffix}`);
  const options = ['request subnet-mask, routers, domain-name, domain-name-servers', `send host-name "${name}"`];
  writeFileSync(file('conf'), options.map((line) => `${line};\n`).join(''));
  const paths = [
    '-cf',
    file('conf'),
    '-lf',
    file('leases'),
    '-pf',
    file('pid'),
    '-sf',
    helperPath('dhclient-script.sh'),
  ];
  const resolver = `LAB_RESOLVER=/etc/netns/${home.namespaceOf(name)}/resolv.conf`;
  let said = '';
  const child = home.device(name).spawn('dhclient', ['-4', '-d', ...paths, '-e', resolver, 'eth0']);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} got no address in 20 s: ${said}`)), 20_000);
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const ip = /bound to (\S+)/.exec(said)?.[1];
      if (ip === undefined) return;
      clearTimeout(timer);
      resolve(ip);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
  });
}
