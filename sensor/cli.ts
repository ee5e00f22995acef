// The command line: commands, options and their help. It parses and checks words; main.ts does the work.
import { Argument, Command, CommanderError, Option } from 'commander';
import { addFleet, type FleetHandlers } from './cli-fleet.ts';
import { homeNetOption, parseSeconds, parseSpeed, spreadHomeNet } from './cli-words.ts';

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

export interface BackupCommand extends GlobalOptions {
  /** `-` for standard output. */
  file: string;
  /** Whether a file that is there may be replaced. */
  force: boolean;
  /** Directory of the database; null for the configured one. */
  state: string | null;
}

/** `file`: `-` for standard input. */
export type RestoreCommand = Omit<BackupCommand, 'force'>;

export interface DoctorCommand extends GlobalOptions {
  /** Mend what can be mended, before the checks. */
  fix: boolean;
  /** … and leave the checks out. */
  fixOnly: boolean;
  /** How long traffic is watched; 0 leaves it out. */
  seconds: number;
  json: boolean;
}

export interface InstallCommand extends GlobalOptions {
  /** Port at the mirror; null: that of the configuration, or a question. */
  interface: string | null;
  homeNet: string[];
  /** Where the page listens; null leaves it as it is. */
  listen: string | null;
  /** As whom the service runs; null: as before, or a user made for it. */
  user: string | null;
  /** How long it is shown what the port sees. */
  seconds: number;
  selfTest: boolean;
  yes: boolean;
  dryRun: boolean;
}

export interface UpdateCommand extends GlobalOptions {
  pull: boolean;
  dryRun: boolean;
}

export interface UninstallCommand extends GlobalOptions {
  /** Configuration and state as well. */
  purge: boolean;
  yes: boolean;
  dryRun: boolean;
}

export type ManualFormat = 'man' | 'bash' | 'unit';

export interface Handlers {
  run(options: GlobalOptions & { demo: boolean }): Promise<number>;
  replay(options: ReplayCommand): Promise<number>;
  doctor(options: DoctorCommand): Promise<number>;
  selfTest(options: GlobalOptions): Promise<number>;
  notesCheck(options: GlobalOptions & { dirs: string[] }): Promise<number>;
  notesCoverage(options: GlobalOptions & { dirs: string[] }): Promise<number>;
  pair(options: PairCommand): Promise<number>;
  evidence(options: EvidenceCommand): Promise<number>;
  testAlert(options: GlobalOptions): Promise<number>;
  backup(options: BackupCommand): Promise<number>;
  restore(options: RestoreCommand): Promise<number>;
  install(options: InstallCommand): Promise<number>;
  update(options: UpdateCommand): Promise<number>;
  uninstall(options: UninstallCommand): Promise<number>;
  status(options: GlobalOptions): Promise<number>;
  fleet: FleetHandlers;
  manual(program: Command, format: ManualFormat): Promise<number>;
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
    .addOption(new Option('--kept', 'started by its keeper, which holds the rights').hideHelp())
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
      homeNetOption('what is inside the home; replaces the private ranges and everything learned').default(
        [],
        'private ranges and what routers announce',
      ),
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

  program
    .command('test-alert')
    .description(
      'have the running sensor send an alert that is marked as a test, and say who took it: broker and notify targets',
    )
    .action(async () => done(await handlers.testAlert(globals())));

  addBackup(program, globals, handlers, done);
  addService(program, globals, handlers, done);
  addFleet(program, globals, handlers.fleet, done);

  const directories = [
    '[dir...]',
    'directories of notes; without one, the notes that come with thingwatch and those of notes.dirs',
  ] as const;
  const notes = program.command('notes').description('firmware notes');
  notes
    .command('check')
    .description('check firmware notes; names file, line and key of every mistake')
    .argument(...directories)
    .action(async (dirs: string[]) => done(await handlers.notesCheck({ ...globals(), dirs })));
  notes
    .command('coverage')
    .description('list the device families with what is known of each, those with the most gaps first')
    .argument(...directories)
    .action(async (dirs: string[]) => done(await handlers.notesCoverage({ ...globals(), dirs })));
  return program;
}

