// Which network interfaces this machine has and which one a sensor would listen on. Reads what Linux publishes; opens nothing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** ARPHRD_ numbers (linux/if_arp.h) of the interfaces that matter here. */
export const HARDWARE_TYPES = { ethernet: 1, ppp: 512, loopback: 772, none: 65534 } as const;

export interface InterfaceInfo {
  readonly name: string;
  /** Lower case with colons; null where the interface has none. */
  readonly mac: string | null;
  /** Set up by the administrator (IFF_UP). */
  readonly up: boolean;
  /** A cable with a partner, or its like; null while the interface is down and nobody can tell. */
  readonly carrier: boolean | null;
  /** ARPHRD_ number: 1 is Ethernet. */
  readonly hardwareType: number;
  readonly loopback: boolean;
  readonly wireless: boolean;
  /** Someone already listens to everything on it (IFF_PROMISC as the administrator set it). */
  readonly promiscuous: boolean;
}

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_PROMISC = 0x100;

/** Null where it cannot be read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // An interface may vanish while it is looked at, and `carrier` cannot be read while it is down.
    return null;
  }
}

/** Every interface, in the order of their names. Empty where there is no /sys/class/net. */
export function listInterfaces(folder = '/sys/class/net'): InterfaceInfo[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .filter((name) => existsSync(path.join(folder, name, 'flags')))
    .map((name) => describe(name, path.join(folder, name)));
}

function describe(name: string, folder: string): InterfaceInfo {
  const flags = Number(readText(path.join(folder, 'flags')) ?? 0);
  const carrier = readText(path.join(folder, 'carrier'));
  const mac = readText(path.join(folder, 'address'));
  return {
    name,
    mac: mac === null || mac === '' ? null : mac.toLowerCase(),
    up: (flags & IFF_UP) !== 0,
    carrier: carrier === null ? null : carrier === '1',
    hardwareType: Number(readText(path.join(folder, 'type')) ?? 0),
    loopback: (flags & IFF_LOOPBACK) !== 0,
    wireless: existsSync(path.join(folder, 'wireless')) || existsSync(path.join(folder, 'phy80211')),
    promiscuous: (flags & IFF_PROMISC) !== 0,
  };
}

/** Whether its cable has a partner, and how many frames it took in since it came up; null where the kernel does not say. */
export function linkState(
  name: string,
  folder = '/sys/class/net',
): { carrier: boolean | null; received: number | null } {
  const carrier = readText(path.join(folder, name, 'carrier'));
  const received = Number(readText(path.join(folder, name, 'statistics/rx_packets')) ?? Number.NaN);
  return { carrier: carrier === null ? null : carrier === '1', received: Number.isFinite(received) ? received : null };
}

const RTF_UP = 0x1;

/** The interface of the default route with the lowest metric in the text of /proc/net/route, or null. */
export function defaultRouteInterface(table: string): string | null {
  let best: { name: string; metric: number } | null = null;
  for (const line of table.split('\n').slice(1)) {
    const [name, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
    if (name === undefined || destination !== '00000000' || mask !== '00000000') continue;
    if ((Number.parseInt(flags ?? '', 16) & RTF_UP) === 0) continue;
    const cost = Number(metric);
    if (best === null || cost < best.metric) best = { name, metric: cost };
  }
  return best?.name ?? null;
}

/** Where the default route leads, else the first interface that is up and not the loopback; null when there is none. */
export function defaultInterface(): string | null {
  const routed = defaultRouteInterface(readText('/proc/net/route') ?? '');
  return routed ?? listInterfaces().find(({ up, loopback }) => up && !loopback)?.name ?? null;
}
