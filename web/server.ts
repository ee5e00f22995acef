// The web server: Express with its limits, headers, host check and pairing in front of the API and the built page.
// It never trusts who connects: a compromised device is on the same network.
import { hostname as osHostname } from 'node:os';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { takeConnections } from '../sensor/doors.ts';
import type { Words } from '../sensor/language/words.ts';
import type { CommandRunner } from '../sensor/record/commands.ts';
import type { RecordEvents } from '../sensor/record/events.ts';
import { Access, cookieHeader, pairingLinkFor } from './access.ts';
import { apiRoutes } from './api.ts';
import { type ApiContext, ApiFailure, type ApiRoute } from './api-route.ts';
import { Connections } from './connections.ts';
import { answerError, jsonOnly, neverKept, nothingHere, pageHeaders } from './front.ts';
import { changeAllowed, type HostRules, hostAllowed, isLoopbackName, readAllowed } from './host-check.ts';
import { wordsFor } from './language.ts';
import { bracketed, lanAddress, listening, newHttpServer, ownAddresses } from './listen.ts';
import { Live } from './live.ts';
import type { MetricsDoor } from './metrics.ts';
import { Pace } from './pace.ts';
import type {
  BrowserStore,
  FleetReport,
  LinkStore,
  Log,
  PageModelIn,
  PhoneDoor,
  RandomBytes,
  StoredBrowser,
} from './ports.ts';
import type { HealthAnswer } from './shapes.ts';
import { loadPage, serveStatic } from './static-files.ts';

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
  app: Express;
  /** Resolves once connections are accepted. Rejects with a WebServerError. */
  listen(): Promise<{ url: string }>;
  /** A fresh one-time link for the terminal; after `listen`. `loopbackOnly`: a phone cannot open it yet. */
  pairingLink(): { link: string; expiresAt: number; loopbackOnly: boolean };
  /** New connections are taken, or none; open ones stay. */
  takeConnections(areTaken: boolean): void;
  /** Unpairs a browser at once, also where it listens. False when there is none of this id. */
  revoke(browser: string): boolean;
  close(): Promise<void>;
}

/** What is the same in every language. */
type Shared = Omit<ApiContext, 'words' | 'model' | 'health'>;

const BODY_LIMIT = '4kb';

export function createWebServer(options: WebServerOptions): WebServer {
  const basePath = normalBasePath(options.basePath);
  const files = loadPage(options.publicDir);
  const access = new Access(options);
  const refused = { hosts: 0, origins: 0 };
  const pace = new Pace(options.ticks);
  const live = new Live({ events: options.events, clock: options.clock, health });
  const rules: HostRules = { configured: options.hostNames, hostname: osHostname(), ownAddresses };
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

  /** Where a phone finds the page: the address it was asked by, or ours in the LAN when that was a loopback name. */
  function pageUrl(origin: string | null): { url: string; loopbackOnly: boolean } {
    if (origin && !isLoopbackName(new URL(origin).hostname.replace(/[[\]]/g, ''))) {
      return { url: `${origin}${basePath}`, loopbackOnly: false };
    }
    const anyAddress = options.listen.host === '0.0.0.0' || options.listen.host === '::';
    const host = anyAddress ? (lanAddress() ?? 'localhost') : options.listen.host;
    return { url: `${scheme}://${bracketed(host)}:${port}${basePath}`, loopbackOnly: listensOnLoopback };
  }

  const context: Shared = {
    run: options.run,
    access,
    live,
    browsers: options.browsers,
    phones: options.phones ?? (() => null),
    fleet: options.fleet ?? (() => null),
    pageUrl: (request) => pageUrl(request.get('origin') ?? `${scheme}://${request.get('host')}`),
    setCookie(request, response, value) {
      const secure = options.tls !== undefined || (request.get('origin') ?? '').startsWith('https:');
      response.append('Set-Cookie', cookieHeader(value, basePath, secure));
    },
  };

  const checkHost: RequestHandler = (request, _response, next) => {
    if (hostAllowed(request.get('host'), rules)) return next();
    refused.hosts += 1;
    throw new ApiFailure(403, 'foreign_host', 'This sensor does not answer to that name. Add it to web.host_names.');
  };

  const checkOrigin: RequestHandler = (request, _response, next) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads ? readAllowed(request.headers) : changeAllowed(request.headers, rules)) return next();
    refused.origins += 1;
    throw new ApiFailure(403, 'foreign_origin', 'Requests from other sites are refused.');
  };

  /** Before all else: a paired browser is let through whatever strangers do, and they cost little. */
  const recognise: RequestHandler = (request, response, next) => {
    const known = access.authenticate(request.headers.cookie);
    response.locals.browser = known?.browser ?? null;
    if (known) {
      connections.isOf(known.browser.id, request.socket);
      if (known.renew) context.setCookie(request, response, known.value);
      return next();
    }
    if (pace.allows(request.ip ?? '')) return next();
    if (isPairing(request)) access.counters.slowedTokens += 1;
    response.set('Retry-After', '10');
    throw new ApiFailure(429, 'slow_down', 'Too many requests from here. Wait a little and try again.');
  };

  const requirePairing: RequestHandler = (request, response, next) => {
    if (response.locals.browser !== null) return next();
    const route = apiRoutes.find(({ open, method, path }) => open && matches(request, method, path));
    if (!route) throw new ApiFailure(401, 'not_paired', 'This browser is not paired with the sensor.');
    next();
  };

  function answered(route: ApiRoute): RequestHandler {
    return async (request, response) => {
      const browser: StoredBrowser | null = response.locals.browser;
      const words = await wordsFor(request, options.words);
      response.set('Content-Language', words.language).vary('Accept-Language');
      const told = { ...context, words, model: options.model(words), health: () => health(words) };
      const body = await route.handle(told, request, response, browser);
      if (body !== undefined) response.json(body);
    };
  }

  const app = express();
  const server = newHttpServer(app, options.tls);
  const connections = new Connections(server);
  app.set('trust proxy', options.trustedProxies ?? []);
  // Home Assistant shows its add-ons in a frame of its own origin.
  app.use(pageHeaders("'self'"), checkHost);
  if (options.metrics) app.use(options.metrics.handler({ access, basePath, health, pace }));
  app.use(recognise, underPrefix(basePath));
  app.use('/api', neverKept, checkOrigin, requirePairing, jsonOnly, express.json({ limit: BODY_LIMIT }));
  for (const route of apiRoutes) app[route.method](route.path, answered(route));
  app.use(serveStatic(files));
  app.use(nothingHere);
  app.use(answerError(options.log, 'Something went wrong inside the sensor. Its log says more.'));

  return {
    app,
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

/** A proxy may pass the prefix on or strip it; both work. The page's own addresses are relative, so they need the slash. */
function underPrefix(basePath: string): RequestHandler {
  return (request, response, next) => {
    if (basePath === '/') return next();
    if (request.url === basePath.slice(0, -1)) return response.redirect(308, basePath);
    if (request.url.startsWith(basePath)) request.url = request.url.slice(basePath.length - 1);
    next();
  };
}

function matches(request: Request, method: string, path: string): boolean {
  return request.method.toLowerCase() === method && `${request.baseUrl}${request.path}` === path;
}

/** Also under a prefix that is not taken off yet. */
function isPairing({ method, path }: Request): boolean {
  return method === 'POST' && path.endsWith('/api/pair');
}

/** With a slash on both ends. */
function normalBasePath(path: string): string {
  const inner = path.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}
