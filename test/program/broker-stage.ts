// Sensors fed frame by frame, a broker and somebody who hears all of it: what tests of faults of the disk have in common. Sensors
// that still run after a test are killed.
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { databaseIn } from '../../sensor/spine.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { Transcript } from '../support/transcript.ts';
import { mqttFor, PipedSensor } from './piped-sensor.ts';
import { ensureBuilt, scratch } from './program.ts';

export class BrokerStage {
  readonly files = scratch();
  readonly running: PipedSensor[] = [];
  #broker: TestBroker | null = null;
  #ear: Transcript | null = null;

  /** Call it where the test file begins: it sets the stage before each test, and clears it after each. */
  static perTest(): BrokerStage {
    const stage = new BrokerStage();
    beforeAll(ensureBuilt);
    beforeEach(() => stage.#set());
    afterEach(() => stage.#clear());
    afterAll(stage.files.remove);
    return stage;
  }

  private constructor() {}

  get broker(): TestBroker {
    if (this.#broker === null) throw new Error('the stage is set for each test alone');
    return this.#broker;
  }

  get ear(): Transcript {
    if (this.#ear === null) throw new Error('the stage is set for each test alone');
    return this.#ear;
  }

  start(state: string): PipedSensor {
    const config = this.files.path('sensor.yaml');
    const sensor = new PipedSensor({ config, mqtt: mqttFor(this.broker, null), state });
    this.running.push(sensor);
    return sensor;
  }

  async #set(): Promise<void> {
    this.#broker = await aedesBroker();
    this.#ear = await Transcript.listen(this.#broker.url, this.#broker.login);
  }

  async killAll(): Promise<void> {
    for (const { program } of this.running.splice(0)) await program.kill();
  }

  async #clear(): Promise<void> {
    await this.killAll();
    await this.#ear?.close();
    await this.#broker?.remove();
  }
}

/** What another process sees in the database, whether a sensor runs on it or not. */
export function onDisk<Row>(state: string, sql: string): Row[] {
  const reader = new Database(databaseIn(state), { readonly: true });
  try {
    return reader.prepare<[], Row>(sql).all();
  } finally {
    reader.close();
  }
}
