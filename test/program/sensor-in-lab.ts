// The built sensor on the mirror port of a lab's home, with its page and its embedded broker in reach of the test.
import { join } from 'node:path';
import { type Home, mirrorInterface } from '../lab/home.ts';
import { eventually, listen, PairedPage, type Place, Program, writeYaml } from './program.ts';

export interface Alert {
  event_type: string;
  id: string;
  kind: string;
  severity: string;
  mac: string | null;
  connection: string | null;
  /** How far mail has come; null for other kinds. */
  stage: string | null;
}

export class LabSensor {
  readonly home: Home;
  /** Where the sockets lead: the page and the broker on the sensor's own loopback. */
  readonly #page: Place;
  readonly #broker: Place;
  #started = 0;

  static async of(home: Home): Promise<LabSensor> {
    const page = join(home.directory, 'page.sock');
    const broker = join(home.directory, 'broker.sock');
    await Promise.all([home.forward(page, 8080), home.forward(broker, 1883)]);
    return new LabSensor(home, { socketPath: page }, { socketPath: broker });
  }

  private constructor(home: Home, page: Place, broker: Place) {
    this.home = home;
    this.#page = page;
    this.#broker = broker;
  }

  /** Starts `thingwatch run` and resolves when it captures. Without `state` it knows nothing of earlier runs; `fleet`: its enrolment. */
  async run(
    settings: { state?: string; notes?: string[]; capture?: object; fleet?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<RunningSensor> {
    this.#started += 1;
    const state = settings.state ?? join(this.home.directory, `state-${this.#started}`);
    const config = writeYaml(join(this.home.directory, `sensor-${this.#started}.yaml`), {
      sensor_id: 'lab',
      state_dir: state,
      capture: { interface: mirrorInterface, ...settings.capture },
      ...(settings.notes === undefined ? {} : { notes: { dirs: settings.notes } }),
      ...(settings.fleet === undefined ? {} : { fleet: { enrolment: settings.fleet } }),
    });
    const options = { cwd: this.home.directory, env: { ...process.env, ...settings.env } };
    const program = new Program(this.home.sensorCommand(['--config', config, 'run'], options));
    await program.says(/Capturing on mirror0/);
    const page = await PairedPage.open(program, this.#page);
    const ear = await listen(this.#broker);
    return { program, page, state, ear: ear.messages, hang: ear.close, alerts: () => alertsOf(ear.messages) };
  }
}

export interface RunningSensor {
  program: Program;
  page: PairedPage;
  state: string;
  /** All that passed on the broker since the sensor started. */
  ear: { topic: string; payload: string }[];
  /** Ends the listener. */
  hang: () => Promise<void>;
  /** Alerts on the house's topic. */
  alerts: () => Alert[];
}

function alertsOf(messages: readonly { topic: string; payload: string }[]): Alert[] {
  return messages
    .filter(({ topic }) => topic === 'thingwatch/lab/alert')
    .map(({ payload }) => JSON.parse(payload) as Alert);
}

/** Waits until the sensor has taken in all frames that passed before now: those of a query whose answer it has counted. */
export async function caughtUp(page: PairedPage, home: Home): Promise<void> {
  const before = (await page.health()).frames;
  const device = home.devices.find(({ ipv4 }) => ipv4 !== undefined);
  await device?.lookup('cdn.manyfiles.example');
  await eventually(async () => ((await page.health()).frames >= before + 2 ? true : null));
}
