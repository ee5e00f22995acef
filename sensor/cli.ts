// The command line: commands, options and their help. It parses and checks words; main.ts does the work.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parsePrefix } from './attribute/prefix.ts';

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export type ReportFormat = 'text' | 'json' | 'ndjson';

export interface GlobalOptions {
  config: string | undefined;
}

export interface ReplayCommand extends GlobalOptions {
  files: string[];
  format: ReportFormat;
  /** Packet seconds per real second; null as fast as possible. */
  speed: number | null;
  serve: boolean;
  homeNet: string[];
  state: string | null;
}

export interface EvidenceCommand extends GlobalOptions {
  /** Null lists the incidents that have evidence. */
  id: string | null;
  /** Files to write, `-` for standard output; without either, the report goes there. */
  pcap: string | null;
  text: string | null;
  /** Directory of the database; null for the configured one. */
  state: string | null;
}

export interface PairCommand extends GlobalOptions {
  /** List the paired browsers in place of making a link. */
  list: boolean;
  /** Unpair the browser of this id. */
  revoke: string | null;
}

export interface DoctorCommand extends GlobalOptions {
  /** Mend what can be mended, before the checks. */
  fix: boolean;
  /** … and leave the checks out. */
  fixOnly: boolean;
  /** How long traffic is watched; 0 leaves it out. */
  seconds: number;
  json: boolean;
}

export interface Handlers {
  run(options: GlobalOptions & { demo: boolean }): Promise<number>;
  replay(options: ReplayCommand): Promise<number>;
  doctor(options: DoctorCommand): Promise<number>;
  selfTest(options: GlobalOptions): Promise<number>;
  notesCheck(options: GlobalOptions & { dirs: string[] }): Promise<number>;
  pair(options: PairCommand): Promise<number>;
  evidence(options: EvidenceCommand): Promise<number>;
}

