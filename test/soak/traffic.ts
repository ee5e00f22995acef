// What passes on the port during a soak: a busy home at ten times its pace, and things that try to send mail, of which every
// attempt is written down before it leaves.
import { Household } from '../bench/household.ts';
import { Random } from '../bench/random.ts';
import { arp, type CapturedFrame, ethernet, padded, tcpConversation } from '../support/packet-builder.ts';

/** Of a home: packet time passes this many times faster. */
export const PACE = 10;
/** 100 devices, of which ten are people's: 38,000 connections in their day. */
const HOME = { devices: 100, connections: 200 } as const;
const DAY = 24 * 60 * 60_000;
const TICK = 50;
const ROUTER = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1' } as const;
const CLOUD = '203.0.113.80';
const MAIL_PORTS = [25, 587] as const;
/** All are there before the first fault. */
const MAILERS = 24;
/** ms between two new ones: more at a time look like made-up ones. */
const NEW_MAILER_EVERY = 450;
/** Between two attempts, ms. */
const ATTEMPTS_APART = { least: 300, spread: 1400 } as const;

interface Mailer {
  mac: string;
  ip: string;
}

export interface Attempt {
  mac: string;
  ip: string;
  port: number;
  /** Wall time (ms) when it was handed to the sender. */
  sentAt: number;
  /** When its SYN left; null until then. */
  leftAt: number | null;
}

export interface TrafficOptions {
  seed: number;
  send(frame: Buffer, onLeft?: (leftAt: number) => void): void;
  onAttempt(attempt: Attempt): void;
}

export class Traffic {
  readonly #options: TrafficOptions;
  readonly #home: Household;
  readonly #random: Random;
  readonly #begun = Date.now();
  #day: CapturedFrame[];
  #next = 0;
  #dayStart = 0;
  #timer: NodeJS.Timeout | null = null;
  #mailTimer: NodeJS.Timeout | null = null;
  #mailers = 0;
  #conversations = 0;
  frames = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#home = new Household({ ...HOME, seed: options.seed });
    this.#random = new Random(options.seed + 1);
    this.#day = this.#home.day(0);
  }

  start(): void {
    this.#timer = setInterval(() => this.#play(), TICK);
    this.#introduce();
    this.#mail();
  }

  #introduce(): void {
    const { ip, mac } = mailer(this.#mailers++);
    this.#send(request(mac, ip));
    // Its cloud answers: nobody takes it for made up.
    this.#converse({ mac, ip }, CLOUD, 443, 'connected');
    if (this.#mailers < MAILERS) setTimeout(() => this.#introduce(), NEW_MAILER_EVERY);
  }

  /** No more mail: what was tried can be counted then. */
  stopMail(): void {
    if (this.#mailTimer !== null) clearTimeout(this.#mailTimer);
    this.#mailTimer = null;
  }

  stop(): void {
    this.stopMail();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** ARP of ever new MACs: whoever floods a switch to make it a hub. */
  makeUpDevices(count: number): void {
    for (let n = 0; n < count; n++) {
      const mac = `02${this.#random.bytes(5).toString('hex')}`.replace(/..(?!$)/g, '$&:');
      this.#send(request(mac, `192.168.1.${2 + this.#random.below(250)}`));
    }
  }

  /** Bytes of no meaning behind an Ethernet header, and true frames with some bytes changed. */
  sendGarbage(count: number): void {
    for (let n = 0; n < count; n++) {
      const frame = this.#day[this.#random.below(this.#day.length)]?.data;
      if (frame === undefined) continue;
      const data = Buffer.from(frame);
      for (let change = 0; change < 6; change++)
        data[14 + this.#random.below(data.length - 14)] = this.#random.below(256);
      this.#send(n % 2 === 0 ? data : Buffer.concat([data.subarray(0, 14), this.#random.bytes(46 + (n % 1000))]));
    }
  }

  #play(): void {
    const now = (Date.now() - this.#begun) * PACE;
    for (;;) {
      const frame = this.#day[this.#next];
      if (frame === undefined) {
        this.#dayStart += DAY;
        this.#day = this.#home.day(this.#dayStart);
        this.#next = 0;
      } else if (frame.time <= now) {
        this.#next++;
        this.#send(frame.data);
      } else return;
    }
  }

  #mail(): void {
    this.#try(mailer(this.#random.below(this.#mailers)));
    this.#mailTimer = setTimeout(() => this.#mail(), ATTEMPTS_APART.least + this.#random.below(ATTEMPTS_APART.spread));
  }

  #try(mailer: Mailer): void {
    const port = this.#random.pick(MAIL_PORTS);
    const outcome = this.#random.pick(['connected', 'refused', 'unanswered'] as const);
    const ip = `198.51.100.${1 + this.#random.below(200)}`;
    const attempt: Attempt = { mac: mailer.mac, ip, port, sentAt: Date.now(), leftAt: null };
    this.#options.onAttempt(attempt);
    this.#converse(mailer, ip, port, outcome, (leftAt) => {
      attempt.leftAt = leftAt;
    });
  }

  #converse(
    client: Mailer,
    ip: string,
    port: number,
    outcome: 'connected' | 'refused' | 'unanswered',
    onSyn?: (leftAt: number) => void,
  ): void {
    const number = this.#conversations++;
    const frames = tcpConversation({
      client: { ...client, port: 1024 + (number % 60_000) },
      server: { mac: ROUTER.mac, ip, port },
      time: 0,
      isn: (number * 7919 + 1) >>> 0,
      outcome,
      close: outcome === 'connected' ? 'reset' : false,
    });
    for (const [at, { data }] of frames.entries()) this.#send(padded(data, 60), at === 0 ? onSyn : undefined);
  }

  #send(frame: Buffer, onLeft?: (leftAt: number) => void): void {
    this.frames++;
    this.#options.send(frame, onLeft);
  }
}

function mailer(number: number): Mailer {
  return { mac: `24:0a:c4:50:00:${number.toString(16).padStart(2, '0')}`, ip: `192.168.1.${200 + number}` };
}

function request(mac: string, ip: string): Buffer {
  const asks = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: ROUTER.ip });
  return padded(ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, asks), 60);
}
