// Debian's Exim in the lab: as a mail server in the Internet, whose log says what it accepted, and as a mail client on a device.
// Its files lie beside the home's own, in a directory that Exim's account may enter, under a name that the lab's sweep knows.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from './device.ts';
import type { Home } from './home.ts';
import { mustSucceed } from './namespaces.ts';

/** A mail that the server took. */
export interface Accepted {
  /** Empty in a bounce. */
  from: string;
  to: string[];
  port: number;
  tls: boolean;
}

/** What the server's log says so far. */
export interface EximLog {
  accepted: Accepted[];
  /** By port. */
  connections: Map<number, number>;
  recipientsRefused: number;
  /** Recipients of each message that was refused as a whole; they had been accepted before. */
  messagesRefused: number[];
}

export interface EximOptions {
  address: string;
  ports: readonly number[];
  /** Recipients and subjects that hold this are refused. */
  refuse: string;
  /** Stands in every reply where a server may put text. */
  text: string;
}

export class Exim {
  readonly directory: string;

  static async start(home: Home, options: EximOptions): Promise<Exim> {
    const exim = new Exim(home);
    try {
      await exim.#serve(home, options);
      return exim;
    } catch (error) {
      exim.remove();
      throw error;
    }
  }

  private constructor(home: Home) {
    this.directory = mkdtempSync(`${home.directory}-exim-`);
    for (const name of ['log', 'spool']) mkdirSync(join(this.directory, name));
  }

  async #serve(home: Home, { address, ports, refuse, text }: EximOptions): Promise<void> {
    const { certificate, key } = home.certificates;
    copyFileSync(certificate, join(this.directory, 'server.pem'));
    copyFileSync(key, join(this.directory, 'server.key'));
    execFileSync('chown', ['-R', 'Debian-exim:', this.directory]);
    const config = `${common(this.directory, `mx.${text}.example`)}
log_selector = +received_recipients +incoming_interface +smtp_connection
daemon_smtp_ports = ${ports.join(' : ')}
local_interfaces = ${address}
pid_file_path = ${this.directory}/pid
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
chunking_advertise_hosts = *
pipelining_connect_advertise_hosts = :
smtputf8_advertise_hosts = *
auth_advertise_hosts = *
tls_advertise_hosts = *
tls_certificate = ${this.directory}/server.pem
tls_privatekey = ${this.directory}/server.key
acl_smtp_rcpt = recipient
acl_smtp_data = message
begin acl
recipient:
  deny condition = \${if match{$local_part}{${refuse}}}
       message = 5.1.1 no $local_part here, says ${text}
  accept
message:
  deny condition = \${if match{$h_subject:}{${refuse}}}
       message = 5.7.1 not $h_subject, says ${text}
       log_message = of $recipients_count recipients
  accept
begin routers
all:
  driver = accept
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = yes
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = yes
  server_set_id = $auth1
`;
    const file = writeConfig(this.directory, config);
    // Exim says that it listens in its log only, and after it does.
    const start = `exim4 -C ${file} -bdf & while ! grep -qs 'listening for SMTP' ${this.directory}/log/main; do sleep 0.05; done; echo ready; wait`;
    await home.start('internet', 'sh', ['-c', start], /^ready$/m);
  }

  log(): EximLog {
    const lines = readFileSync(join(this.directory, 'log', 'main'), 'utf8').split('\n');
    const log: EximLog = { accepted: [], connections: new Map(), recipientsRefused: 0, messagesRefused: [] };
    for (const line of lines) {
      const port = Number(/ I=\[[^\]]+\]:(\d+)/.exec(line)?.[1]);
      const [, from = '', to = ''] = / <= (\S+) .* for (.*)$/.exec(line) ?? [];
      if (to !== '')
        log.accepted.push({ from: from === '<>' ? '' : from, to: to.split(' '), port, tls: line.includes(' X=TLS') });
      else if (line.includes(' SMTP connection from ') && line.includes('connection count'))
        log.connections.set(port, (log.connections.get(port) ?? 0) + 1);
      else if (line.includes(' rejected RCPT ')) log.recipientsRefused++;
      else if (line.includes(' rejected after DATA'))
        log.messagesRefused.push(Number(/ of (\d+) recipients$/.exec(line)?.[1]));
    }
    return log;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface SubmitOptions {
  from: string;
  to: readonly string[];
  /** The message with its header, bare line feeds. */
  message: string;
  server: string;
  port: number;
  helo: string;
  tls?: boolean;
  chunking?: boolean;
}

/** A mail that Exim on the device delivers at once, and a bounce to `from` where a recipient is refused. */
export async function submit(home: Home, device: Device, options: SubmitOptions): Promise<void> {
  const directory = mkdtempSync(`${home.directory}-exim-`);
  try {
    for (const name of ['log', 'spool']) mkdirSync(join(directory, name));
    copyFileSync(home.certificates.ca, join(directory, 'ca.pem'));
    execFileSync('chown', ['-R', 'Debian-exim:', directory]);
    const { chunking = true, from, helo, message, port, server, tls = false, to } = options;
    const transport = [
      tls ? 'hosts_require_tls = *' : 'hosts_avoid_tls = *',
      ...(chunking ? [] : ['hosts_try_chunking =']),
      `tls_verify_certificates = ${directory}/ca.pem`,
      'tls_verify_cert_hostnames =',
    ];
    const file = writeConfig(
      directory,
      `${common(directory, helo)}
begin routers
all:
  driver = manualroute
  route_list = * ${server}::${port} byname
  self = send
  transport = out
begin transports
out:
  driver = smtp
${transport.map((line) => `  ${line}\n`).join('')}begin retry
`,
    );
    // -odi delivers before it ends; the bounce of a refused recipient is another process, which -odi waits for as well.
    mustSucceed('exim4', await device.run('exim4', ['-C', file, '-odi', '-f', from, ...to], message));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const common = (directory: string, hostName: string) => `primary_hostname = ${hostName}
exim_path = /usr/sbin/exim4
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%s
keep_environment =
message_size_limit = 20M`;

/** Exim takes no configuration that another account could have written. */
function writeConfig(directory: string, text: string): string {
  const file = join(directory, 'exim.conf');
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}
