// The built program, live, says how much of today it saw, also after it was killed; and nothing of a week that it has not lived.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CoverageDay } from '../../sensor/record/coverage.ts';
import { visit } from '../../sensor/self-test/frames/traffic.ts';
import { pcapBytes } from '../support/packet-builder.ts';
import { CAMERA } from '../support/stage.ts';
import { ensureBuilt, eventually, listen, PairedPage, Program, scratch, writeYaml } from './program.ts';

const { path, remove } = scratch();
const running: Program[] = [];
beforeAll(ensureBuilt);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
afterAll(remove);

async function start(): Promise<{ program: Program; page: PairedPage; mqtt: number }> {
  writeFileSync(
    path('home.pcap'),
    pcapBytes(visit(CAMERA, '203.0.113.80', Date.now(), { host: 'api.vendor.example' })),
  );
  const config = writeYaml(path('config.yaml'), {
    state_dir: path('state'),
    sensor_id: 'alive',
    web: { listen: '127.0.0.1:0' },
    mqtt: { listen: '127.0.0.1:0' },
    capture: { command: `cat ${path('home.pcap')}; sleep 600` },
  });
  const program = Program.start(['--config', config, 'run']);
  running.push(program);
  const [, mqtt] = await program.says(/embedded broker on 127\.0\.0\.1:(\d+)/);
  return { program, page: await PairedPage.open(program), mqtt: Number(mqtt) };
}

const today = async (page: PairedPage): Promise<CoverageDay | undefined> => (await page.health()).coverage?.days.at(-1);

it('accounts for today from its start on, and for the time after a kill as off', async () => {
  const first = await start();
  const { coverage } = await first.page.health();
  expect(coverage?.days).toHaveLength(30);
  // Of the days before it was there nothing is said; of yesterday neither, unless midnight was a moment ago.
  expect(coverage?.days.slice(0, 28).map(({ percent }) => percent)).toEqual(new Array(28).fill(null));
  expect(await first.page.get('/api/weeks')).toEqual({ weeks: [] });
  const ear = await listen({ port: first.mqtt });
  const state = await eventually(
    () => ear.messages.find(({ topic }) => topic === 'thingwatch/alive/state')?.payload ?? null,
  );
  expect(JSON.parse(state)).toHaveProperty('coverage_week');
  expect(JSON.parse(state).coverage.days).toHaveLength(30);
  await ear.close();
  // Within its first minute as well.
  const began = Date.now();
  await eventually(async () => (await today(first.page))?.percent ?? null);
  expect(Date.now() - began).toBeLessThan(55_000);
  await sleep(3000);
  await first.program.kill();
  await sleep(1000);
  const second = await start();
  const day = await eventually(async () => {
    const known = await today(second.page);
    return known?.gaps.off === undefined ? null : known;
  });
  expect(day.gaps.off).toBe(1);
  expect(day.percent).toBeLessThan(100);
}, 180_000);
