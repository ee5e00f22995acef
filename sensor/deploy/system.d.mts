// Types of system.mjs, which is plain JavaScript because it runs before anything is installed.
export interface Requirement {
  name: string;
  programs?: string[];
  when: 'run' | 'build' | 'fleet' | 'test';
  versions?: string;
  apt: string;
  others: string;
  service?: string;
  why: string;
}
export interface Purpose {
  forTests: boolean;
  forFleet?: boolean;
  building: boolean;
}
export interface Machine {
  apt: boolean;
  root: boolean;
  sudo: 'free' | 'asks' | 'no';
  sudoExists: boolean;
}
export interface Plan {
  how: 'run' | 'ask';
  packages: string[];
  commands: string[][];
}
export const REQUIREMENTS: readonly Requirement[];
export function neededFor(purpose: Purpose): Requirement[];
export function findMissing(
  purpose: Purpose,
  present?: (one: Requirement) => boolean | Promise<boolean>,
): Promise<Requirement[]>;
export function plan(missing: Requirement[], machine: Machine): Plan;
export function describe(missing: Requirement[], machine: { apt: boolean }): string;
export function instructions(missing: Requirement[], todo: Plan, machine: Machine): string;
export function ensureSystem(purpose: Purpose): Promise<void>;
