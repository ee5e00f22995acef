// A stage for stories about the publisher: each is told over Debian's Mosquitto with password and TLS, and over aedes.
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type Authority, MOSQUITTO, makeAuthority } from './mosquitto.ts';
import {
  accessTo,
  aedesBroker,
  allTaken,
  CAMERA,
  type Lab,
  mosquittoBroker,
  publisherLab,
  type TestBroker,
  TOPICS,
} from './publisher-lab.ts';
import { aDevice } from './small-home.ts';
import { Transcript, until } from './transcript.ts';

export class Stage {
  #broker: TestBroker | undefined;
  #transcript: Transcript | undefined;
  #lab: Lab | undefined;

  get broker(): TestBroker {
    if (this.#broker === undefined) throw new Error('the stage is not set');
    return this.#broker;
  }

  get transcript(): Transcript {
    if (this.#transcript === undefined) throw new Error('the stage is not set');
    return this.#transcript;
  }

  set transcript(transcript: Transcript) {
    this.#transcript = transcript;
  }

  get lab(): Lab {
    if (this.#lab === undefined) throw new Error('the stage is not set');
    return this.#lab;
  }

  set lab(lab: Lab) {
    this.#lab = lab;
  }

  async set(broker: TestBroker): Promise<void> {
    this.#broker = broker;
    this.#transcript = await Transcript.listen(broker.url, broker.login);
    this.#lab = publisherLab(accessTo(broker));
  }

  async clear(): Promise<void> {
    await this.lab.publisher.stop();
    await this.transcript.close();
    await this.broker.remove();
  }

  /** Starts, and waits until all that belongs to a start has been said. */
  async started(): Promise<void> {
    this.lab.publisher.start();
    await until(() => this.transcript.last(TOPICS.state) !== undefined);
    await this.allHeard();
  }

  /** All that the publisher has said so far has been taken by the broker, and heard. */
  async allHeard(): Promise<void> {
    await allTaken(this.lab);
    await this.transcript.settled();
  }

  /** With the camera's first mail told and everything of it heard. */
  async mailing(): Promise<void> {
    this.lab.home.add(aDevice(CAMERA, 'Hallway camera'));
    await this.started();
    this.lab.home.mail(CAMERA);
    await until(() => this.transcript.last(TOPICS.alert) !== undefined);
    await this.deviceAlertHeard();
    this.transcript.clear();
  }

  async deviceAlertHeard(): Promise<void> {
    await until(() => {
      this.lab.timers.advance(100);
      return this.transcript.last(TOPICS.deviceAlert(CAMERA)) !== undefined;
    });
    await this.allHeard();
  }
}

export function overEachBroker(story: (stage: Stage) => void): void {
  let authority: Authority;
  beforeAll(() => {
    authority = makeAuthority();
  });
  afterAll(() => rmSync(authority.directory, { recursive: true, force: true }));

  const brokers = [
    { name: 'Mosquitto', start: () => mosquittoBroker(authority), missing: MOSQUITTO === null },
    { name: 'aedes', start: aedesBroker, missing: false },
  ];
  for (const { name, start, missing } of brokers) {
    describe.skipIf(missing)(`over ${name}`, () => {
      const stage = new Stage();
      beforeEach(async () => stage.set(await start()));
      afterEach(() => stage.clear());
      story(stage);
    });
  }
}
