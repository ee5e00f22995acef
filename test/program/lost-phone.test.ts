// A phone is lost: whoever has the machine, or another phone, unpairs it at once, also where it listens.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEvents } from '../support/event-client.ts';
import { ensureBuilt, PairedPage, Program, scratch, writeYaml } from './program.ts';

beforeAll(ensureBuilt);

describe('a lost phone', () => {
  let files: ReturnType<typeof scratch>;
  let program: Program;
  let config: string;

  beforeEach(() => {
    files = scratch();
    config = writeYaml(files.path('thingwatch.yaml'), {
      state_dir: files.path('state'),
      web: { listen: '127.0.0.1:0' },
      mqtt: { listen: '127.0.0.1:0' },
    });
    program = start();
  });
  afterEach(async () => {
    await program.kill();
    files.remove();
  });

  function start(): Program {
    const started = Program.start(['--config', config, 'replay', '-', '--serve', '--state', files.path('state')]);
    started.child.stdin?.on('error', () => {});
    return started;
  }

  const command = (...args: string[]) => Program.run(['--config', config, 'pair', ...args]);

  it('is listed, and unpaired by a command within a second, with its open event stream', async () => {
    const phone = await PairedPage.open(program);
    const stream = await openEvents(phone.port, phone.cookie);
    const { stdout: list } = await command('--list');
    expect(list).toMatch(/^[\w-]{12} {2}Test phone: paired 2\d{3}-.*, last seen 2\d{3}-.*\n$/);
    const id = list.slice(0, 12);
    const revoked = await command('--revoke', id);
    expect([revoked.code, revoked.stdout]).toEqual([0, 'Test phone is unpaired.\n']);
    await stream.ended;
    await expect(phone.health()).rejects.toThrow(/401/);
    expect((await command('--list')).stdout).toBe('No browser is paired.\n');
    const again = await command('--revoke', id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/no paired browser has the id/)]);
  });

  it('stays out when it was unpaired while no sensor ran', async () => {
    const phone = await PairedPage.open(program);
    await program.stop();
    const id = (await command('--list')).stdout.slice(0, 12);
    const { code, stdout } = await command('--revoke', id);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/will be unpaired before the page is opened/)]);
    program = start();
    const other = await PairedPage.open(program);
    const { browsers } = await other.get<{ browsers: { id: string }[] }>('/api/browsers');
    expect(browsers.map((browser) => browser.id)).not.toContain(id);
    expect(phone.cookie).not.toBe(other.cookie);
  });
});
