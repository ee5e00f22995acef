// What a person without a mirror port can try: a replay with page and broker, the demo, another phone, the text report.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/mosquitto.ts';
import { CAPTURES, ensureBuilt, eventually, listen, PairedPage, Program, scratch, writeYaml } from './program.ts';

const files = scratch();
const capture = join(CAPTURES, 'three-mailers.pcap');
const running: Program[] = [];
beforeAll(ensureBuilt);
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill();
});
afterAll(files.remove);

function start(...[args, options]: Parameters<typeof Program.start>): Program {
  const program = Program.start(args, options);
  running.push(program);
  return program;
}

async function config(name: string, more: object = {}): Promise<{ path: string; web: number; mqtt: number }> {
  const [web, mqtt] = [await freePort(), await freePort()];
  const settings = {
    sensor_id: 'replayed',
    state_dir: files.path(`state-${name}`),
    web: { listen: `127.0.0.1:${web}` },
    mqtt: { listen: `127.0.0.1:${mqtt}` },
    ...more,
  };
  return { path: writeYaml(files.path(`${name}.yaml`), settings), web, mqtt };
}

describe('replay --serve', () => {
  it('shows on page and broker what the report says, and stays up until it is stopped', async () => {
    const { path, mqtt } = await config('serve');
    const program = start(['--config', path, 'replay', '--serve', '--format', 'json', capture]);
    await program.says(/The replay is over; page and broker stay up/);
    const page = await PairedPage.open(program);
    const report = JSON.parse(program.stdout);
    const shown = await page.incidents();
    expect(shown.map(({ id }) => id).toSorted()).toEqual(
      report.incidents.map(({ id }: { id: string }) => id).toSorted(),
    );
    expect(await page.health()).toMatchObject({ mode: 'replay', capture: 'ended', openIncidents: 3 });
    const ear = await listen({ port: mqtt });
    await eventually(() => (ear.messages.some(({ topic }) => topic === 'thingwatch/replayed/status') ? true : null));
    expect(ear.messages).toContainEqual({ topic: 'thingwatch/replayed/status', payload: 'online' });
    const { code } = await program.stop();
    expect(code).toBe(0);
    // Said before it ended, and on its way to us.
    const status = () => ear.messages.filter(({ topic }) => topic.endsWith('/status')).at(-1)?.payload;
    await expect.poll(status, { timeout: 10_000 }).toBe('offline');
    await ear.close();
  });

  it('pair makes a link for one more phone, and the link works once', async () => {
    const { path } = await config('pair');
    const program = start(['--config', path, 'replay', '--serve', '--state', files.path('state-pair'), capture]);
    await program.says(/The replay is over/);
    const { code, stdout } = await Program.run(['--config', path, 'pair']);
    expect(code).toBe(0);
    const link = /http:\/\/\S+#\/pair\/\S+/.exec(stdout)?.[0] ?? '';
    const phone = await PairedPage.follow(link);
    expect(await phone.incidents()).toHaveLength(3);
    await expect(PairedPage.follow(link)).rejects.toThrow(/pairing: 40\d/);
  });
});

describe('run --demo', () => {
  it('plays a home into a page of its own, and leaves nothing behind', async () => {
    const { path } = await config('demo');
    mkdirSync(files.path('tmp'));
    const program = start(['--config', path, 'run', '--demo'], { env: { TMPDIR: files.path('tmp') } });
    const page = await PairedPage.open(program);
    const health = await eventually(async () => {
      const told = await page.health();
      return told.devices > 4 ? told : null;
    });
    expect(health).toMatchObject({ mode: 'demo', capture: 'running', interface: null });
    expect(readdirSync(files.path('tmp'))).toHaveLength(1);
    const { code, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/Nothing is captured and nothing is kept/);
    expect(stderr).not.toMatch(/warn|error/);
    expect(readdirSync(files.path('tmp'))).toEqual([]);
    expect(readdirSync(files.path('.'))).not.toContain('state-demo');
  });
});

describe('replay', () => {
  it('as text: what happened, whose it is and what to do, in sentences', async () => {
    const { code, stderr, stdout } = await Program.run(['replay', capture]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('2026-01-05 10:00:00Z to 2026-01-05 10:00:07Z, 63 packets kept\n');
    expect(stdout).toContain('Seen from: inside the home, both directions\n');
    expect(stdout).toContain('Lost before they were read: too few packets to tell (15 samples)\n\n3 incidents\n');
    expect(stdout).toMatch(/\[critical\] living-room-tv is sending mail .*\(1 connected\), 1 message accepted\./);
    expect(stdout).toMatch(
      /\[high\] hallway-camera is trying to reach mail servers .*\(1 without a visible answer\)\./,
    );
    expect(stdout).toContain('mail: 1 attempt, 0 connected, 1 refused, 0 without a visible answer');
    expect(stdout.match(/1\. Disconnect the device now/g)).toHaveLength(3);
    expect(stdout).not.toMatch(/\b1 (attempts|messages|recipients|connections|devices)\b|undefined|null|NaN|\[object/);
  });

  it('as ndjson: a line for each incident as it opens and worsens, the report last', async () => {
    const { code, stdout } = await Program.run(['replay', '--format', 'ndjson', capture]);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ change, schema, severity }) => [schema, change, severity])).toEqual([
      ['thingwatch.incident/1', 'opened', 'high'],
      ['thingwatch.incident/1', 'opened', 'high'],
      ['thingwatch.incident/1', 'opened', 'high'],
      ['thingwatch.incident/1', 'escalated', 'critical'],
      ['thingwatch.report/1', undefined, undefined],
    ]);
    expect(lines.at(-1)?.incidents).toHaveLength(3);
  });
});
