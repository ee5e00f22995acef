// Types of stamp.mjs, which is plain JavaScript because it runs before anything is built.
export interface BuildStamp {
  program: string;
  tests: string | null;
  dates: { program: string; tests: string | null };
}
export function workFolder(folder?: string): string;
export function programFiles(folder: string): string[];
export function sourceStamp(forTests: boolean, folder?: string): BuildStamp;
export function isBuilt(built: BuildStamp | null, wanted: BuildStamp): boolean;
export function isUpToDate(forTests: boolean, folder?: string): boolean;
export function readBuildStamp(folder?: string): BuildStamp | null;
export function writeBuildStamp(stamp: BuildStamp, dist: string): void;
export function datesToRemember(folder?: string): string[] | null;
