// A device in the lab's home: joins by real DHCP and SLAAC, and acts with real clients from inside its namespace.
// Not a model of any product; what it does is what a test tells it to.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificates, type DeliveredMail, smtpListener, startServers } from './internet.ts';
import { helperPath, mustSucceed, type Namespaces, type Output } from './namespaces.ts';

export interface DeviceOptions {
  /** Names the namespace, the DHCP host name (unless hostName says otherwise) and the device in tests: a-z, 0-9, -. */
  readonly name: string;
  /** Lower case with colons. */
  readonly mac: string;
  /** DHCP option 12; null sends none. */
  readonly hostName?: string | null;
  /** DHCP option 60. */
  readonly vendorClass?: string;
  /** What the router's DHCP gives it. Two devices with the same one get it in turn, as leases are given back. */
  readonly reservedAddress?: string;
  /** Also ask for an address by DHCPv6, beside SLAAC. */
  readonly dhcpv6?: boolean;
}

export type Outcome = 'connected' | 'refused' | 'unanswered' | 'failed';

/** One connection to a mail server. Times are milliseconds since 1970 with fractions, taken just before the SYN. */
export interface MailAttempt {
  readonly startedAt: number;
  readonly outcome: 'delivered' | 'refused' | 'unanswered' | 'failed';
  /** The server's address, when the mail was delivered. */
  readonly address?: string;
  readonly recipients?: number;
  readonly error?: string;
}

export interface MailOptions {
  /** A host name or an address; names are resolved by the lab's DNS. */
  readonly to: string;
  readonly port?: number;
  readonly from?: string;
  /** Mails, one connection each. */
  readonly count?: number;
  /** Recipients of each mail. */
  readonly recipients?: number;
  readonly family?: 4 | 6;
  /** Default: implicit TLS on 465, STARTTLS on 587, plain elsewhere. */
  readonly security?: 'plain' | 'starttls' | 'implicit';
  /** After this an attempt counts as unanswered. */
  readonly timeoutMs?: number;
}

export interface ConnectResult {
  readonly outcome: Outcome;
  readonly address: string;
  readonly startedAt: number;
  readonly localAddress?: string;
}

export interface FetchOptions {
  readonly family?: 4 | 6;
  /** Connect here whatever the URL's name resolves to, without a lookup. */
  readonly address?: string;
  /** Bytes sent up in a POST; 0 is a GET. */
  readonly upload?: number;
  readonly userAgent?: string;
}

export interface FetchResult {
  readonly status: number;
  readonly bytes: number;
  readonly address: string;
}

/** Who answers does so within this time (ms), however busy the machine; whoever asks one that is silent says how long he waits. */
const ANSWERS_WITHIN = 15_000;

export class Device {
  readonly name: string;
  readonly mac: string;
  /** The address DHCP gave, once joined. */
  ipv4: string | undefined;
  /** The global addresses by SLAAC (and DHCPv6), once joined. */
  ipv6: readonly string[] = [];
  /** Mail that servers on this device accepted. */
  readonly mailbox: DeliveredMail[] = [];
  readonly #options: DeviceOptions;
  readonly #port: string;
  readonly #namespaces: Namespaces;
  readonly #certificates: Certificates;

  /** `port` is the hub's interface that the device's cable ends in. */
  constructor(options: DeviceOptions, port: string, namespaces: Namespaces, certificates: Certificates) {
    this.name = options.name;
    this.mac = options.mac;
    this.#options = options;
    this.#port = port;
    this.#namespaces = namespaces;
    this.#certificates = certificates;
  }

