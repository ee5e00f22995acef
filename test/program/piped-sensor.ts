// The built program with packets on its standard input, frame by frame as a test wants them, and a broker of the test's.
import type { CapturedFrame } from '../support/packet-builder.ts';
import { pcapBytes } from '../support/packet-builder.ts';
import type { TestBroker } from '../support/publisher-lab.ts';
import { PairedPage, Program, writeYaml } from './program.ts';

const HEADER = pcapBytes([]);
export const SENSOR_ID = 'piped';

export interface PipedSettings {
  /** Directory of its state, kept between runs; without it nothing is kept. */
  state?: string;
  /** Where its configuration is written. */
  config: string;
  /** Settings below `mqtt`. */
  mqtt: object;
  homeassistant?: object;
  /** Settings below `notify`. */
  notify?: object;
  /** Settings below `fleet`. */
  fleet?: object;
  /** Settings below `web`, beside where it listens. */
  web?: object;
  /** Packet seconds per second; as fast as it can without. */
  speed?: number;
}

/** What `mqtt` has to say of a broker in a test; `ca` is a file. */
export function mqttFor(broker: TestBroker, ca: string | null): object {
  const { username, password } = broker.login;
  return { url: broker.url, username, password, ...(broker.url.startsWith('mqtts:') && ca !== null ? { ca } : {}) };
}

export class PipedSensor {
  readonly program: Program;
  #page: PairedPage | null = null;

  constructor({ config, fleet = {}, homeassistant = {}, mqtt, notify = {}, speed, state, ...more }: PipedSettings) {
    const web = { listen: '127.0.0.1:0', ...more.web };
    // Where commands find it as well.
    const place = state === undefined ? {} : { state_dir: state };
    writeYaml(config, { sensor_id: SENSOR_ID, ...place, web, mqtt, homeassistant, notify, fleet });
    const keep = state === undefined ? [] : ['--state', state];
    const pace = speed === undefined ? [] : ['--speed', String(speed)];
    this.program = Program.start(['--config', config, 'replay', '-', '--serve', ...keep, ...pace]);
    this.program.child.stdin?.on('error', () => {}).write(HEADER);
  }

  feed(...frames: (CapturedFrame | CapturedFrame[])[]): void {
    this.program.child.stdin?.write(pcapBytes(frames.flat()).subarray(HEADER.length));
  }

  async page(): Promise<PairedPage> {
    this.#page ??= await PairedPage.open(this.program);
    return this.#page;
  }
}
