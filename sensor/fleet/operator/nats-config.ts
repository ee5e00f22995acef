// The configuration of the fleet's NATS servers: one on one machine, or nodes of a cluster. Operator mode: accounts and users are JWTs, and
// what an operator changes of an account reaches every node over the system account. The tests run their servers with the same text.
import { type FleetKeys, fleetAccountJwt, operatorJwt, publicKey, systemAccountJwt } from './credentials.ts';

/** Paths as that machine has them. */
export interface NatsNode {
  /** Of its own within the cluster. */
  name: string;
  /** For collectors and operators. */
  listen: string;
  /** For homes. */
  mqttListen: string;
  /** What was sent and not yet taken. */
  storeDirectory: string;
  /** The accounts' JWTs as they were changed last. */
  accountDirectory: string;
  /** For MQTT; and for the other doors where they are not on loopback. Null: none of them speaks TLS, for tests. */
  tls: { cert: string; key: string; ca: string } | null;
  /** Whether collectors, and the nodes among themselves, speak TLS as well: wherever they are not one machine. */
  tlsInside: boolean;
  /** Null for a server that stands alone. */
  cluster: { listen: string; routes: readonly string[] } | null;
  /** Copies of what homes sent: as many as nodes, three at most. */
  replicas: number;
  /** Of nats-server that will read it, where that is known. */
  version: readonly [major: number, minor: number] | null;
}

/** What all nodes have in common. */
export interface NatsAccounts {
  operator: string;
  /** Public key of each account → its JWT. */
  accounts: Readonly<Record<string, string>>;
  system: string;
}

/** @param fleetJwt of the fleet's account as it was changed last; null for one without changes */
export async function natsAccounts(
  keys: FleetKeys,
  name: string,
  fleetJwt: string | null = null,
): Promise<NatsAccounts> {
  const system = publicKey(keys.system);
  return {
    operator: await operatorJwt(keys, name),
    system,
    accounts: {
      [system]: await systemAccountJwt(keys),
      [publicKey(keys.fleet)]: fleetJwt ?? (await fleetAccountJwt(keys)),
    },
  };
}

/** A home's session that is silent for longer is asked, and closed. */
const PING = ['ping_interval: "60s"', 'ping_max: 3'];

export function natsConfig(node: NatsNode, { accounts, operator, system }: NatsAccounts): string {
  const tls = node.tls === null ? '' : `, ${tlsBlock(node.tls, false)}`;
  const inside = node.tls === null || !node.tlsInside ? '' : tlsBlock(node.tls, false);
  const preload = Object.entries(accounts).map(([account, jwt]) => `  ${account}: ${jwt}`);
  const lines = [
    `server_name: ${quoted(node.name)}`,
    `listen: ${quoted(node.listen)}`,
    ...(inside === '' ? [] : [inside]),
    'max_connections: 100000',
    ...PING,
    `jetstream { store_dir: ${quoted(node.storeDirectory)}${syncs(node.version) ? ', sync_interval: always' : ''} }`,
    `mqtt { listen: ${quoted(node.mqttListen)}, stream_replicas: ${node.replicas}, ack_wait: "10s", max_ack_pending: 1000${tls} }`,
    `operator: ${operator}`,
    `system_account: ${system}`,
    `resolver: { type: full, dir: ${quoted(node.accountDirectory)}, allow_delete: true, interval: "2m" }`,
    `resolver_preload: {\n${preload.join('\n')}\n}`,
  ];
  if (node.cluster !== null) {
    const routes = node.cluster.routes.map((route) => quoted(route)).join(', ');
    const both = node.tls === null || !node.tlsInside ? '' : `, ${tlsBlock(node.tls, true)}`;
    lines.push(`cluster { name: fleet, listen: ${quoted(node.cluster.listen)}, routes: [ ${routes} ]${both} }`);
  }
  return `${lines.join('\n')}\n`;
}

/** Before 2.10 a server that stands alone writes to the disk's surface every two minutes, and knows no other way. */
const syncs = (version: NatsNode['version']): boolean =>
  version !== null && (version[0] > 2 || (version[0] === 2 && version[1] >= 10));

function tlsBlock({ ca, cert, key }: { cert: string; key: string; ca: string }, verify: boolean): string {
  const others = verify ? `, ca_file: ${quoted(ca)}, verify: true` : '';
  return `tls { cert_file: ${quoted(cert)}, key_file: ${quoted(key)}, timeout: 10${others} }`;
}

/** As its parser takes text: a backslash begins an escape. */
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
