// `npm run fleet`: the command line of whoever runs a fleet, as words: what there is, and what becomes of each word. What is done then
// stands in fleet-actions.ts. sensor/deploy/fleet.mjs sets up what it needs and then comes here; a sensor loads nothing of it. Belongs to
// main.ts.
import { Command, CommanderError, Option } from 'commander';
import { EXIT } from '../cli.ts';
import { backUp } from '../fleet/operator/backup.ts';
import { CLUSTER_FOLDERS } from '../fleet/operator/cluster.ts';
import { DEFAULT_FLEET_DIRECTORY, FleetDirectoryError, openFleetDirectory } from '../fleet/operator/fleet-directory.ts';
import { forget, type Operator, revoke, shutOut, withDatabase } from '../fleet/operator/homes.ts';
import { makeStreams, makeTables } from '../fleet/operator/making.ts';
import { OperatorError } from '../fleet/operator/operator-error.ts';
import { readOperatorState } from '../fleet/operator/operator-state.ts';
import { fleetStatus } from '../fleet/operator/status.ts';
import { MissingPackages } from '../fleet/packages.ts';
import {
  atCaller,
  type ClusterOptions,
  certificate,
  cluster,
  enrolHome,
  homesText,
  type StartOptions,
  start,
} from './fleet-actions.ts';
import { complain, print } from './terminal.ts';

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
