// The web server: Express with its limits, headers, host check and pairing in front of the API and the built page.
// It never trusts who connects: a compromised device is on the same network.
import { hostname as osHostname } from 'node:os';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { CommandRunner } from '../sensor/record/commands.ts';
import type { RecordEvents } from '../sensor/record/events.ts';
import { Access, cookieHeader, pairingLinkFor } from './access.ts';
import { type ApiContext, ApiFailure, type ApiRoute, apiRoutes } from './api.ts';
import { Connections } from './connections.ts';
import { changeAllowed, type HostRules, hostAllowed, isLoopbackName, readAllowed } from './host-check.ts';
import { bracketed, lanAddress, listening, newHttpServer, ownAddresses, WebServerError } from './listen.ts';
import { Live } from './live.ts';
import { Pace } from './pace.ts';
import type { BrowserStore, LinkStore, Log, PageModel, RandomBytes, StoredBrowser } from './ports.ts';
import type { ApiError, HealthAnswer } from './shapes.ts';
import { loadStaticFiles, serveStatic } from './static-files.ts';

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
  model: PageModel;
  run: CommandRunner;
  events: RecordEvents;
  browsers: BrowserStore;
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
  /** Unpairs a browser at once, also where it listens. False when there is none of this id. */
  revoke(browser: string): boolean;
  close(): Promise<void>;
}

const BODY_LIMIT = '4kb';

const pageHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      // Home Assistant shows its add-ons in a frame of its own origin.
      frameAncestors: ["'self'"],
    },
  },
  // It would bind every other port of this host name to TLS, Home Assistant's included.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
});

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

  function health(): HealthAnswer {
    const web = {
      openPages: live.pages,
      ...access.counters,
      refusedHosts: refused.hosts,
      refusedOrigins: refused.origins,
      refusedPages: live.gaveWay,
      refusedStrangers: pace.refused,
    };
    return { ...options.model.health(), now: options.clock(), web };
  }

  const listensOnLoopback = isLoopbackName(options.listen.host);

  /** Where a phone finds the page: the address it was asked by, or ours in the LAN when that was a loopback name. */
  function pageUrl(origin: string | null): { url: string; loopbackOnly: boolean } {
    if (origin && !isLoopbackName(new URL(origin).hostname.replace(/^\[|\]$/g, ''))) {
      return { url: `${origin}${basePath}`, loopbackOnly: false };
    }
    const anyAddress = options.listen.host === '0.0.0.0' || options.listen.host === '::';
    const host = anyAddress ? (lanAddress() ?? 'localhost') : options.listen.host;
    return { url: `${scheme}://${bracketed(host)}:${port}${basePath}`, loopbackOnly: listensOnLoopback };
  }

  const context: ApiContext = {
    model: options.model,
    run: options.run,
    access,
    live,
    browsers: options.browsers,
    health,
    pageUrl: (request) => pageUrl(request.get('origin') ?? `${scheme}://${request.get('host') ?? 'localhost'}`),
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

  const app = express();
  const server = newHttpServer(app, options.tls);
  const connections = new Connections(server);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', options.trustedProxies ?? []);
  app.use(pageHeaders, checkHost, recognise, underPrefix(basePath));
  app.use('/api', (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/api', checkOrigin, requirePairing, jsonOnly, express.json({ limit: BODY_LIMIT, strict: true }));
  for (const route of apiRoutes) app[route.method](route.path, answer(route, context));
  app.use(serveStatic(files));
  app.use((_request, _response) => {
    throw new ApiFailure(404, 'not_found', 'There is no such thing here.');
  });
  app.use(answerError(options.log));

  return {
    app,
    async listen() {
      port = await listening(server, options.listen);
      server.on('error', (error) => options.log.error(`the page's server: ${error.message}`));
      live.start();
      return { url: pageUrl(null).url };
    },
    pairingLink() {
      const { token, expiresAt } = access.newToken();
      const { url, loopbackOnly } = pageUrl(null);
      return { link: pairingLinkFor(url, token), expiresAt, loopbackOnly };
    },
    revoke(browser) {
      live.dropBrowser(browser);
      return options.browsers.remove(browser);
    },
    async close() {
      live.stop();
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

function answer(route: ApiRoute, context: ApiContext): RequestHandler {
  return async (request: Request, response: Response) => {
    const browser: StoredBrowser | null = response.locals.browser ?? null;
    const body = await route.handle(context, request, response, browser);
    if (body !== undefined) response.json(body);
  };
}

/** Browsers cannot send this type across sites without asking first. Requests without a body need none. */
const jsonOnly: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody || request.headers['content-length'] === '0' || request.is('application/json')) return next();
  throw new ApiFailure(415, 'json_only', 'Send JSON.');
};

function answerError(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, code, message } = describe(error);
    if (status >= 500 && !(error instanceof ApiFailure)) log.error(`a page request failed: ${String(error)}`);
    response.status(status).json({ error: { code, message } } satisfies ApiError);
  };
}

function describe(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof ApiFailure) return error;
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status === 413) return { status, code: 'too_large', message: 'The request is too large.' };
  if (status >= 400 && status < 500) return { status, code: 'bad_request', message: 'The request was not understood.' };
  return { status: 500, code: 'internal', message: 'Something went wrong inside the sensor. Its log says more.' };
}

function matches(request: Request, method: string, path: string): boolean {
  return request.method.toLowerCase() === method && `${request.baseUrl}${request.path}` === path;
}

/** Also under a prefix that is not taken off yet. */
function isPairing({ method, path }: Request): boolean {
  return method === 'POST' && path.endsWith('/api/pair');
}

function loadPage(directory: string): ReturnType<typeof loadStaticFiles> {
  let files: ReturnType<typeof loadStaticFiles>;
  try {
    files = loadStaticFiles(directory);
  } catch {
    files = new Map();
  }
  if (files.has('/index.html')) return files;
  throw new WebServerError('page_not_built', 'The page is not built yet: run `npm run build`.');
}

/** With a slash on both ends. */
function normalBasePath(path: string): string {
  const inner = path.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}
