// The real publisher between a home in memory and a real broker, with a cable in between that a test can cut.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { english } from '../../sensor/language/words.ts';
import { silentLog } from '../../sensor/log.ts';
import { startBroker } from '../../sensor/publish/broker.ts';
import { Publisher, type PublisherOptions } from '../../sensor/publish/client.ts';
import type { BrokerAccess } from '../../sensor/publish/link.ts';
import type { HomeAssistantOptions } from '../../sensor/publish/picture.ts';
import { createTopics } from '../../sensor/publish/topics.ts';
import { FakeTimers } from './fake-timers.ts';
import { type Authority, freePort, Mosquitto } from './mosquitto.ts';
import { SmallHome } from './small-home.ts';
import { type ListenerOptions, until } from './transcript.ts';

export const TOPICS = createTopics({
  baseTopic: 'thingwatch',
  sensorId: 'b827eb5512aa',
  discoveryPrefix: 'homeassistant',
});
export const CAMERA = 'a4:cf:12:99:be:ef';

export interface TestBroker {
  url: string;
  port: number;
  /** What a client needs besides the address. */
  login: ListenerOptions;
  /** It speaks MQTT 5, so listeners see the publisher's retain flags. */
  version: 4 | 5;
  /** Dies and comes back with nothing remembered. */
  die(): Promise<void>;
  revive(): Promise<void>;
  remove(): Promise<void>;
}

/** With TLS where there is an authority. */
export async function mosquittoBroker(authority: Authority | null): Promise<TestBroker> {
  const broker = await Mosquitto.start(authority === null ? {} : { authority });
  const trust = authority === null ? {} : { ca: authority.ca };
  return {
    url: broker.url,
    port: broker.port,
    login: { username: broker.username, password: broker.password, ...trust, protocolVersion: 5 },
    version: 5,
    die: () => broker.kill(),
    revive: () => broker.run(),
    remove: () => broker.remove(),
  };
}

export async function aedesBroker(): Promise<TestBroker> {
  const port = await freePort();
  const login = { username: 'home', password: 'a long one' };
  const start = () => startBroker({ listen: `127.0.0.1:${port}`, ...login, log: silentLog });
  let broker = await start();
  return {
    url: broker.url,
    port,
    login: { ...login, protocolVersion: 4 },
    version: 4,
    die: () => broker.close(),
    revive: async () => {
      broker = await start();
    },
    remove: () => broker.close(),
  };
}

/** A TCP cable to the broker: cutting it is to the broker what `kill -9` of the sensor is. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  static async to(port: number): Promise<Cable> {
    const cable = await Cable.unplugged(port);
    await cable.plugIn();
    return cable;
  }

  /** Nothing listens at its near end, until it is plugged in. */
  static async unplugged(port: number): Promise<Cable> {
    return new Cable(port, await freePort());
  }

  private constructor(port: number, near: number) {
    this.port = near;
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
  }

  plugIn(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Cut, and nothing listens any more. */
  async unplug(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  remove(): Promise<void> {
    return this.unplug();
  }
}

export interface Lab {
  home: SmallHome;
  timers: FakeTimers;
  /** The broker's time to answer, which stands still: one is set as long as something is not acknowledged. */
  wire: FakeTimers;
  log: string[];
  publisher: Publisher;
}

export interface LabOptions extends Partial<Pick<PublisherOptions, 'outbox' | 'topicStore' | 'suppressed'>> {
  home?: SmallHome;
  homeAssistant?: Partial<HomeAssistantOptions>;
}

/** A publisher that is not started; its clock stands still. */
export function publisherLab(
  access: Omit<BrokerAccess, 'clientId'>,
  { home = new SmallHome(TOPICS), homeAssistant, ...stores }: LabOptions = {},
): Lab {
  const [timers, wire] = [new FakeTimers(), new FakeTimers()];
  const log: string[] = [];
  const note = (level: string) => (message: string) => {
    log.push(`${level} ${message}`);
  };
  const publisher = new Publisher({
    words: english,
    access: { ...access, clientId: 'thingwatch_b827eb5512aa' },
    embedded: false,
    topics: TOPICS,
    version: '0.1.0',
    homeAssistant: {
      enabled: true,
      statusTopic: 'homeassistant/status',
      devices: 'flagged',
      linkByMac: true,
      ...homeAssistant,
    },
    source: home,
    events: home.events,
    outbox: home.outbox,
    topicStore: home.topicStore,
    suppressed: home.suppressed,
    run: home.run,
    timers,
    wire,
    random: () => 0.5,
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    ...stores,
  });
  return { home, timers, wire, log, publisher };
}

/** Waits until the broker has taken all that the publisher has said so far; alerts that it took wait no longer then. */
export function allTaken({ wire }: Lab): Promise<void> {
  return until(() => wire.pending().length === 0);
}

/** The access of a broker, over another port if there is a cable. */
export function accessTo(broker: TestBroker, port = broker.port): Omit<BrokerAccess, 'clientId'> {
  const { username, password, ca } = broker.login;
  return {
    url: broker.url.replace(/\d+$/, String(port)),
    ...(typeof username === 'string' ? { username } : {}),
    ...(typeof password === 'string' ? { password } : {}),
    ...(typeof ca === 'string' ? { ca } : {}),
  };
}
