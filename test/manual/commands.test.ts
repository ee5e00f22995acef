// The commands of README and manual, run as they stand there: by the shell, in a built checkout, on a machine made of this one, with the
// real program, its page and its broker. systemd alone is stood in for; sudo is not needed, as it is root there.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { requireLab } from '../lab/home.ts';
import { ensureBuilt } from '../program/program.ts';
import { MachineRoot, type Ran, SOURCE } from '../support/machine-root.ts';
import { type Run, SCENES, type Scene } from './commands.ts';
import { blocksIn, manualPlaces } from './documents.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no command of the manual is run: ${reason}`);

// Each command on that machine is given as long.
vi.setConfig({ testTimeout: 120_000 });

const SUDO = `printf '#!/bin/sh\\nexec "$@"\\n' >/usr/local/bin/sudo && chmod 755 /usr/local/bin/sudo`;
/** A home's router, so that there is an interface of the default route. */
const ROUTE = 'ip route add default via 192.168.77.1 dev home0';

const filled = (command: string, put: Readonly<Record<string, string>> = {}) =>
  Object.entries(put).reduce((text, [from, to]) => text.replaceAll(from, to), command);

/** Of the manual, the block of configuration that begins with `start`. */
function settingsOf(start: string): string {
  const found = manualPlaces()
    .flatMap((place) => blocksIn(place))
    .find(({ language, text }) => language === 'yaml' && text.startsWith(start));
  if (found === undefined) throw new Error(`no configuration in the manual begins with ${start}`);
  return found.text;
}

describe.skipIf(reason !== null)('the commands of the manual', () => {
  let machine: MachineRoot;
  const run = (line: string): Ran => machine.run(`cd ${SOURCE} && ${line}`);

  beforeAll(async () => {
    await ensureBuilt();
    machine = await MachineRoot.make();
    machine.run(`${SUDO} && ${ROUTE}`);
  });
  afterAll(() => machine?.remove());

  function execute({ before, codes = [0], command, flags, put, says }: Run): void {
    const prepared = before === undefined ? null : run(before);
    expect(prepared?.code ?? 0, prepared?.out).toBe(0);
    const id = prepared?.out.trim() ?? '';
    const { code, out } = run(`${filled(command, { ...put, ...(id === '' ? {} : { ID: id }) })} ${flags ?? ''}`);
    expect(codes, out).toContain(code);
    expect(out).toMatch(says);
  }

  async function begin({ settings, start }: Scene): Promise<void> {
    if (start === undefined) return;
    if (settings !== undefined) run(`cat >thingwatch.yaml <<'END'\n${settingsOf(settings)}\nEND`);
    run(`(setsid ${filled(start.command, start.put)} >/tmp/said 2>&1 & echo $! >/tmp/started)`);
    const begun = performance.now();
    for (let said = ''; !start.says.test(said); said = run('cat /tmp/said').out) {
      expect(run('kill -0 $(cat /tmp/started)').code, said).toBe(0);
      if (performance.now() - begun > 50_000) throw new Error(`${start.command} does not get there: ${said}`);
      await sleep(100);
    }
  }

  /** Everything that was started hears it, as with Ctrl-C, and ends by itself. */
  function end({ settings, start }: Scene): void {
    if (start === undefined) return;
    const gone = 'for n in $(seq 300); do pgrep -f "start[.]mjs" >/dev/null || exit 0; sleep 0.1; done; exit 1';
    expect(run(`pkill -TERM -s $(cat /tmp/started); ${gone}`).code).toBe(0);
    if (settings !== undefined) run('rm thingwatch.yaml');
  }

  describe.each(SCENES.map((scene) => [scene.name, scene] as const))('%s', (_, scene) => {
    beforeAll(() => begin(scene));
    afterAll(() => end(scene));
    if (scene.start !== undefined)
      it(scene.start.command, () => expect(run('cat /tmp/said').out).toMatch(scene.start?.says ?? /$^/));
    it.each(scene.runs.map((one) => [one.command, one] as const))('%s', (_, one) => execute(one));
  });
});
