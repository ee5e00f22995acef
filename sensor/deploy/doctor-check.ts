// What one of doctor's checks says, and how all of them are shown. Judges nothing itself.

export interface DoctorCheck {
  readonly name: string;
  /** `fail`: the sensor cannot do its job; `warn`: it can, but less well; `ok` needs no `fix`. */
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** Why it matters to a person who runs a sensor. */
  readonly why: string;
  /** What to do about it, a command where there is one; null when nothing is to do. */
  readonly fix: string | null;
}

export { type ProgramResult, runProgram } from '../capture/run-program.ts';

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

/** One line a check; under those that are not ok, why it matters and what to do. */
export function formatDoctor(checks: readonly DoctorCheck[]): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, result, found, why, fix }) => [
    `${MARKS[result]}  ${name.padEnd(width)}  ${found}`,
    ...(result === 'ok' ? [] : [`${' '.repeat(width + 8)}why: ${why}`]),
    ...(fix === null ? [] : [`${' '.repeat(width + 8)}fix: ${fix}`]),
  ]);
  const count = (wanted: DoctorCheck['result']) => checks.filter(({ result }) => result === wanted).length;
  return `${[...lines, `${count('ok')} ok, ${count('warn')} to improve, ${count('fail')} to repair`].join('\n')}\n`;
}

/** `doctor --json`: one document. */
export interface DoctorReport {
  readonly schema: 'thingwatch.doctor/1';
  readonly thingwatch: string;
  /** Where frames come from, for people; null where no port was found. */
  readonly source: string | null;
  /** How long traffic was watched. */
  readonly seconds: number;
  readonly checks: readonly DoctorCheck[];
  readonly ok: number;
  readonly toImprove: number;
  readonly toRepair: number;
}

export function doctorReport(
  checks: readonly DoctorCheck[],
  about: Pick<DoctorReport, 'thingwatch' | 'source' | 'seconds'>,
): DoctorReport {
  const count = (wanted: DoctorCheck['result']) => checks.filter(({ result }) => result === wanted).length;
  return {
    schema: 'thingwatch.doctor/1',
    ...about,
    checks,
    ok: count('ok'),
    toImprove: count('warn'),
    toRepair: count('fail'),
  };
}
