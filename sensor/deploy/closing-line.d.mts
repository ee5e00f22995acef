// Types of closing-line.mjs, which is plain JavaScript like the test runner it belongs to.
export interface VitestResult {
  success?: boolean;
  testResults?: { status: string; assertionResults?: { status: string; fullName: string }[] }[];
}
export interface Counts {
  passed: number;
  failed: number;
  skipped: string[];
}
export function summarize(result: VitestResult): Counts;
export function closingLine(counts: Counts): string;
