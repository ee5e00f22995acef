// Types of packages.mjs, which is plain JavaScript because it runs before anything is installed.
export type Mode = 'prod' | 'all';
export type State = 'ready' | 'rebuild' | 'install';
export interface PackageStamp {
  lock: string;
  nodeModules: string;
  platform: string;
  mode: Mode;
}
export interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}
export interface Lock {
  packages?: Record<string, LockEntry>;
}
export function wantedStamp(mode: Mode, folder?: string): PackageStamp;
export function decidePackages(
  stamp: PackageStamp | null,
  wanted: PackageStamp,
  inPlace: boolean,
): 'nothing' | 'check' | 'install';
export function installedMatches(lock: Lock | null, installed: Lock | null, mode: Mode): boolean;
export function inspectPackages(mode: Mode, folder?: string): Promise<State>;
export function npm(args: string[], context: { folder: string; onStart?: (pid: number) => void }): Promise<number>;
export function headersFolder(node?: string, nodeModules?: string): string | null;
export function ensurePackages(
  mode: Mode,
  state: State,
  options?: { folder?: string; onStart?: (pid: number) => void },
): Promise<void>;
