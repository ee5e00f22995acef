// The JSON API: one table of routes, from which the server registers them and the tests enumerate them.
// Checks shapes and asks the ports; who may call is decided before, in server.ts.
import type { Request, Response } from 'express';
import { toString as qrToString } from 'qrcode';
import { z } from 'zod';
import { SEVERITIES } from '../sensor/detect/finding.ts';
import { INCIDENT_STATES } from '../sensor/record/incident.ts';
import { isoTime, type ReportDevice } from '../sensor/record/report.ts';
import { pairingLinkFor } from './access.ts';
import type { DayLevel } from './activity-strip.ts';
import { mainAddress } from './addresses.ts';
import { type ApiContext, ApiFailure, type ApiRoute, parsed } from './api-route.ts';
import { fleetRoutes } from './fleet-api.ts';
import { phoneRoutes } from './phone-api.ts';
import type { StoredBrowser } from './ports.ts';
import type { BrowserView, DeviceSummary, PairingLinkView } from './shapes.ts';
import { supportBundle } from './support-bundle.ts';

const mac = z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
/** Of one thing: no chain is longer. */
const addresses = z.array(mac).max(16).default([]);
const id = z.string().min(1).max(64);
/** Labels and browser names: printable, trimmed. */
const label = z
  .string()
  .trim()
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u);

export const commandSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('acknowledge'), incident: id }),
  z.strictObject({ type: z.literal('acknowledge_device'), device: mac }),
  z.strictObject({ type: z.literal('acknowledge_all') }),
  z.strictObject({ type: z.literal('expect'), incident: id, until: z.number().int().positive().nullable() }),
  z.strictObject({ type: z.literal('allow_mail'), device: mac, allow: z.boolean() }),
  z.strictObject({ type: z.literal('remove_expectation'), expectation: id }),
  z.strictObject({ type: z.literal('resolve'), incident: id }),
  z.strictObject({ type: z.literal('rename'), device: mac, label: label.nullable().transform((text) => text || null) }),
  z.strictObject({ type: z.literal('keep_private'), device: mac, keep: z.boolean() }),
  z.strictObject({ type: z.literal('merge'), device: mac, into: mac, older: addresses }),
  z.strictObject({ type: z.literal('unmerge'), device: mac, older: addresses }),
  z.strictObject({ type: z.literal('distinguish'), device: mac, from: mac, distinct: z.boolean() }),
  z.strictObject({ type: z.literal('forget'), device: mac }),
  z.strictObject({ type: z.literal('test_alert') }),
]);

const pairSchema = z.strictObject({ token: z.string().min(1).max(128), name: label.default('') });
const incidentsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().min(1).max(128).optional(),
  states: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(INCIDENT_STATES)).max(INCIDENT_STATES.length))
    .optional(),
  least: z.enum(SEVERITIES).optional(),
});

export const apiRoutes: ApiRoute[] = [
  { method: 'get', path: '/api/health', handle: ({ health }) => health() },
  { method: 'get', path: '/api/devices', handle: listDevices },
  {
    method: 'get',
    path: '/api/devices/:mac',
    handle: ({ model }, request) => found(model.device(parameter(request, 'mac').toLowerCase())),
  },
  { method: 'get', path: '/api/merge-suggestions', handle: ({ model }) => ({ suggestions: model.suggestions() }) },
  { method: 'get', path: '/api/incidents', handle: listIncidents },
  {
    method: 'get',
    path: '/api/incidents/:id',
    handle: ({ model }, request) => found(model.incident(parameter(request, 'id'))),
  },
  {
    method: 'get',
    path: '/api/incidents/:id/preview',
    handle: ({ model }, request) => found(model.preview(parameter(request, 'id'))),
  },
  { method: 'get', path: '/api/incidents/:id/evidence.pcap', handle: sendCapture },
  { method: 'get', path: '/api/incidents/:id/evidence.txt', handle: sendEvidenceReport },
  { method: 'get', path: '/api/expectations', handle: ({ model }) => ({ expectations: model.expectations() }) },
  { method: 'get', path: '/api/activity', handle: ({ model }) => ({ activity: model.activity() }) },
  { method: 'get', path: '/api/weeks', handle: ({ model }) => ({ weeks: model.weeks() }) },
  {
    method: 'get',
    path: '/api/notes/:slug',
    handle: ({ model }, request) => found(model.note(parameter(request, 'slug'))),
  },
  { method: 'get', path: '/api/mirrors', handle: ({ model }) => ({ mirrors: model.mirrors() }) },
  {
    method: 'get',
    path: '/api/mirrors/:slug',
    handle: ({ model }, request) => found(model.mirror(parameter(request, 'slug'))),
  },
  { method: 'get', path: '/api/log', handle: ({ model }) => ({ lines: model.logTail() }) },
  { method: 'get', path: '/api/support-bundle', handle: sendBundle },
  { method: 'get', path: '/api/browsers', handle: listBrowsers },
  { method: 'delete', path: '/api/browsers/:id', handle: revokeBrowser },
  ...phoneRoutes,
  ...fleetRoutes,
  { method: 'get', path: '/api/events', handle: openEvents },
  { method: 'post', path: '/api/commands', handle: runCommand },
  { method: 'post', path: '/api/pairing-links', handle: newLink },
  { method: 'post', path: '/api/pair', open: true, handle: pair },
  { method: 'post', path: '/api/unpair', handle: unpair },
];

