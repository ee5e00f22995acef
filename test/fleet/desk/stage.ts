// What the desk's tests share: a real PostgreSQL with a made-up fleet, the real server on a free loopback port, tokens in a real file,
// and a client that holds the cookie of who logged in.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetRecord } from '../../../sensor/fleet/record.ts';
import { type FleetDatabase, migrate, openDatabase } from '../../../sensor/fleet/store/database.ts';
import { dayOf } from '../../../web/fleet/days.ts';
import { createDeskServer, type DeskServer, type DeskServerOptions } from '../../../web/fleet/server.ts';
import { addToken, Tokens } from '../../../web/fleet/tokens.ts';
import type { Log } from '../../../web/ports.ts';
import { type Answer, type CallOptions, sendTo } from '../../support/web-client.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { type Population, store } from './population.ts';

/** All that the tests tell of happens before it. Today, since the database has places for the months around today alone. */
export const NOW = Date.parse(`${dayOf(Date.now())}T09:30:00Z`);

/** As the notes call them. */
export const FAMILY_NAMES = new Map([
  ['sonos', 'Sonos speakers'],
  ['example-camera', 'Example cameras'],
]);

/** One PostgreSQL for the tests of a file, and in it a database for each fleet. */
export class DeskStage {
  readonly #postgres: PostgresServer;
  readonly #open: RunningDesk[] = [];
  #databases = 0;

  static async begin(): Promise<DeskStage> {
    return new DeskStage(await PostgresServer.start());
  }

  private constructor(postgres: PostgresServer) {
    this.#postgres = postgres;
  }

  get postgres(): PostgresServer {
    return this.#postgres;
  }

  /** A migrated database with that fleet in it; the caller closes what it opens by `url`. */
  async database(made: Population, now = NOW): Promise<{ url: string; db: FleetDatabase }> {
    this.#databases += 1;
    const url = await this.#postgres.makeDatabase(`desk${this.#databases}`);
    const db = await openDatabase(url);
    await migrate(db);
    await store(db, made, now);
    await db.query('ANALYZE');
    return { url, db };
  }

  /** A desk over that fleet, which logs in as who may only read, as in real use. */
  async desk(made: Population, options: Partial<DeskServerOptions> = {}): Promise<RunningDesk> {
    const { db: owner, url } = await this.database(made);
    const db = await openDatabase(await this.#reader(owner, url), { statementTimeout: 20_000 });
    const running = await startDesk(db, owner, options);
    this.#open.push(running);
    return running;
  }

  async #reader(owner: FleetDatabase, url: string): Promise<string> {
    const name = `desk_reader_${this.#databases}`;
    await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD 'reader' IN ROLE fleet_desk`);
    const { pathname } = new URL(url);
    return this.#postgres.url(pathname.slice(1), name, 'reader');
  }

  /** Closes the desks; the server goes on. */
  async clear(): Promise<void> {
    for (const desk of this.#open.splice(0)) await desk.close();
  }

  async end(): Promise<void> {
    await this.clear();
    await this.#postgres.remove();
  }
}

/** Stores what a home has sent, as collectors do. */
export async function storeRecords(db: FleetDatabase, home: string, records: readonly FleetRecord[]): Promise<void> {
  const rows = records.flatMap((record) => {
    if (record.kind === 'withdrawal') return [];
    const day = record.kind === 'incident' ? record.body.startedAt : record.body.day;
    return [{ ...record, month: `${day.slice(0, 7)}-01` }];
  });
  await db.query(
    `INSERT INTO records SELECT $1, month, id, revision, kind, now(), body
      FROM jsonb_to_recordset($2) AS sent (month date, id text, revision bigint, kind text, body jsonb)`,
    [home, JSON.stringify(rows)],
  );
}

export interface RunningDesk {
  server: DeskServer;
  port: number;
  /** As the migrations' owner, for a test to change rows. */
  owner: FleetDatabase;
  logged: string[];
  tokenFile: string;
  /** Where the token lies that a fleet is made with. */
  firstToken: string;
  /** Moves wall and monotonic time together. */
  clock: { now: number };
  /** Makes a token. @param homes whose record it opens */
  token(name: string, homes?: string[]): string;
  /** `Cookie` header of who logs in with a token. */
  login(token: string): Promise<string>;
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export async function startDesk(
  db: FleetDatabase,
  owner: FleetDatabase,
  options: Partial<DeskServerOptions> = {},
): Promise<RunningDesk> {
  const directory = mkdtempSync(join(tmpdir(), 'thingwatch-desk-'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>thingwatch fleet</title>');
  const tokenFile = join(directory, 'desk-tokens.json');
  const clock = { now: NOW };
  const logged: string[] = [];
  const put = (text: string): void => void logged.push(text);
  const log: Log = { info: put, warn: put, error: put };
  const ticks = (): number => clock.now;
  const server = createDeskServer({
    ...{ listen: { host: '127.0.0.1', port: 0 }, hostNames: [], tls: null, publicDir: directory, randomBytes, log },
    ...{ db, fleet: 'Test fleet', version: '1.2.3', clock: () => clock.now, ticks, families: FAMILY_NAMES },
    tokens: new Tokens({ path: tokenFile, first: join(directory, 'desk.token'), ticks, log }),
    ...options,
  });
  const { url } = await server.listen();
  const port = Number(new URL(url).port);
  const call = (path: string, callOptions: CallOptions = {}): Promise<Answer> => sendTo(port, path, callOptions);
  return {
    ...{ server, port, owner, logged, tokenFile, clock, call, firstToken: join(directory, 'desk.token') },
    token(name, homes = []) {
      // The file is looked at once a second.
      clock.now += 1000;
      return addToken(tokenFile, { name, homes, createdAt: new Date(NOW).toISOString() }, null);
    },
    async login(token) {
      const answer = await call('/api/login', { method: 'POST', body: { token } });
      if (answer.status !== 200) throw new Error(`login failed: ${answer.text}`);
      return String(answer.headers['set-cookie']?.[0]?.split(';')[0]);
    },
    async close() {
      await server.close();
      await db.close();
      await owner.close();
      rmSync(directory, { recursive: true });
    },
  };
}
