// The commands of a fleet of homes: `thingwatch fleet …`. A command is declared where it has its handler, so that a program which
// cannot do it does not offer it. Whoever adds one: its options and handler here, what it loads in main/fleet-commands.ts.
import { type Command, Option } from 'commander';
import type { GlobalOptions } from './cli.ts';

export interface FleetPreviewCommand extends GlobalOptions {
  /** Directory of the database; null for the configured one. */
  state: string | null;
}

export interface FleetWithdrawCommand extends GlobalOptions {
  /** Ask nothing. */
  yes: boolean;
  /** Directory of the database; null for the configured one. */
  state: string | null;
}

/** Of what serves a fleet. */
export interface FleetServiceCommand extends GlobalOptions {
  /** The fleet's directory, for `openFleetDirectory`; null for the one in the checkout. */
  dir: string | null;
}

export interface FleetDeskCommand extends FleetServiceCommand {
  /** Further names that the desk may be opened by. */
  hostNames: string[];
  /** Make a token of this name in place of serving. */
  addToken: string | null;
  /** … which opens the record of these homes; of none, it is a reader's. */
  homes: string[];
  removeToken: string | null;
  listTokens: boolean;
}

export interface FleetHandlers {
  preview?(options: FleetPreviewCommand): Promise<number>;
  withdraw?(options: FleetWithdrawCommand): Promise<number>;
  collect?(options: FleetServiceCommand): Promise<number>;
  desk?(options: FleetDeskCommand): Promise<number>;
}

const STATE = ['--state <dir>', 'directory of the database; else state_dir of the configuration'] as const;
const DIRECTORY = ['--dir <dir>', 'directory of the fleet; else fleet/ in the checkout'] as const;

export function addFleet(
  program: Command,
  globals: () => GlobalOptions,
  handlers: FleetHandlers,
  done: (code: number) => void,
): void {
  const { collect, desk, preview, withdraw } = handlers;
  if (Object.values(handlers).every((handler) => handler === undefined)) return;
  const fleet = program.command('fleet').description('many homes: what this one reports, and who looks after all');
  if (preview !== undefined)
    fleet
      .command('preview')
      .description('print what is sent to the fleet of what is known now, record for record; sends nothing')
      .option(...STATE)
      .action(async ({ state }: { state?: string }) => done(await preview({ ...globals(), state: state ?? null })));

  if (withdraw !== undefined)
    fleet
      .command('withdraw')
      .description('leave the fleet: have it delete all that this home sent, and send nothing more')
      .option('--yes', 'ask nothing')
      .option(...STATE)
      .action(async ({ state, yes = false }: { state?: string; yes?: boolean }) =>
        done(await withdraw({ ...globals(), state: state ?? null, yes })),
      );

  if (collect !== undefined)
    fleet
      .command('collect')
      .description('take what homes report from the NATS servers into the database; any number of them may run')
      .option(...DIRECTORY)
      .action(async ({ dir }: { dir?: string }) => done(await collect({ ...globals(), dir: dir ?? null })));

  if (desk !== undefined) addDesk(fleet, globals, desk, done);
}

function addDesk(
  fleet: Command,
  globals: () => GlobalOptions,
  desk: NonNullable<FleetHandlers['desk']>,
  done: (code: number) => void,
): void {
  interface Words {
    dir?: string | null;
    hostName: string[];
    addToken?: string | null;
    home: string[];
    removeToken?: string | null;
    tokens?: boolean;
  }
  fleet
    .command('desk')
    .description('serve the page for whoever looks after the homes; or say who may open it')
    .option(...DIRECTORY)
    .option('--host-name <name...>', 'further names that it may be opened by, besides those of its certificate', [])
    .addOption(
      new Option('--add-token <name>', 'make a token, print it once, and end').conflicts(['removeToken', 'tokens']),
    )
    .option('--home <id...>', 'with --add-token: whose record it opens too; without it, none', [])
    .addOption(
      new Option('--remove-token <name>', 'end what was opened with the token of this name').conflicts('tokens'),
    )
    .option('--tokens', 'list the tokens: names, roles and homes')
    .action(async ({ addToken = null, dir = null, home, hostName, removeToken = null, tokens = false }: Words) =>
      done(
        await desk({
          ...globals(),
          ...{ dir, hostNames: hostName, addToken, homes: home, removeToken, listTokens: tokens },
        }),
      ),
    );
}
