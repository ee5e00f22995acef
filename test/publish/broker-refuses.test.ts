// Mosquitto that is not there, refuses the login or shows a wrong certificate, until somebody mends it: the alerts wait, one line
// says why, one that it is over.
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { reportFault } from '../support/fault-table.ts';
import { MOSQUITTO, Mosquitto, makeAuthority } from '../support/mosquitto.ts';
import { publisherLab } from '../support/publisher-lab.ts';
import { aDevice } from '../support/small-home.ts';
import { until } from '../support/transcript.ts';
import { UnrulyCable } from '../support/unruly-cable.ts';

const HOME = 'a4:cf:12:00:00:00';
const why = MOSQUITTO === null ? ' (skipped: Mosquitto is not installed)' : '';

describe.skipIf(MOSQUITTO === null)(`Mosquitto that refuses${why}`, () => {
  const cleanUp: (() => unknown)[] = [];
  afterEach(async () => {
    for (const remove of cleanUp.splice(0).reverse()) await remove();
  });

  async function mosquitto(options: Parameters<typeof Mosquitto.start>[0] = {}): Promise<Mosquitto> {
    const broker = await Mosquitto.start(options);
    cleanUp.push(() => broker.remove());
    return broker;
  }

  interface Barred {
    access: Parameters<typeof publisherLab>[0];
    words: RegExp;
    mend: () => Promise<unknown>;
  }

  /** Ten alerts each for house and device while the way is barred, five tries, and then it is mended. */
  async function barred(fault: string, { access, words, mend }: Barred): Promise<void> {
    const lab = publisherLab(access);
    cleanUp.push(() => lab.publisher.stop());
    const status = () => lab.publisher.status();
    lab.home.add(aDevice(HOME, 'device 0'));
    lab.publisher.start();
    for (let i = 0; i < 10; i += 1) lab.home.mail(HOME, 'opened', 'high', `incident${i}`.padEnd(16, '0'));
    for (let tries = 0; tries < 5; tries += 1) {
      await until(() => status().error !== null && lab.timers.pending().length > 1);
      lab.timers.advance(60_000);
    }
    await until(() => status().error !== null);
    expect(status()).toMatchObject({ connected: false, waiting: 20, error: expect.stringMatching(words) });
    expect(lab.log).toEqual([expect.stringMatching(words)]);
    await mend();
    await until(() => {
      lab.timers.advance(100);
      return lab.home.outbox.rows.size === 0;
    });
    expect(lab.log).toEqual([expect.stringMatching(words), expect.stringMatching(/^info connected/)]);
    expect(status().error).toBeNull();
    reportFault({
      fault,
      inputs: '20 alerts meanwhile',
      outcome: 'all acknowledged by the broker',
      lost: status().waiting,
    });
  }

  it('nothing listens', async () => {
    const broker = await mosquitto();
    await broker.kill();
    const { url, username, password } = broker;
    await barred('a broker that is not there', {
      access: { url, username, password },
      words: /nothing listens at the address/,
      mend: () => broker.run(),
    });
  });

  it('a wrong login', async () => {
    const [right, wrong] = [await mosquitto(), await mosquitto()];
    const { username, password } = right;
    await wrong.kill();
    wrong.knowPassword('another one');
    await wrong.run();
    const cable = await UnrulyCable.to(wrong.port);
    cleanUp.push(() => cable.remove());
    await barred('a broker that refuses the login', {
      access: { url: `mqtt://127.0.0.1:${cable.port}`, username, password },
      words: /refuses this user name or password|does not let this user in/,
      mend: async () => {
        cable.brokerPort = right.port;
      },
    });
  });

  it('a certificate of somebody else', async () => {
    const [ours, theirs] = [makeAuthority(), makeAuthority()];
    for (const { directory } of [ours, theirs]) cleanUp.push(() => rmSync(directory, { recursive: true }));
    const right = await mosquitto({ authority: ours });
    const wrong = await mosquitto({ authority: theirs });
    const cable = await UnrulyCable.to(wrong.port);
    cleanUp.push(() => cable.remove());
    const { username, password } = right;
    await barred('a broker with a wrong certificate', {
      access: { url: `mqtts://127.0.0.1:${cable.port}`, username, password, ca: ours.ca },
      words: /certificate is not signed by a known authority/,
      mend: async () => {
        cable.brokerPort = right.port;
      },
    });
  });
});
