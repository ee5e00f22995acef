// The lab's Internet: a namespace with documentation addresses (RFC 5737, RFC 3849), real mail and web servers on them,
// and a certificate authority of its own. Documentation ranges are not private, so the sensor counts them as outside.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, helperPath, mustSucceed, type Namespaces } from './namespaces.ts';

/** A name in the lab's DNS and the Internet's addresses it stands for. Several hosts may share an address. */
export interface InternetHost {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface SmtpListener {
  readonly kind: 'smtp';
  readonly address: string;
  readonly port: number;
  readonly security: 'plain' | 'starttls' | 'implicit';
}

export interface WebListener {
  readonly kind: 'web';
  readonly address: string;
  readonly port: number;
  readonly security: 'plain' | 'implicit';
}

export const mailPorts = [25, 465, 587, 2525] as const;

/** Accepts mail on 25, 465, 587 and 2525; also the MX of example.net. */
export const mailServer = internetHost('mail.example.net', 25);
/** Nothing listens here: every connection is refused. */
export const refusingServer = internetHost('closed.example.net', 26);
/** The router drops port 25 to this one: connections stay unanswered. */
export const silentServer = internetHost('silent.example.net', 27);

/** Web and TLS servers that stand for update, telemetry, content and dashboard backends. */
export const defaultBackends: readonly InternetHost[] = [
  internetHost('firmware.lumacam.example', 80),
  internetHost('telemetry.lumacam.example', 81),
  internetHost('updates.coldbox.example', 82),
  internetHost('dashboard.bigscreen.example', 83),
  internetHost('cdn.manyfiles.example', 84),
];

/** A host with the last octet of 203.0.113.0/24, and the same digits at the end of 2001:db8:ffff::/64. */
export function internetHost(name: string, last: number): InternetHost {
  return { name, ipv4: `203.0.113.${last}`, ipv6: `2001:db8:ffff::${last}` };
}

export function addressesOf(hosts: readonly InternetHost[]): string[] {
  return [...new Set(hosts.flatMap((host) => [host.ipv4, host.ipv6]))];
}

/** What runs in the Internet: mail on the mail server's addresses; HTTP on 80 and TLS on 443 on each backend's. */
export function internetListeners(backends: readonly InternetHost[]): (SmtpListener | WebListener)[] {
  return [
    ...addressesOf([mailServer]).flatMap((address) => mailPorts.map((port) => smtpListener(address, port))),
    ...addressesOf(backends).flatMap((address): WebListener[] => [
      { kind: 'web', address, port: 80, security: 'plain' },
      { kind: 'web', address, port: 443, security: 'implicit' },
    ]),
  ];
}

export function smtpListener(address: string, port: number): SmtpListener {
  const security = port === 465 ? 'implicit' : port === 25 ? 'plain' : 'starttls';
  return { kind: 'smtp', address, port, security };
}

export interface Certificates {
  /** The authority's certificate: what clients in the lab trust. */
  readonly ca: string;
  /** One server certificate and key for every name and address of the lab. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes the lab's authority and a server certificate for the given names and addresses, valid for ten days. */
export async function makeCertificates(
  directory: string,
  names: readonly string[],
  addresses: readonly string[],
): Promise<Certificates> {
  const file = (name: string) => join(directory, name);
  const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const alternatives = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)];
  writeFileSync(file('server.ext'), `subjectAltName=${alternatives.join(',')}\nextendedKeyUsage=serverAuth\n`);
  const openssl = async (...args: string[]) => mustSucceed('openssl', await execute('openssl', args));
  await Promise.all([
    openssl(
      ...newKey,
      '-x509',
      '-days',
      '10',
      '-subj',
      '/CN=Lab CA',
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
    ),
    openssl(...newKey, '-subj', '/CN=lab', '-keyout', file('server.key'), '-out', file('server.csr')),
  ]);
  const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '10'];
  const request = ['-in', file('server.csr'), '-extfile', file('server.ext'), '-out', file('server.pem')];
  await openssl('x509', '-req', ...authority, ...request);
  return { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}

/** What a server says of an accepted mail. The body is thrown away. */
export interface DeliveredMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly client: string;
  readonly address: string;
  readonly port: number;
}

/** Runs servers.mjs in a namespace and waits until every listener is open. Accepted mail is appended to `mailbox`. */
export async function startServers(
  namespaces: Namespaces,
  role: string,
  listeners: readonly (SmtpListener | WebListener)[],
  certificates: Certificates,
  mailbox: DeliveredMail[],
): Promise<void> {
  const config = JSON.stringify({ listeners, certificate: certificates.certificate, key: certificates.key });
  const servers = await namespaces.start(role, process.execPath, [helperPath('servers.mjs'), config], /^ready$/m);
  let rest = '';
  servers.child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) mailbox.push(JSON.parse(line) as DeliveredMail);
  });
}
