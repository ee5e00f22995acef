// Logging in to a FRITZ!Box by AVM's published scheme ("Session-ID" technical note, 2020 and later): the box sends a challenge,
// and what is sent back is computed from it and the password, which itself is never sent.
import { createHash, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { StreamError } from '../stream-source.ts';
import { ask, type Box, nameOf } from './http.ts';

const ROUTE = '/login_sid.lua?version=2';
const NO_SESSION = '0000000000000000';
/** Rounds that a box may ask for, both together; AVM's own ask for 66,000. */
const MOST_ROUNDS = 5_000_000;
const HOUR = 3_600_000;
/** A box with many users still keeps within. */
const LONGEST_INFO = 16_384;
/** What the box is asked with at its end must not hold up ours, ms. */
const FAREWELL_WITHIN = 2000;

export interface SessionInfo {
  /** 16 hex digits; zeros when nobody is logged in. */
  sid: string;
  challenge: string;
  /** Seconds for which nobody may log in, after wrong passwords. */
  blockTime: number;
  /** The user a browser would be offered; null when the box names none. */
  lastUser: string | null;
}

/** The XML that login_sid.lua answers with, or null when it is none. */
export function readSessionInfo(answer: string): SessionInfo | null {
  const xml = answer.slice(0, LONGEST_INFO);
  const text = (name: string) => new RegExp(`<${name}>([^<]{0,1000})</${name}>`).exec(xml)?.[1];
  const sid = text('SID');
  if (sid === undefined || !/^[0-9a-f]{16}$/i.test(sid)) return null;
  // Within one tag and no longer than one is: else an answer that never closes its tags would be searched for hours.
  const lastUser = /<User\s[^<>]{0,200}\blast="1"[^<>]{0,200}>([^<]{1,200})<\/User>/.exec(xml)?.[1];
  return {
    sid,
    challenge: text('Challenge') ?? '',
    blockTime: Number(/^\d{1,6}$/.exec(text('BlockTime') ?? '')?.[0] ?? 0),
    lastUser: lastUser === undefined ? null : unescaped(lastUser),
  };
}

function unescaped(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => named[name] ?? '');
}

const derive = promisify(pbkdf2);

/**
 * What answers a challenge: `2$iter1$salt1$iter2$salt2` twice by PBKDF2-HMAC-SHA-256, anything else by MD5 over UTF-16LE, as
 * boxes before FRITZ!OS 7.24 want it. Null when the challenge is neither.
 */
export async function answerTo(challenge: string, password: string): Promise<string | null> {
  const parts = /^2\$(\d{1,9})\$([0-9a-f]{2,128})\$(\d{1,9})\$([0-9a-f]{2,128})$/i.exec(challenge);
  if (parts !== null) {
    const [, first = '', salt = '', second = '', dynamicSalt = ''] = parts;
    const [rounds, moreRounds] = [Number(first), Number(second)];
    if (rounds < 1 || moreRounds < 1 || rounds + moreRounds > MOST_ROUNDS) return null;
    const key = await derive(password, Buffer.from(salt, 'hex'), rounds, 32, 'sha256');
    const answer = await derive(key, Buffer.from(dynamicSalt, 'hex'), moreRounds, 32, 'sha256');
    return `${dynamicSalt}$${answer.toString('hex')}`;
  }
  if (!/^[0-9a-z]{1,64}$/i.test(challenge)) return null;
  // The note: characters beyond U+00FF count as a dot.
  const plain = `${challenge}-${password}`.replace(/[\u{100}-\u{10ffff}]/gu, '.');
  return `${challenge}-${createHash('md5').update(Buffer.from(plain, 'utf16le')).digest('hex')}`;
}

export interface Account {
  /** Null: the one that the box offers. */
  username: string | null;
  /** Read anew for each login. */
  password(): string;
}

/** Resolves to a session id. Rejects with a StreamError that says how long to leave the box alone. */
export async function logIn(box: Box, account: Account, signal?: AbortSignal): Promise<string> {
  const state = await sessionInfo(box, { signal });
  if (state.blockTime > 0) throw blocked(box, state.blockTime);
  const answer = await answerTo(state.challenge, account.password());
  if (answer === null) throw new StreamError(`${nameOf(box)} asks for a login of an unknown kind`, HOUR);
  const username = account.username ?? state.lastUser ?? '';
  const { blockTime, sid } = await sessionInfo(box, { form: { username, response: answer }, signal });
  if (sid !== NO_SESSION) return sid;
  throw new StreamError(
    `${nameOf(box)} refuses the user or the password in capture.fritzbox; it is tried again in an hour, or when you start the sensor anew`,
    Math.max(HOUR, (blockTime + 1) * 1000),
  );
}

function blocked(box: Box, seconds: number): StreamError {
  return new StreamError(
    `${nameOf(box)} lets nobody log in for ${seconds} seconds, because of wrong passwords`,
    (seconds + 1) * 1000,
  );
}

/** Whether the box still knows the session; asking keeps it alive. */
export async function isLoggedIn(box: Box, sid: string, signal?: AbortSignal): Promise<boolean> {
  return (await sessionInfo(box, { form: { sid }, signal })).sid === sid;
}

/** Ends the session; a box that does not answer forgets it by itself after 20 minutes. */
export async function logOut(box: Box, sid: string): Promise<void> {
  await ask(box, {
    path: ROUTE,
    form: { logout: '1', sid },
    signal: AbortSignal.timeout(FAREWELL_WITHIN),
    within: FAREWELL_WITHIN,
  }).catch(() => {
    // Told to nobody: the sensor is going.
  });
}

async function sessionInfo(
  box: Box,
  { form, signal }: { form?: Record<string, string>; signal: AbortSignal | undefined },
): Promise<SessionInfo> {
  const { status, text } = await ask(box, { path: ROUTE, signal, ...(form === undefined ? {} : { form }) });
  const info = readSessionInfo(text);
  if (info === null)
    throw new StreamError(
      `what answers at ${box.url.host} is no FRITZ!Box: it knows no login_sid.lua (HTTP ${status})`,
    );
  return info;
}
