// Starts and stops what hangs on the spine: broker, publisher, page. Belongs to main.ts.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetReport, PhoneDoor } from '../../web/ports.ts';
import { createWebServer, type WebServer, WebServerError } from '../../web/server.ts';
import { PROJECT_ROOT } from '../checkout.ts';
import type { Config } from '../config.ts';
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import type { Log, LogTail } from '../log.ts';
import { type EmbeddedBroker, startBroker } from '../publish/broker.ts';
import { BrokerConfigError } from '../publish/broker-address.ts';
import { Publisher } from '../publish/client.ts';
import { systemTimers } from '../publish/ports.ts';
import { suppressedIn } from '../publish/suppressed.ts';
import { createTopics, type Topics } from '../publish/topics.ts';
import type { Health } from '../record/health.ts';
import type { WeekSummary } from '../record/week-summary.ts';
import type { Spine } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { metricsDoor } from './metrics-door.ts';
import { mirrorGuides } from './mirror-guides.ts';
import { pageModel } from './page-model.ts';
import { pairingLinks, tellPage, untellPage } from './pairing-links.ts';
import { publishSource } from './publish-source.ts';
import { followRequests } from './requests.ts';
import { monotonicNow } from './system-clock.ts';
import { goesToJournal } from './terminal.ts';

/** Where the store keeps what was deleted in Home Assistant. */
const SUPPRESSED = 'suppressed_devices';
/** The embedded broker's user, where none is configured. */
const BROKER_USER = 'thingwatch';
const PUBLIC_DIR = join(PROJECT_ROOT, 'dist/web/public');

export interface EdgesOptions {
  config: Config;
  spine: Spine;
  topics: Topics;
  sensorId: string;
  sensorMac: Mac | null;
  version: string;
  /** Where pairing links wait to be used. */
  stateDir: string;
  /** In the language that is configured unless told. */
  health(words?: Words): Health;
  weeks(): readonly WeekSummary[];
  /** Those that are told by Web Push; null where nobody asked for it. */
  phones(): PhoneDoor | null;
  /** What is reported to a fleet; null where nothing is. */
  fleet(): FleetReport | null;
  log(room: string): Log;
  logTail: LogTail;
  now(): number;
  /** For the terminal: the page's link and its QR code. */
  print(text: string): void;
}

interface Login {
  username?: string;
  password?: string;
}

export interface Edges {
  /** Where a phone can open the page; null where none can. */
  pageUrl: string | null;
  /**
   * Loads what answers at the ports that are open, and begins to publish. Who comes before waits; what is to be published lies in the
   * outbox and in memory. Resolves when it is loaded.
   */
  begin(): Promise<void>;
  brokerStatus(): Health['broker'];
  /** Page and embedded broker take new connections, or none; open ones stay. May be called again and again. */
  takeConnections(areTaken: boolean): void;
  stop(): Promise<void>;
}

export function topicsFor(config: Config, sensorId: string): Topics {
  return createTopics({ baseTopic: config.mqtt.base_topic, sensorId, discoveryPrefix: config.homeassistant.prefix });
}

/** Opens the ports of page and broker; what takes long waits for `begin`, so that frames need not. */
export async function startEdges(options: EdgesOptions): Promise<Edges> {
  const pem = readPems(options.config);
  const web = await startWeb(options, pem);
  let broker: EmbeddedBroker | null = null;
  try {
    const isEmbedded = options.config.mqtt.url === undefined;
    const login = isEmbedded ? embeddedLogin(options) : configuredLogin(options.config.mqtt);
    broker = isEmbedded ? await startEmbedded(options, login) : null;
    const publisher = makePublisher(options, { broker, login, pem: pem.mqtt, pageUrl: web.url });
    publisher.hear();
    return {
      pageUrl: reachable(web.url),
      async begin() {
        publisher.start();
        await web.load();
      },
      brokerStatus: () => publisher.status(),
      takeConnections(areTaken) {
        web.takeConnections(areTaken);
        broker?.takeConnections(areTaken);
      },
      async stop() {
        await publisher.stop();
        await broker?.close();
        untellPage(options.stateDir);
        await web.close();
      },
    };
  } catch (error) {
    await broker?.close();
    await web.close();
    throw error;
  }
}

