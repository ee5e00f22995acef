// The commands beside `run` and `replay`, each with what it alone needs loaded when it is given. Belongs to main.ts.
import { mendOffloads } from '../capture/offloads.ts';
import { version } from '../checkout.ts';
import { type DoctorCommand, type EvidenceCommand, EXIT, type GlobalOptions, type PairCommand } from '../cli.ts';
import { checkNotes, formatProblem } from '../notes/check.ts';
import { databaseIn, openKnowledge, SHIPPED_NOTES } from '../spine.ts';
import { EdgeError } from './edge-error.ts';
import { sourceNames } from './live.ts';
import { openSession } from './session.ts';
import { keepHeapSmall } from './small-heap.ts';
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
  keepHeapSmall('ending');
  const abort = new AbortController();
  void stopSignal().then(() => abort.abort());
  const isPassed = await runner.selfTest(CASES, { out: print, signal: abort.signal });
  if (abort.signal.aborted) complain('Stopped before the end.\n');
  return isPassed ? EXIT.done : EXIT.failed;
}

export async function notesCheck({ dirs, ...globals }: GlobalOptions & { dirs: string[] }): Promise<number> {
  const checked = dirs.length > 0 ? dirs : [SHIPPED_NOTES, ...openSession(globals).config.notes.dirs];
  const { count, problems } = checkNotes(checked);
  for (const problem of problems) print(`${formatProblem(problem)}\n`);
  print(
    problems.length === 0
      ? `Notes checked: ${count}. No problems.\n`
      : `Problems: ${problems.length}. Notes without any: ${count}.\n`,
  );
  return problems.length === 0 ? EXIT.done : EXIT.failed;
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

export async function evidence(command: EvidenceCommand): Promise<number> {
  const session = openSession(command);
  const { printEvidence } = await import('./evidence.ts');
  const path = databaseIn(command.state ?? session.config.state_dir);
  const place = { path, version: version(), knowledge: () => openKnowledge(session) };
  printEvidence(command, place, { out: print, complain });
  return EXIT.done;
}
