// The phones that are told by Web Push: each that its owner put on the list is a target of its own, with its own part of the outbox.
// Holds the sensor's key for push services. Loaded only where the configuration asks for it.
import type { Log } from '../../log.ts';
import type { NotifyHealth } from '../../record/health.ts';
import type { PhoneBook } from '../../record/phone-book.ts';
import type { PushPhone } from '../../record/push-phones.ts';
import type { Notify } from './notify.ts';
import { pushAddress } from './push-services.ts';
import { type NotifyTarget, PHONE_OF } from './shapes.ts';
import type { Target } from './target.ts';
import { newVapidText, readPhoneKeys, readVapid, type VapidKey } from './web-push.ts';

export interface PhoneSettings extends Pick<NotifyTarget, 'name' | 'least' | 'quiet' | 'weekly' | 'names' | 'ca'> {
  contact: string;
  /** Hosts of further push services. */
  services: readonly string[];
}

export interface PhonesOptions {
  settings: PhoneSettings;
  notify: Notify;
  book: PhoneBook;
  /** Where the sensor's key is kept. */
  secret: { read(): string | null; write(text: string): void };
  /** Lets go of what waits for phones that are no longer there. */
  letGo(): void;
  /** Wall time, ms. */
  now(): number;
  log: Log;
}

/** What a browser hands over, as it comes. */
export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** `foreign`: a push service that the sensor does not speak with. */
export type Added = 'ok' | 'bad_keys' | 'foreign' | 'too_many';

export interface PhoneState {
  /** `lost`: its push service knows it no more; `foreign`: it is one that the configuration no longer allows. */
  state: 'untold' | 'told' | 'lost' | 'foreign';
  /** What keeps alerts from it, for a person. */
  error: string | null;
  /** Since the start, wall time, ms. */
  lastTakenAt: number | null;
}

interface Running {
  target: Target;
  phone: PushPhone;
}

export class Phones {
  readonly #options: PhonesOptions;
  readonly #vapid: VapidKey;
  readonly #running = new Map<string, Running>();

  constructor(options: PhonesOptions) {
    const { book, secret } = options;
    this.#options = options;
    this.#vapid = readVapid(secret.read() ?? '') ?? newKey(secret);
    book.onChange = () => this.#follow();
    this.#follow();
  }

  /** What a browser subscribes for, in base64url. */
  get key(): string {
    return this.#vapid.publicKey;
  }

  add(browser: string, { endpoint, keys }: Subscription): Added {
    const { book, now, settings } = this.#options;
    if (pushAddress(endpoint, settings.services) === null) return 'foreign';
    if (readPhoneKeys(keys) === null) return 'bad_keys';
    const phone = { browser, endpoint, ...keys, createdAt: now(), lostAt: null };
    return book.set(phone) ? 'ok' : 'too_many';
  }

  remove(browser: string): boolean {
    return this.#options.book.remove(browser);
  }

  stateOf(browser: string): PhoneState {
    const phone = this.#options.book.of(browser);
    const health = this.#running.get(browser)?.target.health();
    if (health !== undefined) return { state: 'told', error: health.error, lastTakenAt: health.lastTakenAt };
    const state = phone === null ? 'untold' : phone.lostAt === null ? 'foreign' : 'lost';
    return { state, error: null, lastTakenAt: null };
  }

  /** All of them in one. */
  health(): NotifyHealth {
    const { book, settings } = this.#options;
    const each = [...this.#running.values()].map(({ target }) => target.health());
    const sum = (of: 'waiting' | 'dropped') => each.reduce((all, health) => all + health[of], 0);
    const lost = book.list().filter(({ browser }) => !this.#running.has(browser)).length;
    const unreached =
      lost === 0
        ? null
        : `${lost === 1 ? 'one phone is' : `${lost} phones are`} told no more: press "Tell this phone" there again`;
    const taken = each.flatMap(({ lastTakenAt }) => lastTakenAt ?? []);
    return {
      name: settings.name,
      kind: 'webpush',
      host: [...new Set(each.map(({ host }) => host))].join(', '),
      queues: each.map(({ name }) => name),
      error: each.find(({ error }) => error !== null)?.error ?? unreached,
      waiting: sum('waiting'),
      heldUntil: each.find(({ heldUntil }) => heldUntil !== null)?.heldUntil ?? null,
      dropped: sum('dropped'),
      lastTakenAt: taken.length === 0 ? null : Math.max(...taken),
    };
  }

  /** The targets become those of the book. */
  #follow(): void {
    const { book, letGo, notify } = this.#options;
    const wanted = new Map(book.list().map((phone) => [phone.browser, phone]));
    let isLess = false;
    for (const [browser, { phone, target }] of this.#running) {
      if (isSame(wanted.get(browser), phone)) continue;
      this.#running.delete(browser);
      notify.drop(target.health().name);
      isLess = true;
    }
    for (const phone of wanted.values()) {
      const target = this.#running.has(phone.browser) ? null : this.#targetOf(phone);
      if (target === null) continue;
      const running = notify.add(target, () => this.#lost(phone));
      this.#running.set(phone.browser, { target: running, phone });
    }
    if (isLess) letGo();
  }

  /** Null for one that is told no more. */
  #targetOf({ auth, browser, endpoint, lostAt, p256dh }: PushPhone): NotifyTarget | null {
    const { contact, services, ...shared } = this.#options.settings;
    const address = pushAddress(endpoint, services);
    const keys = readPhoneKeys({ p256dh, auth });
    if (lostAt !== null || address === null || keys === null) return null;
    return {
      ...shared,
      name: `${shared.name}${PHONE_OF}${browser}`,
      ...{ kind: 'webpush', url: address.url, topic: '', token: null, secret: null },
      push: { keys, vapid: this.#vapid, contact, isBuiltIn: address.isBuiltIn },
    };
  }

  #lost({ browser, endpoint }: PushPhone): void {
    const { book, now } = this.#options;
    // Its owner may have pressed the button again meanwhile.
    if (book.of(browser)?.endpoint === endpoint) book.lose(browser, now());
  }
}

/** Told in the same way. */
function isSame(now: PushPhone | undefined, { auth, endpoint, p256dh }: PushPhone): boolean {
  return now?.endpoint === endpoint && now.p256dh === p256dh && now.auth === auth && now.lostAt === null;
}

function newKey(secret: PhonesOptions['secret']): VapidKey {
  const text = newVapidText();
  secret.write(text);
  const key = readVapid(text);
  if (key === null) throw new Error('a key that was made just now cannot be read');
  return key;
}
