// Types of fleet-packages.mjs, which is plain JavaScript because it runs before anything is installed.
import type { Mode } from './packages.mjs';

export const FLEET_FOLDER: string;
export function inspectFleetPackages(mode: Mode, folder?: string): 'ready' | 'install';
export function ensureFleetPackages(
  mode: Mode,
  options?: { folder?: string; onStart?: (pid: number) => void },
): Promise<void>;
