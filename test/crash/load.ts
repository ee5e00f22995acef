// Frames of a home in which ever more devices begin to mail, many times what a home has, written to whoever connects; and a record
// of each attempt in the order of the wire, which is what the sensor's books are held against.
import { createServer, type Server, type Socket } from 'node:net';
import { GATEWAY } from '../../sensor/self-test/frames/home.ts';
import { answered, asks, type Host, mail, ONE_MESSAGE, visit } from '../../sensor/self-test/frames/traffic.ts';
import type { Random } from '../bench/random.ts';
import { type CapturedFrame, pcapBytes } from '../support/packet-builder.ts';

/** Things that mail; fewer than the sensor remembers, so that none gives way. */
const THINGS = 1000;
/** Three, so that few of them reach so many servers that it is told. */
const SERVERS = ['203.0.113.25', '203.0.113.26', '203.0.113.27'] as const;
const HEADER = pcapBytes([]);
const TICK = 5;
/** A machine that cannot keep up plays less. */
const MOST_AT_ONCE = 10;

export type PortClass = '25' | 'submission';

/** One SYN to a mail server. */
export interface Attempt {
  key: string;
  /** When it was written, ms of performance.now. */
  at: number;
}

export function keyOf(mac: string, portClass: string): string {
  return `${mac} ${portClass}`;
}

export class Load {
  readonly #random: Random;
  readonly #server: Server;
  readonly #begun: { host: Host; portClass: PortClass }[] = [];
  #fresh = 0;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Since the last `begin`. */
  attempts: Attempt[] = [];
  frames = 0;
  #onConnection: () => void = () => {};

  /** Listens on a socket at `path`. */
  static async at(path: string, random: Random): Promise<Load> {
    const load = new Load(random);
    await new Promise<void>((resolve) => load.#server.listen(path, resolve));
    return load;
  }

  private constructor(random: Random) {
    this.#random = random;
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(HEADER);
      this.#socket = socket;
      // By this the router is known, and with it whom it has answered.
      this.#write(visit(hostAt(THINGS), '198.51.100.1', Date.now(), { host: 'time.cloud.example' }));
      this.#onConnection();
    });
  }

  /** For a new run of the sensor: resolves when it takes frames. */
  begin(): Promise<void> {
    this.attempts = [];
    // A killed sensor's source hears of it with the next frame, which it does not get.
    this.#socket?.destroy();
    this.#socket = null;
    return new Promise((resolve) => {
      this.#onConnection = resolve;
    });
  }

  /** Writes `rate` happenings a second from now on, with the time that it is. */
  play(rate: number): void {
    let due = 0;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      due = Math.min(MOST_AT_ONCE, due + ((now - last) * rate) / 1000);
      last = now;
      for (; due >= 1; due--) this.happen();
    }, TICK);
  }

  pause(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async close(): Promise<void> {
    this.pause();
    this.#socket?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Something of all that goes on in the home. */
  happen(): void {
    const lot = this.#random.below(100);
    if (lot < 20 || this.#begun.length === 0) this.beginToMail();
    else if (lot < 60) this.#again('unanswered');
    else if (lot < 70) this.#again('refused');
    else if (lot < 80) this.#again('connected');
    else
      this.#write(
        visit(hostAt(THINGS + this.#random.below(40)), `198.51.100.${1 + this.#random.below(200)}`, Date.now(), {
          host: `host-${this.#random.below(400)}.cloud.example`,
        }),
      );
  }

  /** A thing's first mail, or its first to the other kind of port; once all have, one more of some. Returns its key. */
  beginToMail(): string {
    if (this.#fresh >= 2 * THINGS) return this.#again('unanswered');
    const one = {
      host: hostAt(Math.floor(this.#fresh / 2)),
      portClass: this.#fresh % 2 === 0 ? ('25' as const) : ('submission' as const),
    };
    this.#fresh++;
    this.#begun.push(one);
    return this.#mail(one, SERVERS[0], 'unanswered');
  }

  #again(outcome: 'unanswered' | 'refused' | 'connected'): string {
    return this.#mail(this.#random.pick(this.#begun), this.#random.pick(SERVERS), outcome);
  }

  #mail(
    { host, portClass }: { host: Host; portClass: PortClass },
    server: string,
    outcome: 'unanswered' | 'refused' | 'connected',
  ): string {
    const port = portClass === '25' ? 25 : 587;
    const key = keyOf(host.mac, portClass);
    // What an address does that the router has not answered may wait for a while: it might be made up.
    const name = 'mx.provider.example';
    this.#write([asks(host, name, 'A', Date.now()), answered(host, name, [server], Date.now())]);
    this.#write(
      mail(host, server, Date.now(), { outcome, port, ...(outcome === 'connected' ? { dialogue: ONE_MESSAGE } : {}) }),
    );
    this.attempts.push({ key, at: performance.now() });
    return key;
  }

  #write(frames: readonly CapturedFrame[]): void {
    this.frames += frames.length;
    const time = Date.now();
    this.#socket?.write(pcapBytes(frames.map(({ data }) => ({ time, data }))).subarray(HEADER.length));
  }
}

/** The `n`th device, of one vendor's block. */
function hostAt(n: number): Host {
  const [high, low] = [n >> 8, n & 255];
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return { mac: `${GATEWAY.mac.slice(0, 6)}4d:10:${hex(high)}:${hex(low)}`, ip: `192.168.${100 + high}.${low}` };
}
