// `npm run soak -- [--minutes M] [--seed N]`: hours of a busy home with faults, in a network namespace of its own (root).
import { readArgs, UsageError } from '../bench/measure.ts';
import { faultsOf, reportText } from './report.ts';
import { soak } from './soak.ts';

const HELP = `npm run soak -- [--minutes M] [--seed N]

  A busy home's traffic at ten times its pace, things that try to send mail, and faults one after the other: the sensor
  killed and stopped, its capture killed and hung, the broker gone and hung, the disk full, the database locked, the port
  down, page clients that stall, made-up devices, garbage. Says what was injected and what was lost, and what the sensor's
  memory, descriptors and timers did. The same seed makes the same faults at the same times. Needs root.
`;

export async function main(argv: string[]): Promise<number> {
  if (argv[0] === '--help' || argv[0] === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const { positions, values } = readArgs(argv, { minutes: 3, seed: 1 });
    if (positions.length > 0 || values.minutes < 1) throw new UsageError('it takes --minutes (1 or more) and --seed');
    const result = await soak(values.minutes, values.seed, console.log);
    console.log(reportText(result));
    const faults = faultsOf(result);
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    if (faults.length > 0) console.log(`\nThe sensor's log, its end:\n${result.said}`);
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