async function startEmbedded({ config, log, print }: EdgesOptions, login: Login): Promise<EmbeddedBroker> {
  try {
    const broker = await startBroker({ listen: config.mqtt.listen, log: log('publish'), ...login });
    print(
      `MQTT: embedded broker on ${broker.host}:${broker.port}${login.username === undefined ? '' : `, user ${login.username}`}`,
    );
    return broker;
  } catch (error) {
    if (error instanceof BrokerConfigError) throw new EdgeError(2, `mqtt.listen: ${error.message}`);
    throw error;
  }
}

/** The configured user and password; on the LAN, where none is configured, a password made once and kept in a file. */
function embeddedLogin({ config, print, spine, stateDir }: EdgesOptions): Login {
  const { listen, password, username } = config.mqtt;
  if (password !== undefined) return { username: username ?? BROKER_USER, password };
  if (isLoopback(listen)) return {};
  const path = join(stateDir, 'mqtt-password');
  const made = lastingSecret(path, spine.store);
  print(`MQTT: the password for user ${username ?? BROKER_USER} is in ${path}`);
  return { username: username ?? BROKER_USER, password: made };
}

/** What is in the file; else made now and written there, as soon as the disk takes it. A full disk leaves an empty file. */
function lastingSecret(path: string, store: Spine['store']): string {
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (kept !== '') return kept;
  const made = randomBytes(18).toString('base64url');
  store.keep('mqtt-password', () => writeFileSync(path, `${made}\n`, { mode: 0o600 }));
  return made;
}

