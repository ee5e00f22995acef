// `npm run fleet`: the command line of whoever runs a fleet. sensor/deploy/fleet.mjs sets up what it needs and then comes here; a sensor
// loads nothing of it. Belongs to main.ts.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { PROJECT_ROOT } from '../checkout.ts';
import { EXIT } from '../cli.ts';
import { type Account, programOutOfReach } from '../fleet/operator/account.ts';
import { backUp } from '../fleet/operator/backup.ts';
import { certificateFacts } from '../fleet/operator/certificates.ts';
import { CLUSTER_FOLDERS, makeClusterFleet } from '../fleet/operator/cluster.ts';
import {
  DEFAULT_FLEET_DIRECTORY,
  FleetDirectoryError,
  openFleetDirectory,
  secretFile,
} from '../fleet/operator/fleet-directory.ts';
import { enrol, forget, listHomes, type Operator, revoke, shutOut, withDatabase } from '../fleet/operator/homes.ts';
import { bracketed, ensureCertificate, makeFleet, makeStreams, makeTables, portOf } from '../fleet/operator/making.ts';
import { codeOf, OperatorError } from '../fleet/operator/operator-error.ts';
import { readOperatorState, writeOperatorState } from '../fleet/operator/operator-state.ts';
import { runFleet, runningProcess, throwIfRunning } from '../fleet/operator/running.ts';
import { fleetStatus } from '../fleet/operator/status.ts';
import { MissingPackages } from '../fleet/packages.ts';
import { fleetHandlers } from './fleet-commands.ts';
import { defaultUser } from './run-as.ts';
import { complain, print, stopSignal } from './terminal.ts';

interface StartOptions {
  name?: string;
  host: string[];
  mqtt?: string;
  desk?: string;
  nats?: number;
  postgres?: number;
}

/** @param argv after the script's name; resolves to the exit code */
export async function main(argv: string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = build((result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** Throws what is nobody's mistake but ours. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof OperatorError || error instanceof FleetDirectoryError || error instanceof MissingPackages) {
    complain(`fleet: ${error.message}\n`);
    return error instanceof OperatorError ? error.code : EXIT.usage;
  }
  throw error;
}

function build(done: (code: number) => void): Command {
  const program = new Command('npm run fleet --')
    .description('many homes: servers, collector and desk on one machine, and who belongs to it')
    .option('--dir <dir>', 'directory of the fleet', DEFAULT_FLEET_DIRECTORY)
    .configureOutput({ writeOut: print, writeErr: complain })
    .exitOverride();
  const directory = () => atCaller(program.opts<{ dir: string }>().dir);
  const operator = (): Operator => {
    const fleet = openFleetDirectory(directory());
    return { fleet, state: readOperatorState(fleet.directory) };
  };
  const several = (value: string, before: string[]) => [...before, value];

  program
    .command('start', { isDefault: true })
    .description('start all of it, and make what is missing; Ctrl-C stops it')
    .option('--name <text>', 'what the fleet is called')
    .option(
      '--host <name>',
      'name or address under which homes and people reach this machine; may be given again',
      several,
      [],
    )
    .option('--mqtt <host:port>', 'where homes report; else :8883')
    .option('--desk <host:port>', 'where the desk is; else :8443')
    .addOption(new Option('--nats <port>', 'of the NATS server, on loopback; else 4222').argParser(port))
    .addOption(new Option('--postgres <port>', 'of PostgreSQL, on loopback; else 5433').argParser(port))
    // It is what is done without a command, so that a mistyped one comes here.
    .allowExcessArguments()
    .action(async (options: StartOptions, { args }: Command) => {
      if (args[0] !== undefined) throw new OperatorError(`unknown command '${args[0]}' (--help lists what there is)`);
      done(await start(directory(), options));
    });

  program
    .command('enrol')
    .description('let another home in: writes the file that makes its sensor one of the fleet')
    .option('--label <text>', 'what you call it; stays here')
    .option('--out <file>', 'file to write, - for standard output; else HOME.json in enrolments/ of the directory')
    .action(async (options: { label?: string; out?: string }) => done(await enrolHome(operator(), options)));

  program
    .command('revoke <home>')
    .description('shut a home out: its credential is worth nothing any more, what it reported stays')
    .action(async (home: string) => {
      const of = operator();
      const isNew = await withDatabase(of, (db) => revoke(of, db, home));
      print(isNew ? `${home} is shut out.\n` : `${home} was shut out before; the servers were told once more.\n`);
    });

  program
    .command('forget <home>')
    .description('shut a home out and delete all that it reported')
    .action(async (home: string) => {
      const of = operator();
      await withDatabase(of, (db) => forget(of, db, home));
      print(`${home} is shut out, and what it reported is deleted.\n`);
    });

  program
    .command('homes')
    .description('list the homes')
    .action(async () => print(await homesText(operator())));

  program
    .command('status')
    .description('how the fleet is doing')
    .action(async () => {
      const { isWell, lines } = await fleetStatus(operator());
      print(`${lines.join('\n')}\n`);
      done(isWell ? EXIT.done : EXIT.failed);
    });

  program
    .command('backup <folder>')
    .description('copy keys, settings and database there; "--dir" of that folder starts the fleet again from it')
    .action(async (folder: string) => {
      await backUp(operator(), atCaller(folder));
      print(`${atCaller(folder)} holds the fleet as it is now, with its keys: keep it as you keep keys.\n`);
    });

  program
    .command('certificate')
    .description('make the certificate of MQTT and desk anew; a fleet that runs takes it at once')
    .option('--host <name>', 'for these names and addresses in place of those before', several, [])
    .action(async ({ host }: { host: string[] }) => done(await certificate(operator(), host)));

  program
    .command('cluster <node...>')
    .description('make a fleet whose three NATS servers and PostgreSQL run on other machines; starts nothing')
    .requiredOption('--database <url>', 'postgres://OWNER:PASSWORD@HOST:PORT/DATABASE, an owner who may make roles')
    .option('--name <text>', 'what the fleet is called', 'Fleet')
    .option('--desk <host:port>', 'where the desk is', ':8443')
    .option('--host <name>', 'name or address under which people reach the desk; may be given again', several, [])
    .option('--config-folder <dir>', 'where each node keeps its configuration', CLUSTER_FOLDERS.configFolder)
    .option('--data-folder <dir>', 'where each node keeps its data', CLUSTER_FOLDERS.dataFolder)
    .action(async (nodes: string[], options: ClusterOptions) => cluster(directory(), nodes, options));

  program
    .command('prepare')
    .description('make tables, users and streams of such a fleet, when its servers run; again after each update')
    .action(async () => {
      const of = operator();
      const applied = await makeTables(of);
      await makeStreams(of);
      await withDatabase(of, (db) => shutOut(of, db));
      print(`Ready; migrations applied: ${applied.length === 0 ? 'none were missing' : applied.join(', ')}.\n`);
    });
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeOut: print, writeErr: complain });
  return program;
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new OperatorError(`${JSON.stringify(text)} is no port: 1 to 65535`);
}

