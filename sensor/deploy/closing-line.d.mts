// Types of closing-line.mjs, which is plain JavaScript like the test runner it belongs to.
export interface VitestResult {
  success?: boolean;
  testResults?: { status: string; assertionResults?: { status: string; fullName: string }[] }[];
}
/** Times in ms. */
export interface VitestTimes {
  testResults?: { name: string; startTime: number; endTime: number }[];
}
export interface Counts {
  passed: number;
  failed: number;
  skipped: string[];
}
export function summarize(result: VitestResult): Counts;
export function closingLine(counts: Counts): string;
export function slowest(result: VitestTimes, most?: number): { name: string; seconds: number }[];
