// Types of licences.mjs, which is plain JavaScript like the other tools of the build.
export interface LockedPackage {
  name: string;
  version: string;
  /** An SPDX expression; null where the package names none. */
  licence: string | null;
  /** Of `fleet`: in no copy of the program, installed by those who run a fleet. */
  use: 'production' | 'fleet' | 'development';
  /** Relative to the checkout. */
  place: string;
}

/** Licences that may be built into what is passed on, each with the reason. */
export const ALLOWED: Record<string, string>;
/** Packages under a licence that holds for them alone. */
export const UNCHANGED: Record<string, string>;
/** Data inside packages that has a licence of its own. */
export const DATA: readonly string[];

export const FLEET_LOCK: string;

/** Every package of both lock files, by name. */
export function packagesOf(folder?: string): LockedPackage[];
/** What is wrong with a package's licence and what to do; null where nothing is. */
export function complaint(one: Pick<LockedPackage, 'licence' | 'name' | 'version'>): string | null;
/** Whether an SPDX expression is satisfied; null where it cannot be read. */
export function satisfied(expression: string, isAllowed: (id: string) => boolean): boolean | null;
