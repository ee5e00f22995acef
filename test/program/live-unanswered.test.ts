// A device that asks a mail server which never answers: live, that is known once half a minute has passed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home, requireLab } from '../lab/home.ts';
import { ensureBuilt, eventually } from './program.ts';
import { LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, nothing is left unanswered live: ${reason}`);

describe.skipIf(reason !== null)('the sensor in a home', () => {
  let home: Home;
  let sensor: RunningSensor | null = null;
  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start();
    sensor = await (await LabSensor.of(home)).run();
  });
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    await home?.stop();
  });

  it('a SYN sent again and again is one attempt, and unanswered once 30 seconds have passed', async () => {
    await home.device('hallway-camera').connect('silent.example.net', 25, { timeoutMs: 3500 });
    const incidents = await eventually(async () => {
      const list = (await sensor?.page.incidents()) ?? [];
      return list[0]?.evidence.unanswered === 1 ? list : null;
    });
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.evidence).toMatchObject({ attempts: 1, connected: 0, refused: 0, unanswered: 1 });
  }, 60_000);
});
