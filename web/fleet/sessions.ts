// Who is logged in: a token is swapped for a cookie, and the session that the cookie names is kept in memory, by its hash. It ends with
// its token, after half a day without use, and after a week in any case; a restart of the desk ends all of them.

import { cookieFor, readCookie, sha256 } from '../access.ts';
import type { RandomBytes } from '../ports.ts';
import type { Refusal, TokenBrake } from '../token-brake.ts';
import type { DeskToken, Tokens } from './tokens.ts';

const COOKIE = 'thingwatch_desk';
const IDLE_MS = 12 * 3_600_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
/** Of one token: beyond it the one that was not used for longest ends, so that a stolen token ends no other's. */
const MAX_OF_TOKEN = 32;

interface Session {
  id: string;
  tokenHash: string;
  openedAt: number;
  usedAt: number;
}

export interface Visitor {
  /** Of the session; no secret. */
  id: string;
  token: DeskToken;
}

export interface SessionsOptions {
  tokens: Tokens;
  brake: TokenBrake;
  /** Monotonic milliseconds. */
  ticks: () => number;
  randomBytes: RandomBytes;
}

export class Sessions {
  readonly #options: SessionsOptions;
  /** By the hash of the cookie's value; the one used longest ago first. */
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** The right token always opens: whoever shares an address with one who guesses is not locked out. */
  open(given: string, remote: string): { ok: true; visitor: Visitor; cookie: string } | Refusal {
    const { brake, randomBytes, ticks, tokens } = this.#options;
    const token = tokens.find(given);
    if (token === null) return brake.refuse(remote);
    brake.forgive(remote);
    const cookie = randomBytes(32).toString('base64url');
    const id = randomBytes(9).toString('base64url');
    this.#makeRoom(token.hash);
    this.#sessions.set(sha256(cookie), { id, tokenHash: token.hash, openedAt: ticks(), usedAt: ticks() });
    return { ok: true, visitor: { id, token }, cookie };
  }

  /** Who is behind a `Cookie` header; null for a stranger. */
  visitor(header: string | undefined): Visitor | null {
    const value = readCookie(header, COOKIE);
    if (value === null) return null;
    const hash = sha256(value);
    const session = this.#sessions.get(hash);
    if (session === undefined) return null;
    const now = this.#options.ticks();
    // Anew at the end: the map is in the order of use.
    this.#sessions.delete(hash);
    if (hasEnded(session, now)) return null;
    const token = this.#options.tokens.byHash(session.tokenHash);
    session.usedAt = token === null ? session.usedAt : now;
    this.#sessions.set(hash, session);
    return token === null ? null : { id: session.id, token };
  }

  close(header: string | undefined): void {
    const value = readCookie(header, COOKIE);
    if (value !== null) this.#sessions.delete(sha256(value));
  }

  #makeRoom(tokenHash: string): void {
    const now = this.#options.ticks();
    for (const [hash, session] of this.#sessions) if (hasEnded(session, now)) this.#sessions.delete(hash);
    const own = [...this.#sessions].filter(([, session]) => session.tokenHash === tokenHash);
    const [oldest] = own;
    if (own.length >= MAX_OF_TOKEN && oldest !== undefined) this.#sessions.delete(oldest[0]);
  }
}

function hasEnded({ openedAt, usedAt }: Session, now: number): boolean {
  return now - usedAt > IDLE_MS || now - openedAt > LONGEST_MS;
}

/** `Set-Cookie`; an empty value takes it away. */
export function deskCookie(value: string, secure: boolean): string {
  return cookieFor(COOKIE, value, { path: '/', seconds: LONGEST_MS / 1000, secure });
}
