// A spine with its edges: what `run`, `replay --serve` and the demo share. Loaded only by them, since broker and page cost start-up
// time that a plain replay need not pay. Belongs to main.ts.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { defaultInterface } from '../capture/interfaces.ts';
import { version } from '../checkout.ts';
import type { Config } from '../config.ts';
import type { Mac } from '../decode/packet.ts';
import { english, wordsIn } from '../language/words.ts';
import type { Log } from '../log.ts';
import { alertMessages, testMessages } from '../publish/alerts.ts';
import type { Notify } from '../publish/notify/notify.ts';
import type { Phones } from '../publish/notify/phones.ts';
import type { Topics } from '../publish/topics.ts';
import type { Health } from '../record/health.ts';
import { databaseIn, type Spine } from '../spine.ts';
import { openSpine } from '../stored-spine.ts';
import { Descriptors } from './descriptors.ts';
import { type Edges, startEdges, topicsFor } from './edges.ts';
import type { FleetDoor } from './fleet-door.ts';
import { LiveClock } from './live-clock.ts';
import { NamedFiles } from './named-files.ts';
import { ProofOfLife } from './proof-of-life.ts';
import { viewOf } from './publish-source.ts';
import { SensorHealth } from './sensor-health.ts';
import { macOf, ownMacs, type Session } from './session.ts';
import { TestIds } from './test-ids.ts';

const SENSOR_ID = 'sensor_id';
const TICK = 1000;

export interface ServedOptions {
  session: Session;
  mode: Health['mode'];
  interface: string | null;
  /** Null: a temporary directory that goes with the end. */
  stateDir: string | null;
  homeNet: readonly string[];
  extraNotes?: readonly string[];
  /**
   * Rejects where serving is of no use. Nothing is begun before, and no database made; one that is there is read meanwhile.
   */
  ready?: Promise<void>;
  /** Called when the ports of page and broker are open, before any frame is read. */
  up?(): Promise<void>;
  /** Where the page and the broker are, for whoever started it; to standard error unless told. */
  print?(text: string): void;
}

/** A spine with its edges: page, broker, publisher, timers. */
export interface Served {
  spine: Spine;
  health: SensorHealth;
  /** Null in a replay, which has the time of its packets. */
  clock: LiveClock | null;
  /** Page and broker answer, and what is known is published. Call it once frames are taken; resolves when all is loaded. */
  begin(): Promise<void>;
  stop(): Promise<void>;
}