function addBackup(
  program: Command,
  globals: () => GlobalOptions,
  handlers: Handlers,
  done: (code: number) => void,
): void {
  const stateOption = ['--state <dir>', 'directory of the database; else state_dir of the configuration'] as const;
  program
    .command('backup')
    .description(
      'write all that must last to one file, also while the sensor runs: the database, and small files beside it such as the broker password. It holds secrets',
    )
    .argument('<file>', 'a new file (- for standard output)')
    .option('--force', 'replace the file if it is there')
    .option(...stateOption)
    .action(async (file: string, options: { force?: boolean; state?: string }) => {
      const { force = false, state = null } = options;
      done(await handlers.backup({ ...globals(), file, force, state }));
    });

  program
    .command('restore')
    .description(
      'put a backup in the place of the state, while no sensor runs; what was there is moved aside, not deleted',
    )
    .argument('<file>', 'a file that backup wrote (- for standard input)')
    .option(...stateOption)
    .action(async (file: string, options: { state?: string }) => {
      const { state = null } = options;
      done(await handlers.restore({ ...globals(), file, state }));
    });
}

function addService(
  program: Command,
  globals: () => GlobalOptions,
  handlers: Handlers,
  done: (code: number) => void,
): void {
  const dryRunOption = ['--dry-run', 'show every step and do none'] as const;
  const yesOption = ['--yes', 'ask nothing'] as const;
  program
    .command('install')
    .description(
      'make it a service of this machine (root, systemd); asks what no flag says; repeats only what is missing',
    )
    .option('--interface <name>', 'the port at the mirror; without it, that of the configuration, or a question')
    .addOption(homeNetOption('what is inside the home').default([], 'private ranges and what routers announce'))
    .option('--listen <host:port>', 'where the page listens (default of a new configuration: 0.0.0.0:8080)')
    .option('--user <name>', 'as whom it runs (default: a user thingwatch, made for it)')
    .option('--seconds <seconds>', 'how long to show what the port sees; 0 leaves that out', parseSeconds, 20)
    .option('--no-self-test', 'leave the self-test out')
    .option(...yesOption)
    .option(...dryRunOption)
    .action(async (options: Partial<InstallCommand> & { homeNet: string[]; seconds: number; selfTest: boolean }) => {
      const {
        dryRun = false,
        homeNet,
        interface: port = null,
        listen = null,
        seconds,
        selfTest,
        user = null,
      } = options;
      const { yes = false } = options;
      const command = { interface: port, homeNet, listen, user, seconds, selfTest, yes, dryRun };
      done(await handlers.install({ ...globals(), ...command }));
    });

  program
    .command('update')
    .description(
      'pull, build, and put that in the place of the installed program; back to it if the new one does not come up',
    )
    .option('--no-pull', 'take the checkout as it is')
    .option(...dryRunOption)
    .action(async ({ dryRun = false, pull }: { dryRun?: boolean; pull: boolean }) =>
      done(await handlers.update({ ...globals(), pull, dryRun })),
    );

  program
    .command('uninstall')
    .description('remove the service and its program; configuration and state stay')
    .option('--purge', 'remove those too, and the user')
    .option(...yesOption)
    .option(...dryRunOption)
    .action(async ({ dryRun = false, purge = false, yes = false }: Partial<UninstallCommand>) =>
      done(await handlers.uninstall({ ...globals(), purge, yes, dryRun })),
    );

  program
    .command('status')
    .description('one screen about the installed sensor: whether it runs, what it sees, its page, what is newer')
    .action(async () => done(await handlers.status(globals())));

  program
    .command('manual', { hidden: true })
    .description('the manual page, the completion of bash, the unit, as a package brings them')
    .addArgument(new Argument('<format>').choices(['man', 'bash', 'unit']))
    .action(async (format: ManualFormat) => done(await handlers.manual(program, format)));
}
