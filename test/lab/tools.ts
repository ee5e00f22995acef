// Programs that some tests of the lab need beyond the lab's own. A test without them is skipped, and says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireLab } from './namespaces.ts';

/** Why a test that also needs `tools` cannot run on this machine, or null when it can. */
export function requireTools(tools: readonly string[]): string | null {
  const reason = requireLab();
  if (reason !== null) return reason;
  const places = (process.env.PATH ?? '').split(':');
  const missing = tools.filter((tool) => !places.some((place) => existsSync(join(place, tool))));
  return missing.length === 0 ? null : `this needs ${missing.join(', ')}: not on the PATH`;
}
