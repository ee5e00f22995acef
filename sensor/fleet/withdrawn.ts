// That this home has left its fleet: a file beside the database, since the command that makes it cannot write the database of a sensor
// that runs. Where it names the home of the enrolment, nothing is sent, whatever the configuration says.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const shape = z.object({ home: z.string() });

export function markWithdrawn(stateDir: string, home: string): void {
  writeFileSync(placeIn(stateDir), `${JSON.stringify({ home })}\n`, { mode: 0o644 });
}

export function isWithdrawn(stateDir: string, home: string): boolean {
  try {
    return shape.safeParse(JSON.parse(readFileSync(placeIn(stateDir), 'utf8'))).data?.home === home;
  } catch {
    return false;
  }
}

function placeIn(stateDir: string): string {
  return join(stateDir, 'fleet-withdrawn.json');
}
