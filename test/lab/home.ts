// A home in network namespaces: a hub, a router with NAT, DHCP and DNS, devices, an "Internet", and a sensor on the
// mirror port. Real kernels, daemons and clients; no packet leaves the machine. Needs root: see requireLab().
//
//   device eth0 ── hub (bridge, ageing_time 0) ── lan0 router wan0 ── wan0 internet
//                   └── mirror0 sensor
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Device, type DeviceOptions, untilForwarding } from './device.ts';
import {
  addressesOf,
  type Certificates,
  type DeliveredMail,
  defaultBackends,
  type InternetHost,
  internetListeners,
  mailServer,
  makeCertificates,
  refusingServer,
  type SmtpListener,
  silentServer,
  startServers,
} from './internet.ts';
import { checkout, helperPath, Namespaces, said, sweepNamespaces, terminate } from './namespaces.ts';

export { requireLab } from './namespaces.ts';

export interface HomeOptions {
  readonly devices?: readonly DeviceOptions[];
  /** Whether start() lets every device join; otherwise the caller calls device.join() when it is time. */
  readonly join?: boolean;
  /** Web servers in the Internet, with their names. */
  readonly backends?: readonly InternetHost[];
  /** TCP ports the router drops towards the Internet, as providers do with 25. */
  readonly blockedPorts?: readonly number[];
}