function listDevices({ model }: ApiContext, request: Request): unknown {
  const devices = model.devices();
  if (request.query.view !== 'summary') return { devices };
  const perhaps = new Map(model.suggestions().map(({ device, name }) => [device, name]));
  return {
    devices: devices.map((device) => summarize(device, model.strip(device.mac), perhaps.get(device.mac))),
  };
}

/** `perhaps`: what it seems to be another address of. */
export function summarize(device: ReportDevice, strip: DayLevel[], perhaps: string | null = null): DeviceSummary {
  return {
    mac: device.mac,
    role: device.role,
    name: device.displayName,
    vendor: device.vendor,
    address: mainAddress(device.addresses),
    note: device.note,
    sameAs: device.sameAs,
    perhapsSameAs: perhaps,
    randomizedMac: device.randomizedMac,
    broadcastOnly: device.broadcastOnly,
    firstSeen: device.firstSeen,
    lastSeen: device.lastSeen,
    mailAttempts: device.mail.attempts,
    lastMail: latest(device.mail.destinations),
    lastUpdateContact: latest(device.backends.filter((backend) => backend.role === 'update')),
    backends: device.backends.length,
    strip,
  };
}

function latest(entries: { lastSeen: string }[]): string | null {
  return entries.reduce<string | null>((best, { lastSeen }) => (best && best > lastSeen ? best : lastSeen), null);
}

function listIncidents({ model }: ApiContext, request: Request): unknown {
  const { limit, before, states, least } = parsed(incidentsQuery, request.query);
  return model.incidents({
    limit,
    ...(before ? { before } : {}),
    ...(states ? { states } : {}),
    ...(least ? { least } : {}),
  });
}

function sendBundle({ model, health }: ApiContext, _request: Request, response: Response): unknown {
  response.set('Content-Disposition', 'attachment; filename="thingwatch-support.json"');
  return supportBundle(model, health());
}

function sendCapture({ model }: ApiContext, request: Request, response: Response): undefined {
  const { fileNames, pcap } = found(model.evidence(parameter(request, 'id')));
  const capture = found(pcap);
  response.set('Content-Disposition', `attachment; filename="${fileNames.pcap}"`);
  response.type('application/vnd.tcpdump.pcap').send(capture);
}

function sendEvidenceReport({ model }: ApiContext, request: Request, response: Response): undefined {
  const { fileNames, report } = found(model.evidence(parameter(request, 'id')));
  response.set('Content-Disposition', `attachment; filename="${fileNames.report}"`);
  response.type('text/plain; charset=utf-8').send(report);
}

function listBrowsers(
  { browsers }: ApiContext,
  _request: Request,
  _response: Response,
  own: StoredBrowser | null,
): unknown {
  const views = browsers.list().map((browser): BrowserView => {
    const { id: browserId, name } = browser;
    const [createdAt, lastSeenAt] = [isoTime(browser.createdAt), isoTime(browser.lastSeen)];
    return { id: browserId, name, createdAt, lastSeenAt, current: browserId === own?.id };
  });
  return { browsers: views };
}

function revokeBrowser({ browsers, live }: ApiContext, request: Request): unknown {
  const browser = parameter(request, 'id');
  live.dropBrowser(browser);
  if (!browsers.remove(browser)) throw notFound();
  return { ok: true };
}

function openEvents(
  { live, words }: ApiContext,
  request: Request,
  response: Response,
  browser: StoredBrowser | null,
): unknown {
  const header = request.get('last-event-id');
  const query = typeof request.query.lastEventId === 'string' ? request.query.lastEventId : undefined;
  live.open(response, browser?.id ?? '', header ?? query, words);
  return undefined;
}

function runCommand({ run }: ApiContext, request: Request): unknown {
  const command = parsed(commandSchema, request.body);
  const result = run(command, 'page');
  if (!result.ok) throw new ApiFailure(result.status, 'refused', result.error);
  return result;
}

async function newLink(context: ApiContext, request: Request): Promise<PairingLinkView> {
  const { token, expiresAt } = context.access.newToken();
  const { url, loopbackOnly } = context.pageUrl(request);
  const link = pairingLinkFor(url, token);
  const qrSvg = await qrToString(link, { type: 'svg', margin: 2 });
  return { link, expiresAt: isoTime(expiresAt), qrSvg, loopbackOnly };
}

function pair(context: ApiContext, request: Request, response: Response): unknown {
  const { token, name } = parsed(pairSchema, request.body);
  const result = context.access.pair(token, name || 'Browser', request.ip ?? '');
  if (result.ok) {
    context.setCookie(request, response, result.cookieValue);
    return { ok: true };
  }
  if (result.reason === 'slow_down') {
    response.set('Retry-After', String(Math.ceil(result.retryAfterMs / 1000)));
    throw new ApiFailure(429, 'slow_down', 'Too many wrong links from here. Wait a little and try again.');
  }
  if (result.reason === 'too_many_browsers') {
    throw new ApiFailure(
      409,
      'too_many_browsers',
      'Too many browsers are paired. Remove one on a paired browser first.',
    );
  }
  throw new ApiFailure(401, 'wrong_token', 'This link was used already or is older than ten minutes. Make a new one.');
}

function unpair(context: ApiContext, request: Request, response: Response, browser: StoredBrowser | null): unknown {
  if (browser) {
    context.browsers.remove(browser.id);
    context.live.dropBrowser(browser.id);
  }
  context.setCookie(request, response, '');
  return { ok: true };
}

function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' && value.length <= 128 ? value : '';
}

function found<T>(value: T | null): T {
  if (value === null) throw notFound();
  return value;
}

function notFound(): ApiFailure {
  return new ApiFailure(404, 'not_found', 'There is no such thing here.');
}
