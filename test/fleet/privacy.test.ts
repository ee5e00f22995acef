// That nothing of a home is found where its records go: over all captures and all homes of the self-test and of the detection table, the
// servers' stream, every table of the database, the dead letters and every answer of the desk are searched for what each home is known by.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import { Collector } from '../../sensor/fleet/collector/collector.ts';
import { outbreakRound } from '../../sensor/fleet/outbreak/outbreaks.ts';
import { fleetPackage } from '../../sensor/fleet/packages.ts';
import type { FleetRecord } from '../../sensor/fleet/record.ts';
import { openDatabase } from '../../sensor/fleet/store/database.ts';
import { DEAD_STREAM, MQTT_STREAM } from '../../sensor/fleet/topics.ts';
import { silentLog } from '../../sensor/log.ts';
import { CASES as SELF_TEST } from '../../sensor/self-test/cases.ts';
import type { Spine } from '../../sensor/spine.ts';
import { CASES as HOMES } from '../detection/cases.ts';
import { replayed } from '../support/replayed.ts';
import { Stage } from '../support/stage.ts';
import { startDesk } from './desk/stage.ts';
import { recordsOf } from './home/told.ts';
import { until } from './support/place.ts';
import { homeId } from './support/records.ts';
import { leaks, secretsOf, spellings } from './support/secrets.ts';
import { FleetStage } from './support/stage.ts';

const CAPTURES = join(PROJECT_ROOT, 'test/captures');
/** Of each home a person has named all things. */
const LABEL = 'Grandma Wilhelmine';

let stage: FleetStage;
/** What each home is known by. What names one home may be a server, or a common word, to another. */
const secretsOfHome = new Map<string, Set<string>>();
/** What is nobody else's, whatever stands there: MACs, and names by a person. */
const unmistakable = new Set<string>();
let sent = 0;

beforeAll(async () => {
  // Nobody else is to get what a collector on a busy machine takes long for.
  stage = await FleetStage.start({ nodes: 1, ackWait: 120 });
}, 120_000);
afterAll(() => stage?.remove());

interface Told {
  records: FleetRecord[];
  secrets: Set<string>;
}

/** What a home would send, and what it is known by. */
function tell(spine: Spine, homeNet: readonly string[] = []): Told {
  const devices = spine.engine.devices.all();
  for (const [n, device] of devices.entries()) device.label ??= `${LABEL} ${n}`;
  for (const { mac } of devices) for (const spelling of spellings(mac)) unmistakable.add(spelling);
  return { records: recordsOf(spine, { homeNet }), secrets: secretsOf(spine) };
}

async function report({ records, secrets }: Told): Promise<void> {
  const home = homeId(secretsOfHome.size + 1);
  secretsOfHome.set(home, secrets);
  sent += records.length;
  const sender = await stage.home(home);
  await sender.send(...records);
  await sender.client.endAsync();
}

/** Which secrets stand in something: those of the home that it is of, where it is of one. */
const leaksIn = (what: unknown, home?: string): string[] => [
  ...leaks(what, (home === undefined ? undefined : secretsOfHome.get(home)) ?? new Set()),
  ...leaks(what, unmistakable),
];

it('homes report, and the stream holds nothing that they are known by', async () => {
  for (const name of readdirSync(CAPTURES).filter((file) => file.endsWith('.pcap')))
    await report(await replayed(join(CAPTURES, name), [], (spine) => tell(spine)));
  for (const { frames } of SELF_TEST) {
    const played = new Stage({ recorded: true });
    played.play(...frames());
    played.finish();
    await report(tell(played.spine));
    played.spine.close();
  }
  for (const { home, settings, settled } of HOMES) {
    const played = new Stage({ recorded: true, ...settings });
    settled?.(played);
    for (const part of typeof home === 'function' ? [home] : home) part(played);
    played.finish();
    await report(tell(played.spine, settings?.homeNet));
    played.spine.close();
  }
  unmistakable.add(LABEL.toLowerCase());
  expect([secretsOfHome.size > 150, sent > 500, unmistakable.size > 1000]).toEqual([true, true, true]);
  const messages = await stored(MQTT_STREAM);
  expect(messages.length).toBe(sent);
  expect(messages.flatMap(({ home, json }) => leaksIn(json, home))).toEqual([]);
}, 600_000);

it('nor do the tables of the database, and the dead letters', async () => {
  const collector = new Collector({
    connection: stage.connection,
    db: stage.db,
    log: silentLog,
    now: () => Date.now(),
  });
  collector.start();
  await until(
    () => `all is stored: ${JSON.stringify(collector.figures)}`,
    () => collector.figures.stored + collector.figures.dead >= sent,
    { within: 300_000 },
  );
  await collector.stop();
  await outbreakRound(stage.db);
  const { rows: tables } = await stage.db.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  let rows = 0;
  for (const { name } of tables) {
    const table = await stage.db.query<{ row: { home?: string } }>(`SELECT row_to_json(t) AS row FROM "${name}" t`);
    rows += table.rows.length;
    expect([name, table.rows.flatMap(({ row }) => leaksIn(row, row.home))]).toEqual([name, []]);
  }
  expect(rows).toBeGreaterThan(sent);
  expect((await stored(DEAD_STREAM)).flatMap(({ home, json }) => leaksIn(json, home))).toEqual([]);
}, 600_000);

it('nor do the answers of the desk, to whom every home lets look at its record', async () => {
  const url = stage.postgres.url('fleet');
  const desk = await startDesk(await openDatabase(url), await openDatabase(url), {});
  try {
    const homes = [...secretsOfHome.keys()];
    const cookie = await desk.login(desk.token('helper', homes));
    let octets = 0;
    const look = async (path: string, home?: string) => {
      const { status, text } = await desk.call(`/api/${path}`, { cookie });
      octets += text.length;
      // A record is told as the text that it travelled as.
      const told: unknown = JSON.parse(text, (key, value) => (key === 'text' ? JSON.parse(value) : value));
      expect([path, status, leaksIn(told, home)]).toEqual([path, 200, []]);
    };
    for (const path of ['summary', 'outbreaks', 'incidents', 'homes']) await look(path);
    for (const home of homes) for (const path of [`homes/${home}`, `homes/${home}/records`]) await look(path, home);
    expect(octets).toBeGreaterThan(100_000);
  } finally {
    await desk.close();
  }
}, 600_000);

/** What lies in a stream; the last part of a subject is the home. */
async function stored(stream: string): Promise<{ home: string; json: unknown }[]> {
  const { streams } = await fleetPackage('@nats-io/jetstream').jetstreamManager(stage.connection);
  const { state } = await streams.info(stream);
  const found: { home: string; json: unknown }[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await streams.getMessage(stream, { seq }).catch(() => null);
    if (message !== null) found.push({ home: message.subject.split('.').at(-1) ?? '', json: message.json() });
  }
  return found;
}
