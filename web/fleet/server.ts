// The desk's web server: the same limits, headers and host check as the sensor's page stands behind, then a login by token. It serves
// many homes' data, so beyond this machine it speaks TLS or nothing.
import { hostname as osHostname } from 'node:os';
import express, { type Express, type RequestHandler } from 'express';
import { z } from 'zod';
import { ApiFailure, parsed } from '../api-route.ts';
import { Connections } from '../connections.ts';
import { answerError, jsonOnly, neverKept, nothingHere, pageHeaders } from '../front.ts';
import { changeAllowed, type HostRules, hostAllowed, isLoopbackName, readAllowed } from '../host-check.ts';
import { bracketed, lanAddress, listening, newHttpServer, ownAddresses } from '../listen.ts';
import { Pace } from '../pace.ts';
import type { RandomBytes } from '../ports.ts';
import { loadPage, serveStatic } from '../static-files.ts';
import { TokenBrake } from '../token-brake.ts';
import { type DeskData, type DeskRoute, deskRoutes } from './routes.ts';
import { deskCookie, Sessions, type Visitor } from './sessions.ts';
import type { Tokens } from './tokens.ts';

export interface DeskServerOptions extends DeskData {
  /** Port 0 takes a free one. */
  listen: { host: string; port: number };
  /** Further names that the desk may be opened by. */
  hostNames: string[];
  /** PEM texts. Required unless it listens on loopback. */
  tls: { cert: string; key: string } | null;
  /** The built page: `dist/web/fleet`. */
  publicDir: string;
  tokens: Tokens;
  randomBytes: RandomBytes;
}

export interface DeskServer {
  app: Express;
  /** Resolves once connections are accepted. Rejects with a WebServerError. */
  listen(): Promise<{ url: string }>;
  close(): Promise<void>;
}

/** Nobody may listen in on the data of many homes. */
export class DeskNeedsTls extends Error {}

/** In the fleet's `fleet.json`. */
const SETTINGS = { listen: 'desk.listen', tls: 'desk.cert and desk.key' };
const BODY_LIMIT = '4kb';
const loginBody = z.strictObject({ token: z.string().min(1).max(256) });

/** @throws DeskNeedsTls, WebServerError */
export function createDeskServer(options: DeskServerOptions): DeskServer {
  const { log, randomBytes, ticks, tls, tokens } = options;
  if (tls === null && !isLoopbackName(options.listen.host))
    throw new DeskNeedsTls(
      `the desk would serve the data of many homes on ${options.listen.host || 'all addresses'} in the clear, for all in that network to read: ` +
        'give it a certificate and its key, or let it listen on 127.0.0.1 behind a proxy that has them',
    );
  const files = loadPage(options.publicDir);
  const brake = new TokenBrake({ ticks, log });
  const sessions = new Sessions({ tokens, brake, ticks, randomBytes });
  const pace = new Pace(ticks);
  const rules: HostRules = { configured: options.hostNames, hostname: osHostname(), ownAddresses };

  const checkHost: RequestHandler = (request, _response, next) => {
    if (hostAllowed(request.get('host'), rules)) return next();
    throw new ApiFailure(403, 'foreign_host', 'The desk does not answer to that name. Name it with --host-name.');
  };
  const checkOrigin: RequestHandler = (request, _response, next) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads ? readAllowed(request.headers) : changeAllowed(request.headers, rules)) return next();
    throw new ApiFailure(403, 'foreign_origin', 'Requests from other sites are refused.');
  };

  /** Before all else: who is logged in is let through whatever strangers do, and they cost little. */
  const recognise: RequestHandler = (request, response, next) => {
    const visitor = sessions.visitor(request.headers.cookie);
    response.locals.visitor = visitor;
    if (visitor !== null) {
      connections.isOf(visitor.id, request.socket);
      return next();
    }
    if (pace.allows(request.ip ?? '')) return next();
    response.set('Retry-After', '10');
    throw new ApiFailure(429, 'slow_down', 'Too many requests from here. Wait a little and try again.');
  };

  const login: RequestHandler = (request, response) => {
    const { token } = parsed(loginBody, request.body);
    const opened = sessions.open(token, request.ip ?? '');
    if (!opened.ok) {
      if (opened.reason === 'wrong_token') throw new ApiFailure(401, 'wrong_token', 'That is no token of this desk.');
      response.set('Retry-After', String(Math.ceil(opened.retryAfterMs / 1000)));
      throw new ApiFailure(429, 'slow_down', 'Too many wrong tokens from here. Wait a little and try again.');
    }
    log.info(`logged in with the token "${opened.visitor.token.name}"`);
    const secure = tls !== null || (request.get('origin') ?? '').startsWith('https:');
    response.append('Set-Cookie', deskCookie(opened.cookie, secure)).json({});
  };
  const logout: RequestHandler = (request, response) => {
    sessions.close(request.headers.cookie);
    response.append('Set-Cookie', deskCookie('', tls !== null)).json({});
  };

  function answered(route: DeskRoute): RequestHandler {
    return async (request, response) => {
      const visitor: Visitor | null = response.locals.visitor;
      if (visitor === null) throw new ApiFailure(401, 'not_logged_in', 'Log in with a token of this desk first.');
      response.json(await route.handle(request, visitor));
    };
  }

  const app = express();
  const server = newHttpServer(app, tls ?? undefined, SETTINGS);
  const connections = new Connections(server);
  app.use(pageHeaders("'none'"), checkHost, recognise);
  app.use('/api', neverKept, checkOrigin, jsonOnly, express.json({ limit: BODY_LIMIT }));
  app.post('/api/login', login);
  app.post('/api/logout', logout);
  for (const route of deskRoutes({ ...options, db: explained(options) })) app.get(route.path, answered(route));
  app.use(serveStatic(files));
  app.use(nothingHere);
  app.use(answerError(log, 'Something went wrong inside the desk. Its log says more.'));

  return {
    app,
    async listen() {
      const port = await listening(server, options.listen, SETTINGS);
      server.on('error', (error: NodeJS.ErrnoException) =>
        log.warn(`a connection to the desk could not be taken: ${error.code ?? error.message}`),
      );
      const { host } = options.listen;
      const shown = host === '' || host === '0.0.0.0' || host === '::' ? (lanAddress() ?? 'localhost') : host;
      return { url: `${tls === null ? 'http' : 'https'}://${bracketed(shown)}:${port}/` };
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The database, whose failures are told to people in words, and to the log once until it answers again. */
function explained({ db, log }: DeskServerOptions): DeskData['db'] {
  let failing = false;
  return {
    async query<Row>(text: string, values?: unknown[]) {
      try {
        const answer = await db.query<Row>(text, values);
        if (failing) log.info('the database answers again');
        failing = false;
        return answer;
      } catch (error) {
        if (!failing) log.error(`the database does not answer the desk: ${String(error)}`);
        failing = true;
        throw new ApiFailure(503, 'no_database', 'The database does not answer. Nothing is shown until it does.');
      }
    },
  };
}
