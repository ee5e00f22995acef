// Real nats-servers for tests: one, or a cluster of three, in operator mode with JWTs, JetStream on disk and MQTT, on free loopback ports.
// Each can be killed, started again, or lose its store.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  type FleetKeys,
  fleetAccountJwt,
  homeCredential,
  makeKeys,
  mqttServiceCredential,
  type ServiceCredential,
  serviceCredential,
  systemCredential,
} from '../../../sensor/fleet/operator/credentials.ts';
import { type NatsNode, natsAccounts, natsConfig } from '../../../sensor/fleet/operator/nats-config.ts';
import { natsVersion } from '../../../sensor/fleet/operator/programs.ts';
import { fleetPackage, type JetStreamManager, type NatsConnection } from '../../../sensor/fleet/packages.ts';
import { freePorts, killed, Place, until } from './place.ts';

export const NATS_SERVER =
  ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find((path) => existsSync(path)) ??
  null;

interface Node {
  index: number;
  port: number;
  mqttPort: number;
  routePort: number;
  process: ChildProcess | null;
}

export interface ClusterOptions {
  nodes: 1 | 3;
  /** Of the streams that the servers make for MQTT; as many as nodes unless told. */
  replicas?: number;
}

export class NatsCluster {
  readonly keys: FleetKeys = makeKeys();
  readonly replicas: number;
  readonly #place = new Place('nats');
  readonly #nodes: Node[];
  readonly #open: NatsConnection[] = [];
  readonly #revoked: Record<string, number> = {};

