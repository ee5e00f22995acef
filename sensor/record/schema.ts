// The tables of the store and how an older database becomes a current one. Forward only: a newer database is refused
// before it gets here. Times are whole milliseconds of packet time unless a column says otherwise.
import type { Database } from 'better-sqlite3';

/**
 * Migration n leads from version n − 1 to n and never changes once released. Lists with a life of their own are tables,
 * so that a contact rewrites one row; small, open shapes are JSON. `ord` keeps the order a list or map had in memory.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    mac TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    label TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    broadcast_only INTEGER NOT NULL,
    shared_mac INTEGER NOT NULL,
    connections INTEGER NOT NULL,
    hostnames TEXT NOT NULL,
    identity TEXT NOT NULL,
    firmware TEXT NOT NULL,
    mail TEXT NOT NULL,
    lookups TEXT NOT NULL
  ) STRICT;

  CREATE TABLE leases (
    mac TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
    ord INTEGER NOT NULL,
    ip TEXT NOT NULL,
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (mac, ord)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE mail_destinations (
    mac TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
    ord INTEGER NOT NULL,
    ip TEXT NOT NULL,
    port INTEGER NOT NULL,
    name TEXT,
    name_from TEXT,
    attempts INTEGER NOT NULL,
    connected INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    unanswered INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (mac, ord)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE backends (
    mac TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
    ord INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    role_from TEXT,
    note TEXT,
    hosts TEXT NOT NULL,
    name_from TEXT NOT NULL,
    outer_name INTEGER NOT NULL,
    shared INTEGER NOT NULL,
    connections INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    days TEXT NOT NULL,
    PRIMARY KEY (mac, ord)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE timeline (
    mac TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
    ord INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT,
    name_from TEXT,
    ip TEXT,
    role TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (mac, ord)
  ) STRICT, WITHOUT ROWID;

  -- One row a day, so that an active hour rewrites that day and not the whole month.
  CREATE TABLE activity (
    mac TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
    ord INTEGER NOT NULL,
    day INTEGER NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (mac, ord)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    device TEXT,
    port_class TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    summary TEXT NOT NULL,
    evidence TEXT NOT NULL,
    advice TEXT NOT NULL,
    happened_before TEXT NOT NULL,
    state TEXT NOT NULL,
    acknowledged_at INTEGER,
    resolved_at INTEGER,
    watch_until INTEGER
  ) STRICT;

  CREATE TABLE expectations (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    destinations TEXT NOT NULL,
    ports TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    until INTEGER,
    matches INTEGER NOT NULL,
    last_match INTEGER,
    incident TEXT
  ) STRICT;
  `,
  `
  -- created_at in packet time.
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('alert', 'state'))
  ) STRICT;
  CREATE TABLE published_topics (topic TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  `
  -- Wall time: browsers are people's, not the network's.
  CREATE TABLE browsers (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
  ) STRICT;
  ALTER TABLE devices ADD COLUMN same_as TEXT;
  `,
  `
  -- What detectors know again after a restart; the empty MAC stands for the home. Each detector reads its own JSON.
  CREATE TABLE detector_memory (
    detector TEXT NOT NULL,
    mac TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (detector, mac)
  ) STRICT, WITHOUT ROWID;

  -- Pairs in place of a list of destinations and a list of ports, whose product covered what nobody had seen.
  ALTER TABLE expectations ADD COLUMN covers TEXT NOT NULL DEFAULT 'mail';
  ALTER TABLE expectations ADD COLUMN targets TEXT NOT NULL DEFAULT '[]';
  UPDATE expectations SET targets = (
    SELECT json_group_array(json_object('destination', d.value, 'port', p.value))
    FROM json_each(expectations.destinations) d, json_each(expectations.ports) p
  );
  ALTER TABLE expectations DROP COLUMN destinations;
  ALTER TABLE expectations DROP COLUMN ports;
  `,
  `
  -- Frames of incidents, cut to their headers: the first up to head, then the latest. No reference to incidents: what of
  -- these is left without one goes when incidents are pruned.
  CREATE TABLE evidence (
    incident TEXT PRIMARY KEY,
    seen INTEGER NOT NULL,
    head INTEGER NOT NULL,
    next INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE evidence_frames (
    incident TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    link_type INTEGER NOT NULL,
    wire_length INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (incident, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Hours since 1970: milliseconds that the home was watched, and was not by reason; mail attempts by whether they were expected.
  CREATE TABLE watch_hours (
    hour INTEGER PRIMARY KEY,
    watched INTEGER NOT NULL,
    off INTEGER NOT NULL,
    capture INTEGER NOT NULL,
    mirror INTEGER NOT NULL,
    loss INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    mail_expected INTEGER NOT NULL,
    mail_unexpected INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Whom a message is for; empty for the broker. No index: a search begins at the target's first row.
  ALTER TABLE outbox ADD COLUMN target TEXT NOT NULL DEFAULT '';
  `,
  `
  -- Browsers that are told by Web Push: where, and encrypted for which keys. Wall time; lost_at when the push service let go of it.
  CREATE TABLE push_phones (
    browser TEXT PRIMARY KEY REFERENCES browsers ON DELETE CASCADE,
    endpoint TEXT NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    lost_at INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- A person's word that nothing of it leaves the home.
  ALTER TABLE devices ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0;
  `,
];

/** The version this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

export function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/**
 * Brings a database up to `target`; steps already done are not run again. All in one transaction: whoever is killed in it, or fails,
 * leaves the version that was there, which the program that wrote it can go on with.
 */
export function migrate(db: Database, target: number = SCHEMA_VERSION): void {
  db.transaction(() => {
    const done = schemaVersion(db);
    for (const sql of MIGRATIONS.slice(done, target)) db.exec(sql);
    if (done < target) db.pragma(`user_version = ${target}`);
  }).immediate();
}