/** Network cards of chip makers, so that a vendor is shown and no product is blamed. */
export const defaultDevices: readonly DeviceOptions[] = [
  { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' },
  { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02' },
  { name: 'living-room-tv', mac: '00:e0:4c:10:00:03' },
];

export const router = { mac: '00:0d:b9:10:00:fe', ipv4: '192.168.50.1', ipv6: '2001:db8:50::1' } as const;
/** The home's networks: what the router hands out by DHCP and by router advertisement. */
export const homeNets = ['192.168.50.0/24', '2001:db8:50::/64'] as const;
/** The sensor's interface: no address, receives every frame of the hub. */
export const mirrorInterface = 'mirror0';

const wan = { router: ['198.51.100.2', '2001:db8:fffe::2'], internet: ['198.51.100.1', '2001:db8:fffe::1'] } as const;
const offloads = 'tx off rx off tso off gso off gro off lro off rx-gro-hw off rxvlan off txvlan off';

export class Home {
  readonly devices: readonly Device[];
  /** Mail that the Internet's server accepted, in order. */
  readonly mailbox: DeliveredMail[] = [];
  /** Of every server in the Internet. */
  readonly certificates: Certificates;
  readonly #namespaces: Namespaces;

  private constructor(namespaces: Namespaces, devices: readonly Device[], certificates: Certificates) {
    this.#namespaces = namespaces;
    this.devices = devices;
    this.certificates = certificates;
  }

  /** Builds the home and resolves when its services run and its devices have addresses. On failure nothing is left. */
  static async start(options: HomeOptions = {}): Promise<Home> {
    Home.sweep();
    const namespaces = new Namespaces();
    try {
      return await build(namespaces, options, (...parts) => new Home(namespaces, ...parts));
    } catch (error) {
      await namespaces.close();
      throw error;
    }
  }

  /** Removes what labs of dead processes left; returns the names. Done at every start, too. */
  static sweep(): string[] {
    return sweepNamespaces();
  }

  /** Ends every process and namespace of this home and removes its files. */
  stop(): Promise<void> {
    return this.#namespaces.close();
  }

  device(name: string): Device {
    const found = this.devices.find((device) => device.name === name);
    if (found === undefined) throw new Error(`no device ${name} in this home`);
    return found;
  }

  /** Sends raw Ethernet frames from a device's interface: for what a kernel here cannot make, such as VLAN tags. */
  inject(deviceName: string, frames: readonly Buffer[]): Promise<void> {
    return this.device(deviceName).inject(frames);
  }

  /** The namespace's name for `ip netns exec`: of `switch`, `router`, `internet`, `sensor` or a device. */
  namespaceOf(role: string): string {
    return this.#namespaces.nameOf(role);
  }

  /** A directory for temporary files, removed by stop(). */
  get directory(): string {
    return this.#namespaces.directory;
  }

  /** Starts a command in any namespace of the home, waits until it says `ready`, and ends it with the home. */
  async start(role: string, command: string, args: readonly string[], ready: RegExp): Promise<ChildProcess> {
    return (await this.#namespaces.start(role, command, args, ready)).child;
  }

  /** Runs lines of shell in any namespace of the home; throws when one fails. */
  script(role: string, lines: readonly string[]): Promise<string> {
    return this.#namespaces.script(role, lines);
  }

  /** More mail servers in the Internet; what they accept goes to `mailbox` as well. */
  serveMail(listeners: readonly SmtpListener[]): Promise<void> {
    return startServers(this.#namespaces, 'internet', listeners, this.certificates, this.mailbox);
  }

  /** Starts any command inside the sensor's namespace, whose loopback is up; ended with the home. */
  spawnInSensor(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.#namespaces.spawn('sensor', command, args, options);
  }

  /** Starts the built sensor (dist/sensor/main.js) on the mirror port: `home.sensorCommand(['run', '--config', file])`. */
  sensorCommand(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.spawnInSensor(process.execPath, [join(checkout, 'dist', 'sensor', 'main.js'), ...args], options);
  }

  /** Joins a Unix socket at `path` to a port on the sensor's loopback, to reach its page or broker from outside. */
  forward(path: string, port: number): Promise<void> {
    return this.#join('in', path, port);
  }

  /** The other way round: on its loopback the sensor reaches, at `port`, whoever listens on the Unix socket at `path`. */
  reachOut(path: string, port: number): Promise<void> {
    return this.#join('out', path, port);
  }

  async #join(direction: 'in' | 'out', path: string, port: number): Promise<void> {
    const args = [helperPath('forward.mjs'), direction, path, String(port)];
    await this.#namespaces.start('sensor', process.execPath, args, /^ready$/m);
  }

  /** Records the mirror port with tcpdump into a classic pcap file, until stop() of what it returns. */
  async record(file: string, filter = ''): Promise<Recording> {
    const options = ['-i', mirrorInterface, '-U', '--immediate-mode', '-B', '8192', '-Z', 'root', '-w', file];
    const tcpdump = this.spawnInSensor('tcpdump', filter === '' ? options : [...options, filter]);
    await said(tcpdump, /listening on/, 'tcpdump');
    return {
      stop: async () => {
        await caughtUp(tcpdump);
        await terminate(tcpdump, 'SIGINT');
      },
    };
  }
}

/** What tcpdump says when it is asked (SIGUSR1): written; passed the filter in the kernel; of those found no room. */
const COUNTS = /(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped by kernel/g;

/**
 * Resolves when what the hub flooded last is in the file, and nothing has come for a moment; or for a second, where the counts do not meet:
 * a packet that came before the filter was in place is counted as received, and never written.
 */
async function caughtUp(tcpdump: ChildProcess): Promise<void> {
  let said = '';
  tcpdump.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let [before, calm] = ['', 0];
  for (const begun = performance.now(); calm < 5; ) {
    if (performance.now() - begun > 20_000) throw new Error(`tcpdump does not catch up: ${said.trim().slice(-500)}`);
    tcpdump.kill('SIGUSR1');
    await sleep(200);
    const [last = '', captured, received, dropped] = [...said.matchAll(COUNTS)].at(-1) ?? [];
    const isWritten = last !== '' && Number(captured) + Number(dropped) >= Number(received);
    if (last === '' || last !== before) calm = 0;
    else calm += isWritten ? 3 : 1;
    before = last;
  }
}

export interface Recording {
  stop(): Promise<void>;
}

async function build(
  namespaces: Namespaces,
  options: HomeOptions,
  make: (devices: readonly Device[], certificates: Certificates) => Home,
): Promise<Home> {
  const deviceOptions = options.devices ?? defaultDevices;
  const backends = options.backends ?? defaultBackends;
  const hosts = [mailServer, refusingServer, silentServer, ...backends];
  const names = deviceOptions.map((device) => device.name);
  const [certificates] = await Promise.all([
    makeCertificates(namespaces.directory, [...hosts.map((host) => host.name), 'localhost'], addressesOf(hosts)),
    namespaces.create(['switch', 'router', 'internet', 'sensor', ...names], links(namespaces, deviceOptions)),
  ]);
  const home = make(
    deviceOptions.map((device, index) => new Device(device, `port-${index}`, namespaces, certificates)),
    certificates,
  );
  await Promise.all([
    namespaces.script('switch', switchScript(names.length)),
    namespaces.script('router', routerScript(options.blockedPorts ?? [])),
    namespaces.script('internet', internetScript(hosts)),
    namespaces.script('sensor', [
      ...listenOnly(mirrorInterface),
      'ip link set lo up',
      `ip link set ${mirrorInterface} arp off up`,
    ]),
    ...names.map((name) => namespaces.script(name, deviceScript())),
  ]);
  const dnsmasq = writeDnsmasq(namespaces.directory, hosts, deviceOptions);
  await Promise.all([
    namespaces.start(
      'router',
      'dnsmasq',
      ['--keep-in-foreground', `--conf-file=${dnsmasq}`],
      /router advertisement on/,
    ),
    startServers(namespaces, 'internet', internetListeners(backends), certificates, home.mailbox),
  ]);
  if (options.join !== false) await Promise.all(home.devices.map((device) => device.join()));
  return home;
}

function links(namespaces: Namespaces, devices: readonly DeviceOptions[]): string[] {
  const at = (role: string) => `netns ${namespaces.nameOf(role)}`;
  const hub = (port: string) => `type veth peer name ${port} ${at('switch')}`;
  return [
    `link add name lan0 address ${router.mac} ${at('router')} ${hub('port-router')}`,
    `link add name ${mirrorInterface} ${at('sensor')} ${hub('port-mirror')}`,
    `link add name wan0 ${at('router')} type veth peer name wan0 ${at('internet')}`,
    ...devices.map(({ name, mac }, index) => `link add name eth0 address ${mac} ${at(name)} ${hub(`port-${index}`)}`),
  ];
}

/** Offloads off where the machine has them, so that frames pass as on a wire: real segments, real checksums. */
function plainInterface(name: string): string {
  return `ethtool -K ${name} ${offloads} >/dev/null 2>&1 || true`;
}

/** For a port that only listens: no IPv6, so that the kernel says nothing of its own on it. */
function listenOnly(name: string): string[] {
  return [`sysctl -qw net.ipv6.conf.${name}.disable_ipv6=1`, plainInterface(name)];
}

/** A hub: `ageing_time 0` makes the bridge flood every frame, so the mirror port sees both directions of everything. */
function switchScript(devices: number): string[] {
  const ports = ['port-router', 'port-mirror', ...Array.from({ length: devices }, (_, index) => `port-${index}`)];
  return [
    'sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1',
    'ip link add hub type bridge ageing_time 0 mcast_snooping 0 forward_delay 0',
    'ip link set hub up',
    ...ports.flatMap((port) => [plainInterface(port), `ip link set ${port} master hub up`]),
    untilForwarding('port-router'),
    untilForwarding('port-mirror'),
  ];
}

function routerScript(blockedPorts: readonly number[]): string[] {
  const blocked = blockedPorts.map((port) => `add rule inet lab forward iifname lan0 tcp dport ${port} drop`);
  return [
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
    'sysctl -qw net.ipv6.conf.lan0.accept_dad=0 net.ipv6.conf.wan0.accept_dad=0',
    plainInterface('lan0'),
    plainInterface('wan0'),
    'ip link set lo up',
    'ip link set lan0 up',
    'ip link set wan0 up',
    `ip addr add ${router.ipv4}/24 dev lan0`,
    `ip addr add ${router.ipv6}/64 dev lan0 nodad`,
    `ip addr add ${wan.router[0]}/24 dev wan0`,
    `ip addr add ${wan.router[1]}/64 dev wan0 nodad`,
    `ip route add default via ${wan.internet[0]}`,
    `ip -6 route add default via ${wan.internet[1]}`,
    "nft -f - <<'RULES'",
    'add table inet lab',
    'add chain inet lab forward { type filter hook forward priority 0; }',
    'add chain inet lab out { type nat hook postrouting priority 100; }',
    `add rule inet lab forward ip daddr ${silentServer.ipv4} tcp dport 25 drop`,
    `add rule inet lab forward ip6 daddr ${silentServer.ipv6} tcp dport 25 drop`,
    ...blocked,
    'add rule inet lab out meta nfproto ipv4 oifname wan0 masquerade',
    'RULES',
  ];
}

function internetScript(hosts: readonly InternetHost[]): string[] {
  const addresses = addressesOf(hosts).map((address) =>
    address.includes(':') ? `ip addr add ${address}/128 dev lo nodad` : `ip addr add ${address}/32 dev lo`,
  );
  return [
    'sysctl -qw net.ipv6.conf.wan0.accept_dad=0',
    plainInterface('wan0'),
    'ip link set lo up',
    'ip link set wan0 up',
    `ip addr add ${wan.internet[0]}/24 dev wan0`,
    `ip addr add ${wan.internet[1]}/64 dev wan0 nodad`,
    `ip -6 route add ${homeNets[1]} via ${wan.router[1]}`,
    ...addresses,
  ];
}

function deviceScript(): string[] {
  const quick = 'net.ipv6.conf.eth0.router_solicitation_delay=0 net.ipv6.conf.eth0.router_solicitation_interval=1';
  return [`sysctl -qw ${quick}`, plainInterface('eth0'), 'ip link set lo up'];
}

/** The router's DHCP (v4 and v6), router advertisements and DNS; a name it does not know does not exist. */
function writeDnsmasq(directory: string, hosts: readonly InternetHost[], devices: readonly DeviceOptions[]): string {
  const known = hosts.map(({ name, ipv4, ipv6 }) => `host-record=${name},${ipv4},${ipv6}`);
  // One line for all devices that share a reserved address: dnsmasq then hands it from one to the other.
  const reserved = new Map<string, string[]>();
  for (const { mac, reservedAddress } of devices) {
    if (reservedAddress !== undefined) reserved.set(reservedAddress, [...(reserved.get(reservedAddress) ?? []), mac]);
  }
  const lines = [
    'user=root',
    'pid-file=',
    'log-facility=-',
    'interface=lan0',
    'except-interface=lo',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'address=/#/',
    'domain=home.arpa',
    'local=/home.arpa/',
    'local-ttl=300',
    `dhcp-leasefile=${join(directory, 'dnsmasq.leases')}`,
    'dhcp-authoritative',
    'no-ping',
    'dhcp-range=192.168.50.20,192.168.50.199,12h',
    'enable-ra',
    'dhcp-range=2001:db8:50::1000,2001:db8:50::1fff,slaac,64,12h',
    `mx-host=example.net,${mailServer.name},10`,
    ...known,
    ...[...reserved].map(([address, macs]) => `dhcp-host=${macs.join(',')},${address}`),
  ];
  const file = join(directory, 'dnsmasq.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
