// What stands before the routes of each of our pages, the sensor's and the fleet desk's: headers, JSON alone, errors in words for a
// person. Knows no routes, and not who may do what.
import type { ErrorRequestHandler, RequestHandler } from 'express';
import helmet from 'helmet';
import { ApiFailure } from './api-route.ts';
import type { Log } from './ports.ts';
import type { ApiError } from './shapes.ts';

/** @param frames whose pages may show ours in a frame: `'self'` or `'none'` */
export function pageHeaders(frames: "'self'" | "'none'"): RequestHandler {
  return helmet({
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
        frameAncestors: [frames],
      },
    },
    // It would bind every other port of this host name to TLS, Home Assistant's included.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
}

export const neverKept: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** Browsers cannot send this type across sites without asking first. Requests without a body need none. */
export const jsonOnly: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody || request.headers['content-length'] === '0' || request.is('application/json')) return next();
  throw new ApiFailure(415, 'json_only', 'Send JSON.');
};

export const nothingHere: RequestHandler = () => {
  throw new ApiFailure(404, 'not_found', 'There is no such thing here.');
};

/** @param internal what is said of a fault of ours; the log has the rest */
export function answerError(log: Log, internal: string): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const { status, code, message } = describe(error, internal);
    // What was refused on purpose has been said where it was known why.
    if (status >= 500 && !(error instanceof ApiFailure)) log.error(`a page request failed: ${String(error)}`);
    // What was begun and cannot be finished is cut off: half an answer must not look like a whole one.
    if (response.headersSent) response.destroy();
    else response.status(status).json({ error: { code, message } } satisfies ApiError);
  };
}

function describe(error: unknown, internal: string): { status: number; code: string; message: string } {
  if (error instanceof ApiFailure) return error;
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status === 413) return { status, code: 'too_large', message: 'The request is too large.' };
  if (status >= 400 && status < 500) return { status, code: 'bad_request', message: 'The request was not understood.' };
  return { status: 500, code: 'internal', message: internal };
}
