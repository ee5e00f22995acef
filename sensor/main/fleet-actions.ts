// What the commands of `npm run fleet` do, and what they tell the person: starts all of a fleet, lets homes in and lists them, makes its
// certificate anew and what a cluster needs. Which words they are given in is for fleet-program.ts to know. Belongs to main.ts.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROJECT_ROOT } from '../checkout.ts';
import { EXIT } from '../cli.ts';
import { type Account, programOutOfReach } from '../fleet/operator/account.ts';
import { certificateFacts } from '../fleet/operator/certificates.ts';
import { makeClusterFleet } from '../fleet/operator/cluster.ts';
import { secretFile } from '../fleet/operator/fleet-directory.ts';
import { enrol, listHomes, type Operator, withDatabase } from '../fleet/operator/homes.ts';
import { bracketed, ensureCertificate, makeFleet, portOf } from '../fleet/operator/making.ts';
import { codeOf, OperatorError } from '../fleet/operator/operator-error.ts';
import { writeOperatorState } from '../fleet/operator/operator-state.ts';
import { runFleet, runningProcess, throwIfRunning } from '../fleet/operator/running.ts';
import { fleetHandlers } from './fleet-commands.ts';
import { defaultUser } from './run-as.ts';
import { complain, print, stopSignal } from './terminal.ts';

export interface StartOptions {
  name?: string;
  host: string[];
  mqtt?: string;
  desk?: string;
  nats?: number;
  postgres?: number;
}

/** npm changes into the checkout; files are meant from where the person stands. */
export const atCaller = (file: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), file);

/** Runs until it is stopped by a signal; resolves to the exit code. */
export async function start(directory: string, options: StartOptions): Promise<number> {
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

/** Writes the enrolment of one more home, or prints it. */
export async function enrolHome(operator: Operator, { label, out }: { label?: string; out?: string }): Promise<number> {
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

/** A line a home. */
export async function homesText(operator: Operator): Promise<string> {
  const homes = await withDatabase(operator, listHomes);
  if (homes.length === 0) return 'No home has been enrolled: npm run fleet -- enrol --label TEXT\n';
  const day = (time: Date | null) => time?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never';
  const lines = homes.map(
    ({ enrolledAt, home, label, lastSeen, state, version }) =>
      `${home}  ${state.padEnd(9)}  enrolled ${day(enrolledAt)}  heard ${day(lastSeen).padEnd(16)}  ${version ?? '-'}  ${label ?? ''}`,
  );
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** @param hosts names and addresses it is for; none: those of before */
export async function certificate(operator: Operator, hosts: readonly string[]): Promise<number> {
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

export interface ClusterOptions {
  database: string;
  name: string;
  desk: string;
  host: string[];
  configFolder: string;
  dataFolder: string;
}

/** Makes the directory, and says what is to be done with it. */
export async function cluster(directory: string, nodes: string[], options: ClusterOptions): Promise<void> {
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
