// The running sensor killed, asked to end and copied at random moments under load. `npm run crash` does the first for longer.
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../program/program.ts';
import { reportFault } from '../support/fault-table.ts';
import { killAgainAndAgain } from './kills.ts';
import { table } from './main.ts';
import { copyAgainAndAgain, stopAgainAndAgain } from './stops.ts';

const MINUTE = 60_000;

beforeAll(ensureBuilt);

test(
  'SIGKILL at random moments: no incident lost, none told twice, and counts exact up to a moment before each',
  async () => {
    const report = await killAgainAndAgain({ seed: 1, kills: 40, forAtLeast: 45_000 });
    process.stdout.write(table(report, 1));
    expect(report.problems).toEqual([]);
    expect(report.underLoad).toBeGreaterThan(25);
    expect(report.counted).toBeGreaterThan(report.kills);
    expect(report.incidents).toBeGreaterThan(25);
    reportFault({
      fault: 'SIGKILL at random moments under load',
      inputs: `${report.kills} kills, ${report.attempts} mail attempts`,
      outcome: `${report.incidents} incidents, each told, ${report.repeated} of ${report.alerts} alerts again with their id; the last ${report.mostLost} attempts before a kill not counted at most`,
      lost: report.problems.length,
    });
  },
  20 * MINUTE,
);

test(
  'SIGTERM in the middle of work: all that was taken is in the books, and the end is soon',
  async () => {
    const report = await stopAgainAndAgain(2, 12);
    expect(report.problems).toEqual([]);
    expect(report.counted).toBeGreaterThan(100);
    reportFault({
      fault: 'SIGTERM at random moments under load',
      inputs: `${report.stops} stops, ${report.attempts} mail attempts`,
      outcome: `exit code 0 within ${Math.round(report.longest)} ms, ${report.counted} attempts that were taken counted`,
      lost: report.problems.length,
    });
  },
  10 * MINUTE,
);

test(
  'its files at any moment, the end of the journal missing as after a power cut, open whole',
  async () => {
    const report = await copyAgainAndAgain(3, 12, 4);
    expect(report.problems).toEqual([]);
    expect(report.copies).toBe(60);
    reportFault({
      fault: 'power cut: files of one moment, journal cut anywhere',
      inputs: `${report.copies} copies under load`,
      outcome: 'all open, whole, of one moment of the wire',
      lost: report.problems.length,
    });
  },
  10 * MINUTE,
);
