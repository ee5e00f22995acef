// What is behind the page's door: Express with its limits, headers, host check and pairing in front of the API and the built page.
// Loaded once the door is open (server.ts), since that takes a start as long as reading what is known of the home.
import { hostname as osHostname } from 'node:os';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { cookieHeader } from './access.ts';
import { apiRoutes } from './api.ts';
import { type ApiContext, ApiFailure, type ApiRoute } from './api-route.ts';
import type { Connections } from './connections.ts';
import { answerError, jsonOnly, neverKept, nothingHere, pageHeaders } from './front.ts';
import { changeAllowed, type HostRules, hostAllowed, readAllowed } from './host-check.ts';
import { wordsFor } from './language.ts';
import { ownAddresses } from './listen.ts';
import type { StoredBrowser } from './ports.ts';
import type { Inside, WebServerOptions } from './server.ts';
import { serveStatic } from './static-files.ts';

/** What is the same in every language. */
type Shared = Omit<ApiContext, 'words' | 'model' | 'health'>;

const BODY_LIMIT = '4kb';

export function pageApp(options: WebServerOptions, inside: Inside, connections: Connections): Express {
  const { access, basePath, files, health, live, pace, pageUrl, refused, scheme } = inside;
  const rules: HostRules = { configured: options.hostNames, hostname: osHostname(), ownAddresses };

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
  return app;
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
