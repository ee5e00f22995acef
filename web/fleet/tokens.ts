// Who may look at the desk: named tokens with a role, in one file that holds their hashes. Each is shown once, when it is made; to take
// it away ends what was opened with it. The file is read anew when it changes.
import { randomBytes } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { z } from 'zod';
import { type Owner, writeSecret } from '../../sensor/fleet/operator/fleet-directory.ts';
import { HOME_ID } from '../../sensor/fleet/record.ts';
import { equal, sha256 } from '../access.ts';
import type { Log } from '../ports.ts';

const SCHEMA = 'thingwatch.desk-tokens/1';
/** 192 bits: guessing is hopeless. */
const TOKEN_BYTES = 24;
const MAX_TOKENS = 256;
const LOOK_AGAIN_MS = 1000;

const deskToken = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[^\p{C}]+$/u),
    /** A helper may open the record of the homes that are named beside what a reader sees. */
    role: z.enum(['reader', 'helper']),
    homes: z.array(z.string().regex(HOME_ID)).max(1000),
    /** SHA-256, hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    /** ISO 8601. */
    createdAt: z.iso.datetime(),
  })
  .refine(({ homes, role }) => (role === 'helper') === homes.length > 0, 'a helper has homes, a reader has none');
const tokenFile = z.strictObject({ schema: z.literal(SCHEMA), tokens: z.array(deskToken).max(MAX_TOKENS) });

export type DeskToken = z.infer<typeof deskToken>;

/** What the token is called that a fleet is made with, and that lies beside the others as it is, for a person to take. */
export const FIRST_TOKEN = 'first';

/** In words for people; exit code 2. */
export class TokenFileError extends Error {}

/** `null`: there is none. @throws TokenFileError */
export function readFirstToken(path: string): DeskToken | null {
  const text = textOf(path)?.trim() ?? '';
  if (text === '') return null;
  const createdAt = new Date(statSync(path).mtimeMs).toISOString();
  return { name: FIRST_TOKEN, role: 'reader', homes: [], hash: sha256(text), createdAt };
}

/** @throws TokenFileError; an absent file holds none */
export function readTokens(path: string): DeskToken[] {
  const text = textOf(path);
  if (text === null) return [];
  const read = tokenFile.safeParse(parsed(text));
  if (read.success) return read.data.tokens;
  throw new TokenFileError(
    `${path} is no list of the desk's tokens: take it from a backup, or remove it and make new tokens`,
  );
}

/** Null where there is no such file. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return null;
    throw new TokenFileError(`the desk's tokens in ${path} cannot be read (${code}): nobody can log in until they can`);
  }
}

export interface NewToken {
  name: string;
  /** Whose record it opens; none for a reader. */
  homes: string[];
  createdAt: string;
}

/** @returns the token, which is nowhere else. @throws TokenFileError */
export function addToken(path: string, { name, homes, createdAt }: NewToken, owner: Owner | null): string {
  const tokens = readTokens(path);
  if (name === FIRST_TOKEN || tokens.some((known) => known.name === name))
    throw new TokenFileError(`there is a token named "${name}" already: choose another name, or remove it first`);
  if (tokens.length >= MAX_TOKENS)
    throw new TokenFileError(`there are ${MAX_TOKENS} tokens already: remove some first`);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const role = homes.length > 0 ? 'helper' : 'reader';
  const made = deskToken.safeParse({ name, role, homes: [...new Set(homes)], hash: sha256(token), createdAt });
  if (!made.success)
    throw new TokenFileError(
      'a token needs a name of at most 64 letters, and homes by their id, such as h0123456789abcde',
    );
  write(path, [...tokens, made.data], owner);
  return token;
}

/** False when there is none of this name. @throws TokenFileError */
export function removeToken(path: string, name: string, owner: Owner | null): boolean {
  const tokens = readTokens(path);
  const left = tokens.filter((known) => known.name !== name);
  if (left.length === tokens.length) return false;
  write(path, left, owner);
  return true;
}

function write(path: string, tokens: DeskToken[], owner: Owner | null): void {
  writeSecret(path, `${JSON.stringify({ schema: SCHEMA, tokens }, null, 2)}\n`, owner);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The tokens as they are now. One that cannot be read lets nobody in, and says so once. */
export class Tokens {
  readonly #path: string;
  readonly #first: string | null;
  readonly #ticks: () => number;
  readonly #log: Log;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #state = '';
  #list: DeskToken[] = [];

  /** `first`: file of the first token, or none; `ticks`: monotonic milliseconds. */
  constructor(of: { path: string; first: string | null; ticks: () => number; log: Log }) {
    const { first, log, path, ticks } = of;
    this.#path = path;
    this.#first = first;
    this.#ticks = ticks;
    this.#log = log;
  }

  list(): readonly DeskToken[] {
    const now = this.#ticks();
    if (now - this.#lookedAt < LOOK_AGAIN_MS) return this.#list;
    this.#lookedAt = now;
    const files = [this.#path, ...(this.#first === null ? [] : [this.#first])];
    const state = files.map((file) => stateOf(statSync(file, { throwIfNoEntry: false }))).join();
    if (state === this.#state) return this.#list;
    this.#state = state;
    try {
      const first = this.#first === null ? null : readFirstToken(this.#first);
      this.#list = [...(first === null ? [] : [first]), ...readTokens(this.#path)];
    } catch (error) {
      this.#list = [];
      this.#log.error(error instanceof Error ? error.message : String(error));
    }
    return this.#list;
  }

  /** The one that was given, in a time that tells nothing of how near it was. */
  find(token: string): DeskToken | null {
    return this.byHash(sha256(token));
  }

  byHash(hash: string): DeskToken | null {
    const given = Buffer.from(hash);
    return this.list().find((known) => equal(given, Buffer.from(known.hash))) ?? null;
  }
}

function stateOf(stats: Stats | undefined): string {
  return stats === undefined ? 'absent' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