/** npm changes into the checkout; files are meant from where the person stands. */
const atCaller = (file: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), file);

async function start(directory: string, options: StartOptions): Promise<number> {
  const account: Account | null = process.getuid?.() === 0 ? defaultUser(process.env) : null;
  const program = join(PROJECT_ROOT, 'dist/sensor/main.js');
  const outOfReach = programOutOfReach(program, account);
  // Before anything is changed that it lives by.
  throwIfRunning(directory);
  const operator = await makeFleet(
    directory,
    {
      name: options.name ?? null,
      hosts: options.host,
      mqtt: options.mqtt ?? null,
      desk: options.desk ?? null,
      nats: options.nats ?? null,
      postgres: options.postgres ?? null,
    },
    account,
  );
  if (outOfReach !== null) say(`collector and desk run as root: ${outOfReach}`);
  const stopped = stopSignal();
  const running = runFleet({
    operator,
    account,
    say,
    services: (['collect', 'desk'] as const).filter((name) => fleetHandlers[name] !== undefined),
    service: (name) => ({
      command: process.execPath,
      args: [program, 'fleet', name, '--dir', directory],
      account: outOfReach === null ? account : null,
    }),
  });
  const fleet = await running;
  const onRenewal = () => void fleet.renew().catch((error: unknown) => say(`the certificate: ${codeOf(error)}`));
  process.on('SIGUSR2', onRenewal);
  print(welcome(operator));
  await stopped;
  say('stopping');
  await fleet.stop();
  process.off('SIGUSR2', onRenewal);
  return EXIT.done;
}

function say(line: string): void {
  complain(`fleet: ${line}\n`);
}