/** Runs the command in `argv` (without node and script); resolves to the exit code. Help goes to `out`, complaints to `complain`. */
export async function runCli(
  argv: readonly string[],
  handlers: Handlers,
  io: { version: string; out(text: string): void; complain(text: string): void },
): Promise<number> {
  let code: number = EXIT.done;
  const program = build(handlers, io.version, (result) => {
    code = result;
  });
  for (const command of [program, ...program.commands, ...program.commands.flatMap((parent) => parent.commands)]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: io.out, writeErr: io.complain })
      .showHelpAfterError('(run with --help for what there is)');
  }
  try {
    await program.parseAsync(spreadHomeNet(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return code;
}

function build(handlers: Handlers, version: string, done: (code: number) => void): Command {
  const program = new Command('thingwatch')
    .description('Watches the mirror port of a home router and tells which device sends mail.')
    .version(version)
    .option('--config <file>', 'configuration file (else ./thingwatch.yaml, else /etc/thingwatch/thingwatch.yaml)');
  const globals = (): GlobalOptions => ({ config: program.opts<{ config?: string }>().config });

  program
    .command('run')
    .description('capture live, serve the page, publish over MQTT')
    .option('--demo', 'play a recorded home quickened instead of capturing; nothing is kept')
    .action(async (options: { demo?: boolean }) =>
      done(await handlers.run({ ...globals(), demo: options.demo ?? false })),
    );

  program
    .command('replay')
    .description('read capture files (or - for standard input) as if they were live, and report')
    .argument('<file...>', 'pcap or pcapng files; several are one stream, ordered by their first packet')
    .addOption(new Option('--format <format>', 'how to report').choices(['text', 'json', 'ndjson']).default('text'))
    .option('--speed <speed>', 'max, or packet seconds per second', parseSpeed, 'max')
    .option('--serve', 'publish to the broker and serve the page from what is replayed, until stopped')
    .addOption(
      new Option('--home-net <cidr...>', 'what is inside the home; replaces the private ranges and everything learned')
        .argParser(collectPrefix)
        .default([], 'private ranges and what routers announce'),
    )
    .option('--state <dir>', 'keep what is learned in this directory; without it a replay keeps nothing')
    .action(
      async (
        files: string[],
        options: { format: ReportFormat; speed: number | 'max'; serve?: boolean; homeNet: string[]; state?: string },
      ) => {
        const { format, homeNet, serve = false, state = null } = options;
        const speed = options.speed === 'max' ? null : options.speed;
        done(await handlers.replay({ ...globals(), files, format, homeNet, serve, speed, state }));
      },
    );

  program
    .command('doctor')
    .description('check whether this machine can see the home')
    .option('--fix', 'first switch off the segmentation offloads of the capture port, saying so (root)')
    .option('--fix-only', 'do that and end, as the service does before it starts')
    .option('--seconds <seconds>', 'how long to watch traffic; 0 leaves that out', parseSeconds, 30)
    .option('--json', 'one document (thingwatch.doctor/1) in place of text')
    .action(async (options: { fix?: boolean; fixOnly?: boolean; seconds: number; json?: boolean }) => {
      const { fix = false, fixOnly = false, json = false, seconds } = options;
      done(await handlers.doctor({ ...globals(), fix: fix || fixOnly, fixOnly, json, seconds }));
    });

  program
    .command('self-test')
    .description(
      'play crafted traffic through the whole path: each detector must fire, and what is harmless stay silent',
    )
    .action(async () => done(await handlers.selfTest(globals())));

  program
    .command('pair')
    .description('print a link that lets one more phone open the page of the running sensor')
    .addOption(new Option('--list', 'list the paired browsers instead').conflicts('revoke'))
    .option('--revoke <id>', 'unpair the browser with this id of the list, at once: for a phone that is lost')
    .action(async ({ list = false, revoke }: { list?: boolean; revoke?: string }) =>
      done(await handlers.pair({ ...globals(), list, revoke: revoke ?? null })),
    );

  program
    .command('evidence')
    .description(
      'print the report on an incident, or write its frames; without an id, list the incidents that have evidence',
    )
    .argument('[id]', 'the incident, as in the list, the replay report and the address of its page')
    .option('--pcap <file>', 'write the kept frames as a capture (- for standard output)')
    .option('--text <file>', 'write the report (- for standard output)')
    .option('--state <dir>', 'directory of the database; else state_dir of the configuration')
    .action(async (id: string | undefined, options: { pcap?: string; text?: string; state?: string }) => {
      const { pcap = null, state = null, text = null } = options;
      done(await handlers.evidence({ ...globals(), id: id ?? null, pcap, text, state }));
    });

  const notes = program.command('notes').description('firmware notes');
  notes
    .command('check')
    .description('check firmware notes; names file, line and key of every mistake')
    .argument(
      '[dir...]',
      'directories of notes; without one, the notes that come with thingwatch and those of notes.dirs',
    )
    .action(async (dirs: string[]) => done(await handlers.notesCheck({ ...globals(), dirs })));
  return program;
}

/** Never null: the parser would take that for an option without a value. */
function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return text;
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed <= 0) throw new InvalidArgumentError('It must be max or a number above 0.');
  return speed;
}

function parseSeconds(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 3600)
    throw new InvalidArgumentError('It must be a number from 0 to 3600.');
  return seconds;
}

function collectPrefix(text: string, earlier: string[]): string[] {
  const prefixes = text.split(',').map((part) => part.trim());
  for (const prefix of prefixes) {
    if (parsePrefix(prefix) === null)
      throw new InvalidArgumentError(`${prefix} is no CIDR prefix such as 192.168.1.0/24.`);
  }
  return [...earlier, ...prefixes];
}

/** `--home-net A B FILE`: only what looks like a prefix belongs to the option, so that files may follow it. */
function spreadHomeNet(argv: readonly string[]): string[] {
  const spread: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word !== '--home-net') {
      spread.push(word);
      continue;
    }
    const values: string[] = [];
    for (let next = argv[i + 1]; next !== undefined; next = argv[i + 1]) {
      if (values.length > 0 && next.split(',').some((part) => parsePrefix(part.trim()) === null)) break;
      values.push(next);
      i++;
    }
    spread.push(...(values.length === 0 ? [word] : values.map((value) => `${word}=${value}`)));
  }
  return spread;
}