export async function serve(options: ServedOptions): Promise<Served> {
  const { session } = options;
  const { config } = session;
  const now = () => clock?.now() ?? session.now();
  // A demonstration is no home.
  const fleetDoor =
    config.fleet.enrolment === undefined || options.mode === 'demo' ? null : await import('./fleet-door.ts');
  const enrolment = fleetDoor?.enrolmentOf(config) ?? null;
  const temporary = options.stateDir === null ? mkdtempSync(join(tmpdir(), 'thingwatch-')) : null;
  const stateDir = options.stateDir ?? temporary ?? '';
  if (!existsSync(databaseIn(stateDir))) await options.ready;
  const sensorMac = macOf(options.interface);
  let clock: LiveClock | null = null;
  let topics: Topics | null = null;
  let notify: Notify | null = null;
  let phones: Phones | null = null;
  let fleet: FleetDoor | null = null;
  const tests = new TestIds(now);
  const words = await wordsIn(config.language);
  // What has come meanwhile is taken first, such as the keeper's answer: upon it the port is opened, while the database is read.
  await allTaken();
  const spine = openSpine({
    ...session,
    now,
    words,
    meta: () => clock?.meta() ?? {},
    stateDir,
    homeNet: options.homeNet,
    sensorMac: options.mode === 'live' ? sensorMac : null,
    ownMacs: options.mode === 'live' ? ownMacs() : [],
    recorded: options.mode !== 'live',
    ...(options.extraNotes === undefined ? {} : { extraNotes: options.extraNotes }),
    alerts: (event, device) =>
      topics === null
        ? []
        : [
            ...alertMessages(words, topics, event, device === null ? null : viewOf(spine, device)),
            ...(notify?.messages(event) ?? []),
          ],
    makeTest: () => {
      const test = topics === null ? null : tests.next();
      if (topics === null || test === null) return null;
      const { id, time } = test;
      return { id, messages: [...testMessages(words, topics, id, time), ...(notify?.test(id, time) ?? [])] };
    },
  });
  await options.ready?.catch((error: unknown) => {
    // Nothing was seen, so there is nothing to write.
    spine.store.close();
    throw error;
  });
  let edges: Edges | null = null;
  let timer: NodeJS.Timeout | null = null;
  const files = new NamedFiles(config, session.log('main'));
  let isStopped = false;
  const stop = async () => {
    isStopped = true;
    if (timer !== null) clearInterval(timer);
    files.stop();
    await Promise.all([notify?.stop(), edges?.stop(), fleet?.stop()]);
    spine.close();
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    if (options.mode === 'live') clock = new LiveClock(spine, { log: session.log('clock') });
    const sensorId = sensorIdOf(spine, config, sensorMac ?? macOf(defaultInterface()));
    topics = topicsFor(config, sensorId);
    const fixed = { version: version(), startedAt: now(), mode: options.mode, interface: options.interface };
    const health = new SensorHealth(spine, fixed, now);
    health.clock = clock;
    const life = options.mode === 'live' && spine.watch !== null ? new ProofOfLife(spine, spine.watch, now()) : null;
    if (life !== null) health.coverage = () => life.coverage(now());
    edges = await startEdges({
      ...session,
      now,
      spine,
      topics,
      sensorId,
      sensorMac,
      version: fixed.version,
      stateDir,
      health: (words) => health.read(words),
      weeks: () => life?.weeks.all() ?? [],
      phones: () => phones,
      fleet: () => fleet?.report() ?? null,
      print: options.print ?? ((text) => process.stderr.write(`${text}\n`)),
    });
    health.broker = edges.brokerStatus;
    if (fleetDoor !== null && enrolment !== null) {
      const place = { stateDir, homeNet: options.homeNet, version: fixed.version, now, log: session.log('fleet') };
      const door = new fleetDoor.FleetDoor({ enrolment, spine, ...place });
      fleet = door;
      health.fleet = () => door.health();
    }
    // A demonstration is nobody's alarm.
    if (Object.keys(config.notify).length > 0 && options.mode !== 'demo') {
      const { startTargets } = await import('./notify-targets.ts');
      const { pageUrl } = edges;
      const log = session.log('notify');
      const started = await startTargets({ config, spine, pageUrl, version: fixed.version, now, log });
      ({ notify, phones } = started);
      health.notify = () => [...started.notify.health(), ...(started.phones === null ? [] : [started.phones.health()])];
      if (life !== null) life.messages = started.notify.week;
    } else spine.store.outbox.keepTargets([]);
    fleet?.start();
    await files.start();
    const descriptors = new Descriptors(session.log('main'));
    health.warnings.push(
      () => descriptors.warnings(),
      () => files.warnings(),
    );
    await options.up?.();
    logIncidents(spine, session.log('record'));
    spine.startFlushing();
    if (options.mode === 'live') spine.followClock();
    timer = setInterval(() => {
      clock?.check();
      descriptors.check();
      edges?.takeConnections(descriptors.areConnectionsTaken);
      health.tick();
      fleet?.tick();
      life?.tick(now(), { capture: health.capture, isClockCertain: clock?.health()?.isCertain !== false });
      if (options.mode === 'live') spine.engine.tick(now());
    }, TICK);
    const begin = async () => {
      // Loading holds up everything: frames that have come by now go first.
      await allTaken();
      // An order to stop may have come with them: what began after it nobody would end.
      if (!isStopped) await edges?.begin();
    };
    return { spine, health, clock, begin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For whoever watches the terminal or the journal: what began, and what became worse. */
function logIncidents({ events, recorder }: Spine, log: Log): void {
  events.on('incident', ({ change, incident }) => {
    if (change !== 'opened' && change !== 'escalated' && change !== 'reopened' && change !== 'resumed') return;
    const { summary } = recorder.describer.sentencesIn(english, incident);
    log.warn(`incident ${change} [${incident.severity}] ${summary}`);
  });
}

/** Resolves when what has come by now was taken: this turn of the event loop may be past its reading, the next one is not. */
async function allTaken(): Promise<void> {
  await turn();
  await turn();
}

/** In every topic and unique id, so it must not change: kept from the first start on, whatever interface is used later. */
function sensorIdOf({ store }: Spine, config: Config, mac: Mac | null): string {
  const configured = config.sensor_id;
  if (configured !== undefined) return configured;
  const kept = store.meta(SENSOR_ID);
  if (kept !== null) return kept;
  const id = (mac ?? '00:00:00:00:00:00').replaceAll(':', '');
  store.setMeta(SENSOR_ID, id, true);
  return id;
}
