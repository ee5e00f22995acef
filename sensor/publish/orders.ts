// Orders from Home Assistant: a switch and two buttons, turned into commands for the same function the page uses.
// Everything else is refused and logged by reason only; nothing that came in is echoed.
import type { Mac } from '../decode/packet.ts';
import type { Log } from '../log.ts';
import type { Command, CommandRunner } from '../record/commands.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { Incoming } from './link.ts';
import type { PublishSource, Timers } from './ports.ts';
import type { Topics } from './topics.ts';

const ORDER_LIMIT_BYTES = 64;
const ORDER_ACTOR = 'home-assistant';
/** One line a minute for each reason, however many orders are refused. */
const QUIET_MS = 60_000;
/** More at once than an automation gives for every device of a home; each may write to the disk. */
const ORDERS = { atOnce: 120, aSecond: 1 } as const;

export interface OrdersOptions {
  topics: Topics;
  source: PublishSource;
  run: CommandRunner;
  timers: Timers;
  log: Log;
  /** Called after every order that was looked at, even a refused one: the switch must show what is true. */
  onDone(device: Mac | null): void;
}

type Refusal = 'too many' | 'oversized' | 'retained' | 'malformed' | 'for an unknown device' | 'not possible now';

export class Orders {
  readonly #options: OrdersOptions;
  readonly #lastLogged = new Map<Refusal, number>();
  readonly #pace: TokenBucket;

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.#pace = new TokenBucket(ORDERS, options.timers.now());
  }

  /** True when the topic is an order's, whatever became of it. */
  handle({ topic, payload, retained }: Incoming): boolean {
    const { topics, source, onDone } = this.#options;
    const order = orderAt(topics, topic);
    if (order === null) return false;
    if (!this.#isInTime()) {
      // Not even answered: a broker that repeats orders without end must cost nothing.
      this.#refuse('too many');
      return true;
    }
    if (payload.length > ORDER_LIMIT_BYTES) this.#refuse('oversized');
    else if (retained) this.#refuse('retained');
    else if (order.device !== null && source.device(order.device) === null) this.#refuse('for an unknown device');
    else {
      const command = order.commands.get(payload.toString('utf8'));
      if (command === undefined) this.#refuse('malformed');
      else this.#run(command);
      onDone(order.device);
    }
    return true;
  }

  #isInTime(): boolean {
    if (this.#pace.left(this.#options.timers.now()) < 1) return false;
    this.#pace.take();
    return true;
  }

  #run(command: Command): void {
    const { run, log } = this.#options;
    const result = run(command, ORDER_ACTOR);
    if (result.ok) log.info(`order from Home Assistant done: ${command.type}`);
    else this.#refuse('not possible now');
  }

  #refuse(reason: Refusal): void {
    const now = this.#options.timers.now();
    const last = this.#lastLogged.get(reason);
    if (last !== undefined && now - last < QUIET_MS) return;
    this.#lastLogged.set(reason, now);
    this.#options.log.warn(`an order over MQTT was refused: ${reason}`);
  }
}

interface Order {
  /** Null for the whole house. */
  device: Mac | null;
  /** By what is said. */
  commands: ReadonlyMap<string, Command>;
}

/** What can be ordered over a topic; null where nothing can. */
function orderAt(topics: Topics, topic: string): Order | null {
  if (topic === topics.acknowledgeAll)
    return { device: null, commands: new Map([['PRESS', { type: 'acknowledge_all' }]]) };
  const parsed = topics.parseDevice(topic);
  if (parsed === null) return null;
  const { mac: device, rest } = parsed;
  if (rest === 'acknowledge') return { device, commands: new Map([['PRESS', { type: 'acknowledge_device', device }]]) };
  if (rest !== 'allow_mail/set') return null;
  const allow = (is: boolean): Command => ({ type: 'allow_mail', device, allow: is });
  return {
    device,
    commands: new Map([
      ['ON', allow(true)],
      ['OFF', allow(false)],
    ]),
  };
}
