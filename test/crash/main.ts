// `npm run crash -- [--kills N] [--seed N]`: the sensor is killed N times at random moments under load; a table of what that cost.
import { readArgs, UsageError } from '../bench/measure.ts';
import { type KillReport, killAgainAndAgain } from './kills.ts';

const HELP = `npm run crash -- [--kills N] [--seed N]
  kills the running sensor N times (200 unless told) at moments drawn from the seed, under many times a home's load,
  and reckons up its database and its alerts after each kill and at the end; exit code 1 where something is wrong
`;

export async function main(argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('help')) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const { positions, values } = readArgs(argv, { kills: 200, seed: 1 });
    if (positions.length > 0) throw new UsageError(`unknown: ${positions.join(' ')}`);
    const report = await killAgainAndAgain({ ...values, onKill: progress });
    process.stdout.write(table(report, values.seed));
    return report.problems.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`crash: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function progress({ counted, kills, lost, problems }: KillReport): void {
  const told = `${kills} kills, ${counted} attempts counted, ${lost} not, ${problems.length} problems\n`;
  if (kills % 10 === 0) process.stderr.write(told);
  for (const text of problems.slice(toldProblems)) process.stderr.write(`WRONG: ${text}\n`);
  toldProblems = problems.length;
}
let toldProblems = 0;

/** For people, and for the test's output. */
export function table(report: KillReport, seed: number): string {
  const rows: [string, string | number][] = [
    ['seed', seed],
    [
      'kills (SIGKILL)',
      `${report.kills}, ${report.underLoad} under load, ${report.kills - report.underLoad} while it started`,
    ],
    ['frames, mail attempts on the wire', `${report.frames}, ${report.attempts}`],
    ['attempts in the books', report.counted],
    [
      'not counted, the last before a kill',
      `${report.lost}; at most ${report.mostLost} in one, the oldest ${Math.round(report.oldestLost)} ms before it`,
    ],
    ['incidents, alerts that came', `${report.incidents}, ${report.alerts}`],
    ['alerts that came again, with their id', report.repeated],
    ['orderly end at the last', `${Math.round(report.end)} ms`],
    ['incidents lost, told twice, never told, damage', report.problems.length],
  ];
  const lines = rows.map(([what, value]) => `  ${what.padEnd(48)} ${value}\n`);
  return `${lines.join('')}${report.problems.map((text) => `  WRONG: ${text}\n`).join('')}`;
}
