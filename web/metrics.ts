// The door of `/metrics`: who may read it, and what is answered. Loaded only where a token is configured; beside it the server
// knows nothing of metrics. It has no part in pairing: it takes no cookie and sets none.
import type { Request, RequestHandler } from 'express';
import type { RecordEvents } from '../sensor/record/events.ts';
import type { Incident } from '../sensor/record/incident.ts';
import { type Access, equal, sha256 } from './access.ts';
import { ApiFailure } from './api-route.ts';
import { processFacts, stateFamilies } from './metrics-families.ts';
import { MetricsTally } from './metrics-tally.ts';
import { CONTENT_TYPE, metricsText } from './metrics-text.ts';
import type { Pace } from './pace.ts';
import type { HealthAnswer } from './shapes.ts';

export interface MetricsOptions {
  token: string;
  events: RecordEvents;
  incidents: () => Iterable<Incident>;
  now: (() => number) | null;
}

/** What the server lends to the door. */
export interface MetricsSite {
  /** With a slash on both ends. */
  basePath: string;
  access: Pick<Access, 'refuse'>;
  pace: Pick<Pace, 'allows'>;
  health: () => HealthAnswer;
}

export interface MetricsDoor {
  /** To stand before everything that asks for a paired browser. */
  handler(site: MetricsSite): RequestHandler;
  close(): void;
}

export function openMetrics(options: MetricsOptions): MetricsDoor {
  const tally = new MetricsTally(options);
  const isRight = tokenCheck(options.token);
  return {
    handler: (site) => (request, response, next) => {
      if (request.path !== '/metrics' && request.path !== `${site.basePath}metrics`) return next();
      const token = bearerOf(request);
      // The right one is let in whatever strangers do.
      if (token === null || !isRight(token)) {
        response.set('WWW-Authenticate', 'Bearer');
        throw refusal(site, request, token, (seconds) => response.set('Retry-After', String(seconds)));
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.set('Allow', 'GET, HEAD');
        throw new ApiFailure(405, 'read_only', 'Metrics can only be read.');
      }
      const families = [...stateFamilies(site.health(), options.incidents(), processFacts()), ...tally.families()];
      response.set({ 'Content-Type': CONTENT_TYPE, 'Cache-Control': 'no-store' });
      response.send(metricsText(families));
    },
    close: () => tally.close(),
  };
}

function tokenCheck(token: string): (given: string) => boolean {
  const right = Buffer.from(sha256(token));
  return (given) => equal(right, Buffer.from(sha256(given)));
}

function bearerOf(request: Request): string | null {
  return /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? null;
}

/** A stranger has the pace of strangers, and a wrong token waits as one for pairing does. */
function refusal(
  { access, pace }: MetricsSite,
  request: Request,
  token: string | null,
  retryAfter: (seconds: number) => void,
): ApiFailure {
  const sender = request.ip ?? '';
  if (!pace.allows(sender)) {
    retryAfter(10);
    return new ApiFailure(429, 'slow_down', 'Too many requests from here. Wait a little and try again.');
  }
  const refused = token === null ? null : access.refuse(sender);
  if (refused?.reason === 'slow_down') {
    retryAfter(Math.ceil(refused.retryAfterMs / 1000));
    return new ApiFailure(429, 'slow_down', 'Too many wrong tokens from here. Wait a little and try again.');
  }
  return new ApiFailure(401, 'wrong_token', 'Metrics need the token of metrics.token, as Authorization: Bearer.');
}
