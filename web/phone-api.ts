// The part of the API by which a paired browser says that its phone is told of alerts by Web Push, or no more. What it hands over is
// as hostile as the phone may be: the door behind it knows which addresses are spoken with.
import { z } from 'zod';
import { type ApiContext, ApiFailure, type ApiRoute, parsed } from './api-route.ts';
import type { PhoneDoor, StoredBrowser } from './ports.ts';
import type { PhoneView } from './shapes.ts';

const key = z.string().max(200);
const subscription = z.strictObject({
  endpoint: z.string().min(1).max(2000),
  keys: z.strictObject({ p256dh: key, auth: key }),
});

const REFUSED = {
  bad_keys: [400, 'The keys of this browser were not understood.'],
  foreign: [
    403,
    'The sensor does not speak with the push service of this browser. Its host can be added to “services” in the configuration.',
  ],
  too_many: [409, 'Too many phones are told already. Take one off the list on that phone, or remove its browser.'],
} as const;

export const phoneRoutes: ApiRoute[] = [
  {
    method: 'get',
    path: '/api/phone',
    handle: (context, _request, _response, browser): PhoneView => {
      const { door, id } = of(context, browser);
      return { key: door.key, ...door.stateOf(id) };
    },
  },
  {
    method: 'post',
    path: '/api/phone',
    handle: (context, request, _response, browser) => {
      const { door, id } = of(context, browser);
      const added = door.add(id, parsed(subscription, request.body));
      if (added === 'ok') return { ok: true };
      const [status, words] = REFUSED[added];
      throw new ApiFailure(status, added, words);
    },
  },
  {
    method: 'delete',
    path: '/api/phone',
    handle: (context, _request, _response, browser) => {
      const { door, id } = of(context, browser);
      return { ok: true, changed: door.remove(id) };
    },
  },
];

function of({ phones }: ApiContext, browser: StoredBrowser | null): { door: PhoneDoor; id: string } {
  const door = phones();
  if (door === null || browser === null)
    throw new ApiFailure(404, 'not_found', 'Phones are not told from here: the configuration has no webpush target.');
  return { door, id: browser.id };
}
