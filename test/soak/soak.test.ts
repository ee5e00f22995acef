// The short form of `npm run soak`: three minutes of a busy home with a fault of every kind.
import { expect, it } from 'vitest';
import { requireTools } from '../lab/tools.ts';
import { ensureBuilt } from '../program/program.ts';
import { reportFault } from '../support/fault-table.ts';
import { faultsOf, reportText } from './report.ts';
import { soak } from './soak.ts';

const MINUTES = 3;
const SEED = 1;

const reason = requireTools(['mosquitto', 'mount']);
if (reason !== null) console.warn(`SKIPPED, no soak: ${reason}`);

it.skipIf(reason !== null)(
  `a busy home at ten times its pace for ${MINUTES} minutes, with faults${reason === null ? '' : ` (NOT RUN: ${reason})`}`,
  async () => {
    await ensureBuilt();
    const result = await soak(MINUTES, SEED, console.log);
    const { alerts, attempts, incidents } = result.balance;
    reportFault({
      fault: `soak: ${result.injected.length} faults of ${new Set(result.injected.map(({ kind }) => kind)).size} kinds`,
      inputs: `${result.frames} frames, ${attempts.sent} attempts`,
      outcome: `${incidents.stored} incidents, ${alerts.heard} alerts`,
      lost: attempts.lost + incidents.lost + alerts.lost,
    });
    process.stdout.write(`${reportText(result)}\n`);
    expect(faultsOf(result)).toEqual([]);
  },
  // A fault is waited out for at most 45 s, and there are a dozen.
  (MINUTES + 12) * 60_000,
);
