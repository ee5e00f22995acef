// What the configuration names goes away: notes and certificates, at the start, while the sensor runs, and back again.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { reportFault } from '../support/fault-table.ts';
import { type Authority, MOSQUITTO, Mosquitto, makeAuthority } from '../support/mosquitto.ts';
import { ensureBuilt, eventually, PairedPage, Program, scratch, writeYaml } from './program.ts';

beforeAll(ensureBuilt);

let files: ReturnType<typeof scratch>;
let program: Program | null = null;
beforeEach(() => {
  files = scratch();
});
afterEach(async () => {
  await program?.kill();
  program = null;
  files.remove();
});

function start(settings: object): Program {
  const config = writeYaml(files.path('thingwatch.yaml'), {
    web: { listen: '127.0.0.1:0' },
    mqtt: { listen: '127.0.0.1:0' },
    ...settings,
  });
  program = Program.start(['--config', config, 'replay', '-', '--serve', '--state', files.path('state')]);
  program.child.stdin?.on('error', () => {});
  return program;
}

const warning = (page: PairedPage, text: RegExp | null) =>
  eventually(async () => {
    const { warnings } = await page.health();
    const found = warnings.find(({ key }) => key.startsWith('file_'));
    if (text === null) return found === undefined ? true : null;
    return found !== undefined && text.test(found.text) ? true : null;
  });

it('notes that vanish while it runs and come back: told once each, nothing else', async () => {
  const notes = files.path('notes');
  mkdirSync(notes);
  const running = start({ notes: { dirs: [notes] } });
  const page = await PairedPage.open(running);
  await warning(page, null);
  renameSync(notes, `${notes}-away`);
  await warning(page, /notes\.dirs\) has gone; what was read of it at the start is still used/);
  renameSync(`${notes}-away`, notes);
  await warning(page, null);
  await running.says(/notes\.dirs\) is back/);
  expect(running.stderr.match(/notes\.dirs/g)).toHaveLength(3);
  reportFault({ fault: 'the notes directory vanishes and is back', inputs: '–', outcome: 'told once each', lost: 0 });
}, 90_000);

it('notes that are not there at the start: it runs without, says so, and what to do when they come', async () => {
  const notes = files.path('notes');
  const page = await PairedPage.open(start({ notes: { dirs: [notes] } }));
  await warning(page, /cannot be read; its notes are not used/);
  mkdirSync(notes);
  await warning(page, /was not there at the start; its notes are not used yet/);
}, 90_000);

it.skipIf(MOSQUITTO === null)(
  `a broker's certificate that vanishes${MOSQUITTO === null ? ' (skipped: Mosquitto is not installed)' : ''}: the connection stays and comes back, and the next start is refused in words`,
  async () => {
    const authority: Authority = makeAuthority();
    const broker = await Mosquitto.start({ authority });
    try {
      const ca = files.path('ca.pem');
      writeFileSync(ca, authority.ca);
      const { url, username, password } = broker;
      const settings = { mqtt: { url, username, password, ca } };
      const running = start(settings);
      const page = await PairedPage.open(running);
      const isConnected = (wanted: boolean) =>
        eventually(async () => ((await page.health()).broker?.connected === wanted ? true : null));
      await isConnected(true);
      rmSync(ca);
      await warning(page, /mqtt\.ca\) has gone/);
      await broker.kill();
      await isConnected(false);
      await broker.run();
      await isConnected(true);
      await running.stop();
      const { code, stderr } = await start(settings).ended;
      expect([code, stderr]).toEqual([2, expect.stringMatching(/mqtt\.ca: .*ca\.pem cannot be read/)]);
      reportFault({
        fault: 'the file of mqtt.ca vanishes',
        inputs: '1 broker restart',
        outcome: 'connected again',
        lost: 0,
      });
    } finally {
      await broker.remove();
      rmSync(authority.directory, { recursive: true });
    }
  },
  90_000,
);
