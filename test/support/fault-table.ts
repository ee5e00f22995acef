// The table of faults that `npm test` shows: a test that injected one says here what it was, how much went through it and what
// became of that. The line goes out at once, past vitest's own capture of the console.

export interface FaultReport {
  /** What was broken: "the disk of the state directory full". */
  fault: string;
  /** What went through it, with counts: "3,000 devices mail, 12 orders". */
  inputs: string;
  /** What became of it, with counts: "6,000 alerts told once". */
  outcome: string;
  /** What is gone that should not be. */
  lost: number;
}

const WIDTH = 44;

/** The line of one fault. */
export function faultLine({ fault, inputs, outcome, lost }: FaultReport): string {
  return `fault | ${fault.padEnd(WIDTH)} | ${inputs.padEnd(WIDTH)} | ${outcome} | lost: ${lost}`;
}

/** Shows the fault in the table. Whether it came out as it should is the test's own business. */
export function reportFault(report: FaultReport): void {
  process.stdout.write(`${faultLine(report)}\n`);
}
