// Each command of README and manual is either run by commands.test.ts or has a reason why not; and what is named in a sentence exists:
// commands with their options, scripts, benches.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, type Handlers, runCli } from '../../sensor/cli.ts';
import { fleetHandlers } from '../../sensor/main/fleet-commands.ts';
import { commandsIn, documentedCommands, ELSEWHERE, RUN_HERE } from './commands.ts';
import { codeIn, manualPlaces, ROOT, read } from './documents.ts';

const DOCUMENTED = documentedCommands();
const known = new Set([...RUN_HERE, ...Object.keys(ELSEWHERE)]);

describe('a command of the documents', () => {
  it('is run by the test, or it is said why not', () => {
    expect(DOCUMENTED.length).toBeGreaterThan(30);
    expect(DOCUMENTED.filter(({ command }) => !known.has(command))).toEqual([]);
  });

  it('is still in a document', () => {
    const documented = new Set(DOCUMENTED.map(({ command }) => command));
    expect([...known].filter((command) => !documented.has(command))).toEqual([]);
  });

  it('is not both run and excused', () => {
    expect(RUN_HERE.filter((command) => Object.hasOwn(ELSEWHERE, command))).toEqual([]);
  });

  it.each(Object.entries(ELSEWHERE))('that is excused is tried elsewhere: %s', (_, { file, words }) => {
    expect(read(file)).toContain(words);
  });

  it('is a line without its comment', () => {
    expect(commandsIn("a --b 'c#d'   # e\n\n# f\nsudo g && h #/i")).toEqual(["a --b 'c#d'", 'sudo g && h']);
  });
});

/** Takes every command and does nothing. */
const nothing = async () => EXIT.done;
const fleet = Object.fromEntries(Object.keys(fleetHandlers).map((name) => [name, nothing]));
const idle = new Proxy({} as Handlers, { get: (_, name) => (name === 'fleet' ? fleet : nothing) });

/** What the program says against the words of a command; null where it takes them. */
async function refusal(words: readonly string[]): Promise<string | null> {
  let said = '';
  const io = { version: '0', out: () => {}, complain: (text: string) => (said += text) };
  return (await runCli(words, idle, io)) === EXIT.done ? null : said;
}

const CODE = [...manualPlaces(), 'CONTRIBUTING.md'].flatMap((place) => codeIn(place));

describe('what a sentence names', () => {
  const commands = [...CODE.map(({ code }) => code), ...DOCUMENTED.map(({ command }) => command)].flatMap((code) => {
    const [, words] = /^(?:sudo )?(?:npm run -s thingwatch -- |thingwatch )([a-z].*)$/.exec(code) ?? [];
    return words === undefined ? [] : [words];
  });

  it.each([...new Set(commands)])('thingwatch %s', async (words) => {
    expect(await refusal(words.replace(/…/g, '').split(/ +/).filter(Boolean))).toBeNull();
  });

  it('and the command line does not know is told off', async () => {
    expect(commands.length).toBeGreaterThan(15);
    expect(await refusal(['doctor', '--mend'])).toContain('--mend');
    expect(await refusal(['heal'])).toContain('heal');
  });

  it('of the table of commands is what the command line has', async () => {
    const rows = read('sensor/deploy/manual/operation.md').matchAll(/^\| (`[^|]+`) \|/gm);
    const named = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
    const refused = await Promise.all(
      named.map((code) =>
        refusal(
          code
            .replace(/[[\]…]/g, '')
            .replace('--seconds N', '--seconds 1')
            .split(' '),
        ),
      ),
    );
    // --list and --revoke exclude each other; the table shows that there are both.
    expect(refused.filter((said) => said !== null && !said.includes('cannot be used with'))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });

  it('as a script of npm is one', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = CODE.flatMap(({ at, code }) => {
      const [, script] = /^(?:sudo )?npm run (?:-s )?([a-z]+)/.exec(code) ?? [];
      return script === undefined ? [] : [{ at, script }];
    });
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it('as a bench is one', () => {
    const named = CODE.flatMap(({ at, code }) => {
      const [, bench] = /^(?:npm run bench )?-- ([a-z]+(?:-[a-z]+)*)/.exec(code) ?? [];
      return bench === undefined ? [] : [{ at, bench }];
    });
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ bench }) => !existsSync(join(ROOT, `test/bench/${bench}.bench.ts`)))).toEqual([]);
  });
});