  /** Resolves when all answer and JetStream has a leader. */
  static async start(options: ClusterOptions): Promise<NatsCluster> {
    const ports = await freePorts(options.nodes * 3);
    const cluster = new NatsCluster(options, ports);
    try {
      await cluster.#configure();
      await Promise.all(cluster.#nodes.map(({ index }) => cluster.run(index)));
      await cluster.ready();
    } catch (error) {
      await cluster.remove();
      throw error;
    }
    return cluster;
  }

  private constructor({ nodes, replicas = nodes }: ClusterOptions, ports: number[]) {
    this.replicas = replicas;
    const [port, mqttPort, routePort] = [0, nodes, 2 * nodes].map((from) => ports.slice(from, from + nodes));
    this.#nodes = Array.from({ length: nodes }, (_, index) => ({
      index,
      port: port?.[index] ?? 0,
      mqttPort: mqttPort?.[index] ?? 0,
      routePort: routePort?.[index] ?? 0,
      process: null,
    }));
  }

  /** `nats://127.0.0.1:…`, a node each. */
  get urls(): string[] {
    return this.#nodes.map(({ port }) => `nats://127.0.0.1:${port}`);
  }

  get mqttUrls(): string[] {
    return this.#nodes.map(({ mqttPort }) => `mqtt://127.0.0.1:${mqttPort}`);
  }

  async #configure(): Promise<void> {
    const accounts = await natsAccounts(this.keys, 'test fleet');
    const routes = this.#nodes.map(({ routePort }) => `nats://127.0.0.1:${routePort}`);
    for (const { index, port, mqttPort, routePort } of this.#nodes) {
      mkdirSync(this.#place.path(`node${index}`));
      const node: NatsNode = {
        name: `node${index}`,
        listen: `127.0.0.1:${port}`,
        mqttListen: `127.0.0.1:${mqttPort}`,
        storeDirectory: this.#place.path(`node${index}`),
        accountDirectory: this.#place.path(`jwt${index}`),
        tls: null,
        tlsInside: false,
        cluster: this.#nodes.length > 1 ? { listen: `127.0.0.1:${routePort}`, routes } : null,
        replicas: this.replicas,
        version: NATS_SERVER === null ? null : natsVersion(NATS_SERVER),
      };
      writeFileSync(this.#place.path(`node${index}.conf`), natsConfig(node, accounts), { mode: 0o600 });
    }
  }

  /** Starts the node, or starts it again with what it had stored. */
  async run(index: number): Promise<void> {
    if (NATS_SERVER === null) throw new Error('nats-server is not installed: apt-get install nats-server');
    const node = this.#node(index);
    const config = this.#place.path(`node${index}.conf`);
    // What it said before it was killed stands there as well.
    const readyTimes = (): number => this.log(index).split('Server is ready').length;
    const before = readyTimes();
    node.process = this.#place.start(NATS_SERVER, ['-c', config], { log: `node${index}.log` });
    await until(
      () => `node ${index} listens\n${this.log(index).slice(-1500)}`,
      () => readyTimes() > before,
    );
  }

  isRunning(index: number): boolean {
    return this.#node(index).process !== null;
  }

  /** It stands still, also while others write to it: what comes lies in the kernel until it is killed. */
  async pause(index: number): Promise<void> {
    const pid = this.#node(index).process?.pid;
    // The number 0 would mean this process and all of its own.
    if (pid === undefined) throw new Error(`node ${index} does not run`);
    process.kill(pid, 'SIGSTOP');
    const states = () =>
      readdirSync(`/proc/${pid}/task`).map(
        (thread) => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1'))?.[1],
      );
    await until(
      () => `node ${index} stands still: ${states().join()}`,
      () => states().every((state) => state === 'T'),
    );
  }

  async kill(index: number): Promise<void> {
    const node = this.#node(index);
    if (node.process !== null) await killed(node.process);
    node.process = null;
  }

  /** What the dead node had stored is lost, as with its disk. */
  loseStore(index: number): void {
    if (this.isRunning(index)) throw new Error('kill it first');
    rmSync(this.#place.path(`node${index}`), { recursive: true, force: true });
    mkdirSync(this.#place.path(`node${index}`));
  }

  log(index: number): string {
    return this.#place.log(`node${index}.log`);
  }

  /** Resolves when streams can be made. */
  async ready(): Promise<void> {
    const connection = await this.connect();
    const manager = await this.manager(connection);
    await until(
      () => 'JetStream has a leader',
      () =>
        manager.getAccountInfo().then(
          () => true,
          () => false,
        ),
      { within: 40_000 },
    );
    await connection.close();
  }

  /** With the rights of a collector. Closed with the cluster. */
  async connect(credential?: ServiceCredential): Promise<NatsConnection> {
    const { connect, credsAuthenticator } = fleetPackage('@nats-io/transport-node');
    const { creds } = credential ?? (await serviceCredential(this.keys, 'test'));
    const connection = await connect({
      servers: this.urls,
      authenticator: credsAuthenticator(Buffer.from(creds)),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
    });
    this.#open.push(connection);
    return connection;
  }

  manager(connection: NatsConnection): Promise<JetStreamManager> {
    return fleetPackage('@nats-io/jetstream').jetstreamManager(connection, { checkAPI: false });
  }

  serviceCredential(): Promise<ServiceCredential> {
    return serviceCredential(this.keys, 'collector');
  }

  /** The MQTT password of a service. */
  async mqttToken(): Promise<string> {
    return (await mqttServiceCredential(this.keys, 'service')).jwt;
  }

  /** A home's MQTT password, and what it is revoked by. */
  async homeToken(home: string): Promise<{ token: string; credential: string }> {
    const { credential, jwt } = await homeCredential(this.keys, home);
    return { token: jwt, credential };
  }

  /** All that was given to this user up to now is worth nothing any more, at every node; connections that it has are closed. */
  async revoke(credential: string): Promise<void> {
    this.#revoked[credential] = Math.floor(Date.now() / 1000) + 1;
    const system = await this.connect(await systemCredential(this.keys));
    const claim = await fleetAccountJwt(this.keys, this.#revoked);
    const answer = await system.request('$SYS.REQ.CLAIMS.UPDATE', claim, { timeout: 20_000 });
    await system.close();
    if (answer.json<{ error?: unknown }>().error !== undefined) throw new Error(answer.string());
  }

  /** Which node leads the stream; -1 while there is none. */
  async leaderOf(stream: string, connection: NatsConnection): Promise<number> {
    if (this.#nodes.length === 1) return 0;
    const { cluster } = await (await this.manager(connection)).streams.info(stream);
    return Number(/^node(\d)$/.exec(cluster?.leader ?? '')?.[1] ?? -1);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.close().catch(() => {})));
    await this.#place.remove();
  }

  #node(index: number): Node {
    const node = this.#nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

/** What is installed, for the figures of a bench. */
export function natsServerVersion(): string {
  return NATS_SERVER === null ? 'none' : execFileSync(NATS_SERVER, ['-v'], { encoding: 'utf8' }).trim();
}