function welcome({ fleet, state }: Operator): string {
  const { desk, homes, name } = fleet.settings;
  const hasToken = existsSync(secretFile(fleet.directory, 'deskToken'));
  const token = hasToken
    ? fleet.deskToken()
    : 'was removed; npm run -s thingwatch -- fleet desk --add-token NAME makes another';
  return [
    `${name} runs. Ctrl-C stops it; all that it has lies in ${fleet.directory}.`,
    `  Desk:          https://${bracketed(state.hosts[0] ?? 'localhost')}:${portOf(desk.listen)}/`,
    `  Its token:     ${token}`,
    `  Homes report:  ${homes.urls.join(', ')}  (other names: --host)`,
    `  The authority of its certificates, for your browser: ${fleet.path('tls/authority.pem')}`,
    '  Let a home in: npm run fleet -- enrol --label "the Millers"',
    '                 and on its sensor, in thingwatch.yaml:  fleet: { enrolment: /path/of/that/file }',
    '',
  ].join('\n');
}

async function enrolHome(operator: Operator, { label, out }: { label?: string; out?: string }): Promise<number> {
  // Looked at first: a home whose file cannot be written shall not be there.
  const named = out === undefined || out === '-' ? null : atCaller(out);
  if (named !== null && existsSync(named))
    throw new OperatorError(`${named} is there already: name another file with --out`);
  const file = ({ home }: { home: string }) => named ?? operator.fleet.path('enrolments', `${home}.json`);
  const enrolment = await withDatabase(operator, async (db) => {
    const made = db.transaction(async (tx) => {
      const given = await enrol(operator, tx, label ?? null);
      if (named === null) mkdirSync(operator.fleet.path('enrolments'), { recursive: true, mode: 0o700 });
      if (out !== '-') writeEnrolment(file(given), given);
      return given;
    });
    return made;
  });
  if (out === '-') {
    print(`${JSON.stringify(enrolment, null, 2)}\n`);
    return EXIT.done;
  }
  print(
    `${enrolment.home} is one of the fleet. Its enrolment: ${file(enrolment)}\n` +
      "It holds the home's secret: bring it to the sensor's machine, name it in thingwatch.yaml (fleet: { enrolment: FILE }), and delete it here.\n",
  );
  return EXIT.done;
}

function writeEnrolment(file: string, enrolment: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(enrolment, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new OperatorError(
      `the enrolment cannot be written to ${file} (${codeOf(error)}): name another file with --out`,
    );
  }
}

async function homesText(operator: Operator): Promise<string> {
  const homes = await withDatabase(operator, listHomes);
  if (homes.length === 0) return 'No home has been enrolled: npm run fleet -- enrol --label TEXT\n';
  const day = (time: Date | null) => time?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never';
  const lines = homes.map(
    ({ enrolledAt, home, label, lastSeen, state, version }) =>
      `${home}  ${state.padEnd(9)}  enrolled ${day(enrolledAt)}  heard ${day(lastSeen).padEnd(16)}  ${version ?? '-'}  ${label ?? ''}`,
  );
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

async function certificate(operator: Operator, hosts: readonly string[]): Promise<number> {
  const { directory } = operator.fleet;
  const state = hosts.length > 0 ? { ...operator.state, hosts: [...hosts] } : operator.state;
  await ensureCertificate(directory, state, ownerOf(operator), true);
  writeOperatorState(directory, state);
  const pid = runningProcess(directory);
  if (pid !== null) process.kill(pid, 'SIGUSR2');
  const facts = certificateFacts(operator.fleet.path('tls/server.pem'));
  const until =
    facts === null
      ? ''
      : ` It holds until ${new Date(facts.ends).toISOString().slice(0, 10)} for ${facts.hosts.join(', ')}.`;
  print(
    `The certificate is made anew.${until}\n${pid === null ? '' : 'Servers and desk take it now, and are away for a moment.\n'}`,
  );
  return EXIT.done;
}

/** Whose the services' files are. */
function ownerOf({ fleet }: Operator): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const { gid, uid } = statSync(fleet.path('services'));
  return { gid, uid };
}

interface ClusterOptions {
  database: string;
  name: string;
  desk: string;
  host: string[];
  configFolder: string;
  dataFolder: string;
}

async function cluster(directory: string, nodes: string[], options: ClusterOptions): Promise<void> {
  const { host, ...others } = options;
  const { folders } = await makeClusterFleet(directory, { nodes, deskHosts: host, ...others });
  print(
    [
      `The fleet lies in ${directory}. Now:`,
      `1. Bring each node its folder, as ${options.configFolder}, readable by the user nats alone:`,
      ...folders.map((folder) => `     ${folder}`),
      `   make ${options.dataFolder} for that user, and run there: nats-server -c ${join(options.configFolder, 'nats-server.conf')}`,
      '2. When they run:   npm run fleet -- prepare',
      '3. On each machine of a service, with fleet.json, services/ and tls/ of this directory:',
      '     thingwatch fleet collect --dir DIR     (any number)',
      '     thingwatch fleet desk --dir DIR',
      '',
    ].join('\n'),
  );
}
