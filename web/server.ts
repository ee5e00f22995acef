// The web server's door: it listens, bounds connections, and makes pairing links. What answers requests (app.ts) is loaded when the
// first one comes, or when it is told to. It never trusts who connects: a compromised device is on the same network.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { takeConnections } from '../sensor/doors.ts';
import type { Words } from '../sensor/language/words.ts';
import type { CommandRunner } from '../sensor/record/commands.ts';
import type { RecordEvents } from '../sensor/record/events.ts';
import { Access, pairingLinkFor } from './access.ts';
import { Connections } from './connections.ts';
import { isLoopbackName } from './host-check.ts';
import { bracketed, lanAddress, listening, newHttpServer } from './listen.ts';
import { Live } from './live.ts';
import type { MetricsDoor } from './metrics.ts';
import { Pace } from './pace.ts';
import type { BrowserStore, FleetReport, LinkStore, Log, PageModelIn, PhoneDoor, RandomBytes } from './ports.ts';
import type { HealthAnswer } from './shapes.ts';
import { loadPage, type StaticFile } from './static-files.ts';

export { WebServerError } from './listen.ts';

export interface WebServerOptions {
  /** `web.listen`; port 0 takes a free one. */
  listen: { host: string; port: number };
  /** `web.base_path`: the prefix under which a reverse proxy shows the page. `/` without one. */
  basePath: string;
  /** `web.host_names`: further names the page may be opened by. */
  hostNames: string[];
  /** `web.trusted_proxies`: prefixes whose `X-Forwarded-For` is believed, so that the brake on wrong tokens meets the sender. */
  trustedProxies?: string[];
  /** PEM texts of the user's certificate. */
  tls?: { cert: string; key: string };
  /** The built page: `dist/web/public`. */
  publicDir: string;
  model: PageModelIn;
  /** The language of what is asked for in none that there is. */
  words: Words;
  run: CommandRunner;
  events: RecordEvents;
  /** `/metrics`, where it is switched on. */
  metrics?: MetricsDoor | null;
  browsers: BrowserStore;
  /** Those that are told by Web Push; null where nobody asked for it. */
  phones?: () => PhoneDoor | null;
  /** What is reported to a fleet; null where nothing is. */
  fleet?: () => FleetReport | null;
  links: LinkStore;
  clock: () => number;
  ticks: () => number;
  randomBytes: RandomBytes;
  log: Log;
}

export interface WebServer {
  /** Resolves once connections are accepted. Rejects with a WebServerError. */
  listen(): Promise<{ url: string }>;
  /** Resolves when requests are answered at once; those that come before have waited for it as well. */
  load(): Promise<void>;
  /** A fresh one-time link for the terminal; after `listen`. `loopbackOnly`: a phone cannot open it yet. */
  pairingLink(): { link: string; expiresAt: number; loopbackOnly: boolean };
  /** New connections are taken, or none; open ones stay. */
  takeConnections(areTaken: boolean): void;
  /** Unpairs a browser at once, also where it listens. False when there is none of this id. */
  revoke(browser: string): boolean;
  close(): Promise<void>;
}

/** What the door shares with what is behind it. */
export interface Inside {
  /** `/`, or the prefix with a slash on both ends. */
  basePath: string;
  scheme: 'http' | 'https';
  files: ReadonlyMap<string, StaticFile>;
  access: Access;
  live: Live;
  pace: Pace;
  /** Requests that were refused. */
  refused: { hosts: number; origins: number };
  health(words?: Words): HealthAnswer;
  /** Where a phone finds the page: the address it was asked by, or ours in the LAN when that was a loopback name. */
  pageUrl(origin: string | null): { url: string; loopbackOnly: boolean };
}

export function createWebServer(options: WebServerOptions): WebServer {
  const basePath = normalBasePath(options.basePath);
  const files = loadPage(options.publicDir);
  const access = new Access(options);
  const refused = { hosts: 0, origins: 0 };
  const pace = new Pace(options.ticks);
  const live = new Live({ events: options.events, clock: options.clock, health });
  const scheme = options.tls ? 'https' : 'http';
  let port = options.listen.port;

  function health(words = options.words): HealthAnswer {
    const web = {
      openPages: live.pages,
      ...access.counters,
      refusedHosts: refused.hosts,
      refusedOrigins: refused.origins,
      refusedPages: live.gaveWay,
      refusedStrangers: pace.refused,
    };
    return { ...options.model(words).health(), now: options.clock(), web };
  }

  const listensOnLoopback = isLoopbackName(options.listen.host);

  function pageUrl(origin: string | null): { url: string; loopbackOnly: boolean } {
    if (origin && !isLoopbackName(new URL(origin).hostname.replace(/[[\]]/g, ''))) {
      return { url: `${origin}${basePath}`, loopbackOnly: false };
    }
    const anyAddress = options.listen.host === '0.0.0.0' || options.listen.host === '::';
    const host = anyAddress ? (lanAddress() ?? 'localhost') : options.listen.host;
    return { url: `${scheme}://${bracketed(host)}:${port}${basePath}`, loopbackOnly: listensOnLoopback };
  }

  const inside: Inside = { basePath, scheme, files, access, live, pace, refused, health, pageUrl };
  const server = newHttpServer(answer, options.tls);
  const connections = new Connections(server);
  let app: RequestListener | null = null;

  async function load(): Promise<RequestListener> {
    const { pageApp } = await import('./app.ts');
    app ??= pageApp(options, inside, connections);
    return app;
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (app !== null) app(request, response);
    else
      load().then(
        (loaded) => loaded(request, response),
        (error: unknown) => {
          options.log.error(`the page cannot be loaded: ${error}`);
          response.writeHead(500).end();
        },
      );
  }

  return {
    async load() {
      await load();
    },
    async listen() {
      port = await listening(server, options.listen);
      server.on('error', (error: NodeJS.ErrnoException) => {
        const why = error.code ?? error.message;
        // Without descriptors for instance; the server goes on listening.
        if (server.listening) options.log.warn(`a connection to the page could not be taken: ${why}`);
        else options.log.error(`the page cannot be opened again: ${why}`);
      });
      live.start();
      return { url: pageUrl(null).url };
    },
    pairingLink() {
      const { token, expiresAt } = access.newToken();
      const { url, loopbackOnly } = pageUrl(null);
      return { link: pairingLinkFor(url, token), expiresAt, loopbackOnly };
    },
    takeConnections: (areTaken) => takeConnections(server, { ...options.listen, port }, areTaken),
    revoke(browser) {
      live.dropBrowser(browser);
      return options.browsers.remove(browser);
    },
    async close() {
      live.stop();
      options.metrics?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** With a slash on both ends. */
function normalBasePath(path: string): string {
  const inner = path.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}