  /** Link up, address by DHCP, IPv6 by router advertisement; resolves when both are usable. */
  async join(): Promise<void> {
    await this.#namespaces.script(this.name, ['ip link set eth0 up']);
    await this.#namespaces.script('switch', [untilForwarding(this.#port)]);
    const ipv6 = this.#waitForIpv6(1);
    const dhcp = await this.#namespaces.start(
      this.name,
      'dhclient',
      ['-4', '-d', ...this.#dhcpFiles(4)],
      /bound to (\S+)/,
    );
    this.ipv4 = dhcp.match[1];
    this.ipv6 = await ipv6;
    if (this.#options.dhcpv6 !== true) return;
    await this.#namespaces.start(this.name, 'dhclient', ['-6', '-d', ...this.#dhcpFiles(6)], /Bound to lease/i);
    this.ipv6 = await this.#waitForIpv6(2);
  }

  /** Gives the IPv4 lease back (DHCPRELEASE) and takes the link down. */
  async leave(): Promise<void> {
    mustSucceed('release', await this.run('dhclient', ['-4', '-r', ...this.#dhcpFiles(4)]));
    await this.#namespaces.script(this.name, ['ip link set eth0 down']);
    this.ipv4 = undefined;
    this.ipv6 = [];
  }

  /** Empties the ARP and neighbour tables, so that the next packet asks again as after a long silence. */
  async forgetNeighbours(): Promise<void> {
    await this.#namespaces.script(this.name, ['ip neigh flush all']);
  }

  /** Sends real mails with a real client, one after the other; each body is the one letter `x`. */
  sendMail(options: MailOptions): Promise<MailAttempt[]> {
    const port = options.port ?? 25;
    const security = port === 465 ? 'implicit' : port === 587 ? 'starttls' : 'plain';
    const defaults = {
      from: 'device@example.net',
      count: 1,
      recipients: 1,
      family: 4,
      security,
      timeoutMs: ANSWERS_WITHIN,
    };
    return this.#act('mail', { ...defaults, name: `${this.name}.home.arpa`, ...options, port });
  }

  /** A bare TCP connection; `send` is written and the connection closed. */
  connect(
    host: string,
    port: number,
    options: { family?: 4 | 6; timeoutMs?: number; send?: string } = {},
  ): Promise<ConnectResult> {
    return this.#act('connect', { family: 4, timeoutMs: ANSWERS_WITHIN, send: '', ...options, host, port });
  }

  /** Fetches an http: or https: URL; the lab's own authority is trusted. Throws when the transfer fails. */
  fetch(url: string, options: FetchOptions = {}): Promise<FetchResult> {
    return this.#act('fetch', { family: 4, upload: 0, ...options, url, ca: this.#certificates.ca });
  }

  /** Asks the lab's DNS; `error` is Node's code, such as ENOTFOUND. */
  lookup(name: string, type = 'A'): Promise<{ answers: unknown[]; error?: string }> {
    return this.#act('lookup', { name, type });
  }

  /** Runs a mail server on the device's own IPv4 address; what it accepts goes to `mailbox`. */
  async serveMail(ports: readonly number[] = [25]): Promise<void> {
    const address = this.ipv4;
    if (address === undefined) throw new Error(`${this.name} has no address to serve mail on`);
    const listeners = ports.map((port) => smtpListener(address, port));
    await startServers(this.#namespaces, this.name, listeners, this.#certificates, this.mailbox);
  }

  /** Any command inside the device's namespace, to its end. */
  run(command: string, args: readonly string[], input = ''): Promise<Output> {
    return this.#namespaces.run(this.name, command, args, input);
  }

  /** Any command inside the device's namespace, ended with the home. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    return this.#namespaces.spawn(this.name, command, args);
  }

  /** Sends raw frames from the device's interface, each padded to Ethernet's 60 bytes (without FCS). */
  async inject(frames: readonly Buffer[]): Promise<void> {
    const padded = frames.map((frame) => Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]));
    const input = padded.map((frame) => `${frame.toString('base64')}\n`).join('');
    mustSucceed('inject', await this.run(process.execPath, [helperPath('inject.mjs'), 'eth0'], input));
  }

  async #act<Result>(action: string, input: Readonly<Record<string, unknown>>): Promise<Result> {
    const args = [helperPath('agent.mjs'), action, JSON.stringify(input)];
    const output = mustSucceed(`${this.name}: ${action}`, await this.run(process.execPath, args));
    return JSON.parse(output.stdout) as Result;
  }

  #dhcpFiles(version: 4 | 6): string[] {
    const file = (suffix: string) => join(this.#namespaces.directory, `${this.name}-dhcp${version}.${suffix}`);
    writeFileSync(file('conf'), version === 4 ? this.#dhcp4() : `send fqdn.fqdn "${this.name}";\n`);
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
    return [...paths, '-e', `LAB_RESOLVER=${this.#namespaces.resolverFile(this.name)}`, 'eth0'];
  }

  #dhcp4(): string {
    const { hostName = this.name, vendorClass } = this.#options;
    const lines = ['request subnet-mask, routers, domain-name, domain-name-servers, broadcast-address'];
    if (hostName !== null) lines.push(`send host-name "${hostName}"`);
    if (vendorClass !== undefined) lines.push(`send vendor-class-identifier "${vendorClass}"`);
    return lines.map((line) => `${line};\n`).join('');
  }

  async #waitForIpv6(count: number): Promise<string[]> {
    for (let waited = 0; waited < 20_000; waited += 100) {
      const text = await this.#namespaces.script(this.name, ['ip -6 -o addr show dev eth0 scope global -tentative']);
      const found = [...text.matchAll(/inet6 ([0-9a-f:]+)\//g)].map((match) => match[1] ?? '');
      if (found.length >= count) return found;
      await sleep(100);
    }
    throw new Error(`${this.name} got no IPv6 address from the router in 20 s`);
  }
}

/** Shell: waits until a bridge port forwards. The kernel opens ports up to a second after the link, dropping frames. */
export function untilForwarding(port: string): string {
  return `until [ "$(cat /sys/class/net/${port}/brport/state)" = 3 ]; do sleep 0.02; done`;
}
