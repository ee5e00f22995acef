// Who may read and change: one-time pairing links, paired browsers by cookie, and a brake on wrong tokens.
// Keeps hashes only. Knows nothing of routes; host and origin rules are in host-check.ts.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { BrowserStore, LinkStore, Log, RandomBytes, StoredBrowser } from './ports.ts';
import { type Refusal, TokenBrake } from './token-brake.ts';

const COOKIE = 'thingwatch_browser';
/** A link that nobody used for this long is worth nothing. */
const LINK_LIFETIME_MS = 10 * 60_000;
/** Browsers cap cookies at 400 days; each day of use renews it. */
const COOKIE_DAYS = 400;
const TOUCH_EVERY_MS = 24 * 3_600_000;
/** 192 bits each: guessing is hopeless, the brake only keeps the log quiet and says to a person what is wrong. */
const TOKEN_BYTES = 24;
const MAX_BROWSERS = 64;
const MAX_LINKS = 16;
export interface AccessOptions {
  browsers: BrowserStore;
  links: LinkStore;
  clock: () => number;
  /** Monotonic milliseconds, the same for all processes since boot: links and delays last as long as they should, whatever the clock does. */
  ticks: () => number;
  randomBytes: RandomBytes;
  log: Log;
}

export type PairResult =
  | { ok: true; browser: StoredBrowser; cookieValue: string }
  | { ok: false; reason: 'too_many_browsers' }
  | Refusal;

export class Access {
  readonly #options: AccessOptions;
  readonly #brake: TokenBrake;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#brake = new TokenBrake(options);
  }

  get counters(): TokenBrake['counters'] {
    return this.#brake.counters;
  }

  /** A fresh one-time token; `#/pair/TOKEN` goes into the link's fragment, which no server or proxy logs. */
  newToken(): { token: string; expiresAt: number } {
    const { clock, links, randomBytes, ticks } = this.#options;
    return { token: newPairingToken(links, ticks(), randomBytes), expiresAt: clock() + LINK_LIFETIME_MS };
  }

  /**
   * Swaps a one-time token for a paired browser. The right token always does: whoever shares an attacker's address, behind a
   * router or a proxy, must not be locked out by it. A wrong one makes the sender wait before the next is even called wrong.
   */
  pair(token: string, name: string, remote: string): PairResult {
    const { browsers, links, clock, ticks, randomBytes, log } = this.#options;
    if (browsers.list().length >= MAX_BROWSERS) return { ok: false, reason: 'too_many_browsers' };
    if (!links.use(sha256(token), ticks())) return this.refuse(remote);
    this.#brake.forgive(remote);
    const cookieValue = randomBytes(32).toString('base64url');
    const browser: StoredBrowser = {
      id: randomBytes(9).toString('base64url'),
      tokenHash: sha256(cookieValue),
      name,
      createdAt: clock(),
      lastSeen: clock(),
    };
    browsers.add(browser);
    log.info('a browser was paired');
    return { ok: true, browser, cookieValue };
  }

  /** A wrong token, whatever it was for. */
  refuse(remote: string): Refusal {
    return this.#brake.refuse(remote);
  }

  /** The paired browser behind a `Cookie` header, and whether its cookie is due to be renewed. */
  authenticate(cookieHeader: string | undefined): { browser: StoredBrowser; value: string; renew: boolean } | null {
    const value = readCookie(cookieHeader, COOKIE);
    if (value === null) return null;
    const hash = Buffer.from(sha256(value));
    const browser = this.#options.browsers.list().find((known) => equal(hash, Buffer.from(known.tokenHash)));
    if (!browser) return null;
    const now = this.#options.clock();
    const renew = now - browser.lastSeen >= TOUCH_EVERY_MS;
    if (renew) this.#touch(browser.id, now);
    return { browser, value, renew };
  }

  /** A full disk must not lock the family out of the page that tells about it. */
  #touch(browser: string, now: number): void {
    try {
      this.#options.browsers.touch(browser, now);
    } catch (error) {
      this.#options.log.warn(`cannot note when a browser was last seen: ${String(error)}`);
    }
  }
}

/** Also for `thingwatch pair`, which adds a token to the running sensor's store. */
export function newPairingToken(links: LinkStore, ticks: number, randomBytes: RandomBytes): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  links.add(sha256(token), ticks + LINK_LIFETIME_MS);
  return token;
}

/** `http://192.168.1.5:8080/` + token: what the terminal prints and the QR code holds. */
export function pairingLinkFor(pageUrl: string, token: string): string {
  return `${pageUrl.endsWith('/') ? pageUrl : `${pageUrl}/`}#/pair/${token}`;
}

/** Pairing tokens that live as long as the process; the oldest give way. */
export function newMemoryLinks(): LinkStore {
  const waiting = new Map<string, number>();
  return {
    add(tokenHash, expiresAt) {
      waiting.set(tokenHash, expiresAt);
      const oldest = waiting.keys().next();
      if (waiting.size > MAX_LINKS && !oldest.done) waiting.delete(oldest.value);
    },
    use(tokenHash, now) {
      const expiresAt = waiting.get(tokenHash);
      waiting.delete(tokenHash);
      return expiresAt !== undefined && expiresAt > now;
    },
  };
}

/** `Set-Cookie` for a paired browser, or with an empty value to unpair. */
export function cookieHeader(value: string, path: string, secure: boolean): string {
  return cookieFor(COOKIE, value, { path, seconds: COOKIE_DAYS * 86_400, secure });
}

/** `Set-Cookie` that no script reads and no other site sends; an empty value takes it away. */
export function cookieFor(
  name: string,
  value: string,
  { path, seconds, secure }: { path: string; seconds: number; secure: boolean },
): string {
  const age = value === '' ? 0 : seconds;
  return `${name}=${value}; Path=${path}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Null where there is none of this name, or an empty one. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value) return value;
  }
  return null;
}

/** In a time that tells nothing of where they differ. */
export function equal(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
