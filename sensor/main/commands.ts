// The commands beside `run` and `replay`, each with what it alone needs loaded when it is given. Belongs to main.ts.
import { mendOffloads } from '../capture/offloads.ts';
import { version } from '../checkout.ts';
import {
  type BackupCommand,
  type DoctorCommand,
  type EvidenceCommand,
  EXIT,
  type GlobalOptions,
  type InstallCommand,
  type PairCommand,
  type RestoreCommand,
} from '../cli.ts';
import { checkNotes, formatProblem } from '../notes/check.ts';
import { mergeNotes } from '../notes/compiled.ts';
import { loadNotes } from '../notes/load.ts';
import { checkMirrors } from '../notes/mirrors.ts';
import { databaseIn, openKnowledge, SHIPPED_NOTES, shippedNotes } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { sourceNames } from './live.ts';
import { openSession } from './session.ts';
import { complain, print, stopSignal } from './terminal.ts';

export async function doctor(options: DoctorCommand): Promise<number> {
  const session = openSession(options);
  if (options.fix) {
    const { port } = sourceNames(session.config);
    const mended = port === null ? null : await mendOffloads(port, (said) => complain(`${said}\n`));
    if (mended !== null) complain(`${mended.said}\n`);
    if (options.fixOnly) return mended?.done === false ? EXIT.failed : EXIT.done;
  }
  const examination = await import('./doctor.ts');
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  return examination.doctor(session, { ...options, out: print, complain, signal: abort.signal });
}

export async function selfTest(): Promise<number> {
  const [{ CASES }, runner] = await Promise.all([import('../self-test/cases.ts'), import('./self-test.ts')]);
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  const isPassed = await runner.selfTest(CASES, { out: print, signal: abort.signal });
  if (abort.signal.aborted) complain('Stopped before the end.\n');
  return isPassed ? EXIT.done : EXIT.failed;
}

export async function notesCheck({ dirs, ...globals }: GlobalOptions & { dirs: string[] }): Promise<number> {
  const where = noteDirs(dirs, globals);
  const notes = checkNotes(where, shippedNotes());
  const mirrors = checkMirrors(where);
  for (const problem of [...notes.problems, ...mirrors.problems]) print(`${formatProblem(problem)}\n`);
  print(checkedText('Notes', notes));
  if (mirrors.count + mirrors.problems.length > 0) print(checkedText('Guides to switches and routers', mirrors));
  return notes.problems.length + mirrors.problems.length === 0 ? EXIT.done : EXIT.failed;
}

function checkedText(what: string, { count, problems }: { count: number; problems: readonly unknown[] }): string {
  return problems.length === 0
    ? `${what} checked: ${count}. No problems.\n`
    : `Problems: ${problems.length}. ${what} without any: ${count}.\n`;
}

export async function notesCoverage({ dirs, ...globals }: GlobalOptions & { dirs: string[] }): Promise<number> {
  const { coverageText } = await import('../notes/coverage.ts');
  const { notes, problems } = loadNotes(noteDirs(dirs, globals));
  for (const problem of problems) complain(`left out: ${formatProblem(problem)}\n`);
  print(coverageText(notes, mergeNotes(shippedNotes(), notes)));
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

/** The directories that were named; without one, all that a sensor reads. */
function noteDirs(named: readonly string[], globals: GlobalOptions): readonly string[] {
  return named.length > 0 ? named : [SHIPPED_NOTES, ...openSession(globals).config.notes.dirs];
}

export async function pair(options: PairCommand): Promise<number> {
  const { config } = openSession(options);
  const { browsersText, newPairingLink, pairingText, revokeBrowser, runningPage } = await import('./pair.ts');
  if (options.list) {
    print(browsersText(databaseIn(config.state_dir)));
    return EXIT.done;
  }
  if (options.revoke !== null) {
    print(
      await revokeBrowser({ stateDir: config.state_dir, database: databaseIn(config.state_dir), id: options.revoke }),
    );
    return EXIT.done;
  }
  const page = runningPage(config.state_dir);
  if (page === null) {
    throw new EdgeError(
      EXIT.failed,
      `no sensor runs with the state directory ${config.state_dir}: start it first, or name its configuration with --config`,
    );
  }
  const link = newPairingLink(config.state_dir, page.url);
  print(await pairingText({ link, loopbackOnly: page.loopbackOnly }));
  return EXIT.done;
}

export async function testAlert(options: GlobalOptions): Promise<number> {
  const { config } = openSession(options);
  const { sendTestAlert } = await import('./test-alert.ts');
  return sendTestAlert(config.state_dir, print);
}

export async function evidence(command: EvidenceCommand): Promise<number> {
  const session = openSession(command);
  const { printEvidence } = await import('./evidence.ts');
  const path = databaseIn(command.state ?? session.config.state_dir);
  const place = { path, version: version(), knowledge: () => openKnowledge(session) };
  printEvidence(command, place, { out: print, complain });
  return EXIT.done;
}

export async function backup(command: BackupCommand): Promise<number> {
  const stateDir = command.state ?? openSession(command).config.state_dir;
  const { backupState } = await import('./backup.ts');
  await backupState(command, { path: databaseIn(stateDir), version: version(), now: Date.now() }, { complain });
  return EXIT.done;
}

export async function restore(command: RestoreCommand): Promise<number> {
  const stateDir = command.state ?? openSession(command).config.state_dir;
  const { restoreState } = await import('./backup.ts');
  await restoreState(command, { path: databaseIn(stateDir), version: version(), now: Date.now() }, { complain });
  return EXIT.done;
}

export async function install(command: InstallCommand): Promise<number> {
  // The configuration that is to be: what lies in the working directory is of another run.
  const session = openSession({ config: '/dev/null' });
  return (await import('./install.ts')).install(command, session);
}