function configuredLogin({ password, username }: Config['mqtt']): Login {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function isLoopback(listen: string): boolean {
  return /^(?:127\.|localhost:|\[::1\])/.test(listen);
}

function makePublisher(
  options: EdgesOptions,
  { broker, login, pem, pageUrl }: { broker: EmbeddedBroker | null; login: Login; pem: Pems['mqtt']; pageUrl: string },
): Publisher {
  const { config, health, log, sensorMac, spine, topics, weeks } = options;
  const { mqtt, homeassistant } = config;
  const holdMs = homeassistant.hold_hours * 60 * 60_000;
  return new Publisher({
    access: {
      url: broker?.url ?? mqtt.url ?? '',
      clientId: mqtt.client_id ?? `thingwatch-${options.sensorId}`,
      ...(broker?.login ?? login),
      ...pem,
    },
    embedded: broker !== null,
    topics,
    version: options.version,
    words: spine.words,
    homeAssistant: {
      enabled: homeassistant.enabled,
      statusTopic: homeassistant.status_topic ?? `${homeassistant.prefix}/status`,
      devices: homeassistant.devices,
      linkByMac: homeassistant.link_by_mac,
    },
    holdMs,
    source: publishSource(spine, { health, holdMs, sensorMac, weeks, pageUrl: () => reachable(pageUrl) }),
    events: spine.events,
    run: spine.run,
    timers: systemTimers,
    random: Math.random,
    outbox: spine.store.outbox,
    topicStore: spine.store.topics,
    suppressed: suppressedIn({
      read: () => spine.store.meta(SUPPRESSED),
      write: (text) => spine.store.setMeta(SUPPRESSED, text),
    }),
    log: log('publish'),
  });
}

async function answerTests(request: string, { health, log, spine, stateDir }: EdgesOptions): Promise<void> {
  const { answerTest } = await import('./test-alert.ts');
  const isWaiting = (id: string) => spine.store.outbox.has(id);
  await answerTest(request, { stateDir, run: spine.run, health, isWaiting }).catch((error: unknown) =>
    log('main').error(`a test alert was asked for, and who took it cannot be told: ${error}`),
  );
}

/** Home Assistant and others link to the page only where others can open it. */
function reachable(url: string): string | null {
  return /\/\/(?:127\.|localhost|\[::1\])/.test(url) ? null : url;
}

/** Texts in PEM by the setting that names their file. */
interface Pems {
  mqtt: { ca?: string; cert?: string; key?: string };
  web: { cert: string; key: string } | null;
}

/** Before anything is started: a file that cannot be read is a mistake in the configuration. */
function readPems({ mqtt, web }: Config): Pems {
  return {
    mqtt: {
      ...(mqtt.ca === undefined ? {} : { ca: readPem('mqtt.ca', mqtt.ca) }),
      ...(mqtt.cert === undefined ? {} : { cert: readPem('mqtt.cert', mqtt.cert) }),
      ...(mqtt.key === undefined ? {} : { key: readPem('mqtt.key', mqtt.key) }),
    },
    web:
      web.cert === undefined || web.key === undefined
        ? null
        : { cert: readPem('web.cert', web.cert), key: readPem('web.key', web.key) },
  };
}

function readPem(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new EdgeError(
      2,
      `${key}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** For the terminal: the link, and what a phone needs to open it. */
export async function pairingText({ link, loopbackOnly }: { link: string; loopbackOnly: boolean }): Promise<string> {
  const how = loopbackOnly
    ? 'Only this machine can open it. To use a phone, set web.listen to 0.0.0.0:8080; pairing keeps strangers out.\n'
    : await (await import('qrcode')).default.toString(link, { type: 'utf8', errorCorrectionLevel: 'L' });
  return `Pair a browser with this link (once, within 10 minutes):\n  ${link}\n${how}`;
}

async function startWeb(
  options: EdgesOptions,
  { web: tls }: Pems,
): Promise<Pick<WebServer, 'close' | 'load' | 'takeConnections'> & { url: string }> {
  const { config, fleet, health, log, logTail, now, phones, print, spine, weeks } = options;
  const { base_path: basePath, host_names: hostNames, listen, trusted_proxies: trustedProxies } = config.web;
  const colon = listen.lastIndexOf(':');
  const metrics = await metricsDoor(options);
  const mirrors = mirrorGuides(config.notes.dirs, (text) => log('notes').warn(text));
  const server = createWebServer({
    listen: { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) },
    basePath,
    hostNames,
    trustedProxies,
    ...(tls === null ? {} : { tls }),
    publicDir: PUBLIC_DIR,
    metrics,
    model: pageModel(spine, health, logTail, { weeks, mirrors }),
    words: spine.words,
    run: spine.run,
    events: spine.events,
    browsers: spine.store.browsers,
    phones,
    fleet,
    links: pairingLinks(options.stateDir),
    clock: now,
    ticks: monotonicNow,
    randomBytes,
    log: log('web'),
  });
  const unfollow = followRequests({
    stateDir: options.stateDir,
    revoke: (browser) => server.revoke(browser),
    test: (request) => void answerTests(request, options),
    log: log('web'),
  });
  try {
    const { url } = await server.listen();
    const { link, loopbackOnly } = server.pairingLink();
    tellPage(options.stateDir, { url, loopbackOnly });
    print(`Page: ${url}`);
    // Who reads the journal, or what is sent on from there, need not be who may open the page.
    print(
      goesToJournal()
        ? 'To pair a browser: "sudo thingwatch pair" prints a link.'
        : await pairingText({ link, loopbackOnly }),
    );
    const close = async () => {
      unfollow();
      await server.close();
    };
    return { close, load: server.load, takeConnections: server.takeConnections, url };
  } catch (error) {
    unfollow();
    if (error instanceof WebServerError)
      throw new EdgeError(error.code === 'port_in_use' || error.code === 'failed' ? 1 : 2, error.message);
    throw error;
  }
}
