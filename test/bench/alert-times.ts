// Attempts of made-up devices to send mail, each a SYN, and when the alert of each was in an MQTT client's hands. Sender and
// listener run in their own namespaces and stamp with the clock of the machine, which all of them share.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { router } from '../lab/home.ts';
import { mailServer } from '../lab/internet.ts';
import { helperPath, said } from '../lab/namespaces.ts';
import { ethernet, ipv4, padded, tcp } from '../support/packet-builder.ts';

/** Each (device, port class) alerts once, so every attempt is a device and class of its own. */
export const PORTS = [25, 587] as const;
/** For the last alerts to come, ms. */
const CATCH_UP = 3000;

export interface Alerted {
  port: number;
  /** The incident's id. */
  incident: string;
  /** Monotonic, ns. */
  sentAt: bigint;
  /** From the SYN to the client, ms. */
  took: number;
}

type Start = (command: string, args: readonly string[]) => ChildProcess;

export class MailAttempts {
  readonly #sender: ChildProcess;
  readonly #listener: ChildProcess;
  readonly #sent: bigint[] = [];
  readonly #received = new Map<string, { at: bigint; incident: string }>();
  #made = 0;

  /** `sender` starts a command where the SYNs leave by `eth0`, `listener` one where the broker is on loopback. */
  static async open(sender: Start, listener: Start, broker: number): Promise<MailAttempts> {
    const listens = listener(process.execPath, [helperPath('../bench/alert-listener.mjs'), String(broker)]);
    await said(listens, /ready/, 'listener');
    const sends = sender(process.execPath, [helperPath('../bench/syn-sender.mjs'), 'eth0']);
    await said(sends, /ready/, 'sender');
    return new MailAttempts(sends, listens);
  }

  private constructor(sender: ChildProcess, listener: ChildProcess) {
    this.#sender = sender;
    this.#listener = listener;
    const { stdout } = sender;
    if (stdout === null || listener.stdout === null) throw new Error('sender and listener have no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      if (/^\d+$/.test(line)) this.#sent.push(BigInt(line));
    });
    createInterface({ input: listener.stdout }).on('line', (line) => {
      const [at = '', mac = '', port = '', incident = ''] = line.split(' ');
      if (/^\d+$/.test(at)) this.#received.set(`${mac} ${port}`, { at: BigInt(at), incident });
    });
  }

  get made(): number {
    return this.#made;
  }

  /** The next device and port. A device's first is of a MAC that nobody has seen before. */
  send(): void {
    const index = this.#made++;
    const { mac, port } = attempt(index);
    this.#sender.stdin?.write(`${syn(index, mac, port).toString('base64')}\n`);
  }

  /** Those that were alerted, once the last have had their time. */
  async alerted(): Promise<Alerted[]> {
    await sleep(CATCH_UP);
    return Array.from({ length: this.#made }, (_, index) => index).flatMap((index) => {
      const { mac, port } = attempt(index);
      const [sentAt, received] = [this.#sent[index], this.#received.get(`${mac} ${port}`)];
      if (sentAt === undefined || received === undefined) return [];
      return [{ port, sentAt, incident: received.incident, took: Number(received.at - sentAt) / 1e6 }];
    });
  }

  close(): void {
    this.#sender.stdin?.end();
    this.#listener.kill();
  }
}

function attempt(index: number): { mac: string; port: number } {
  const number = Math.floor(index / PORTS.length)
    .toString(16)
    .padStart(4, '0');
  return { mac: `24:0a:c4:20:${number.slice(0, 2)}:${number.slice(2)}`, port: PORTS[index % PORTS.length] ?? 25 };
}

function syn(index: number, mac: string, port: number): Buffer {
  const ip = `192.168.50.${200 + (Math.floor(index / PORTS.length) % 50)}`;
  const segment = tcp({ sourcePort: 20_000 + index, destinationPort: port, sequence: index * 7919, flags: 'S' });
  const packet = ipv4({ source: ip, destination: mailServer.ipv4 }, segment);
  return padded(ethernet({ source: mac, destination: router.mac }, packet), 60);
}
