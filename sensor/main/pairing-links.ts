// Pairing links that wait to be used, as files named by the token's hash: `thingwatch pair` adds one from another process
// while the sensor holds the database. A file is removed by whoever uses it, so a link works once. Belongs to main.ts.
import { mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkStore } from '../../web/ports.ts';

const HASH = /^[0-9a-f]{64}$/;
/** More waiting links than a family needs; the oldest give way. */
const WAITING = 16;

export function pairingLinks(stateDir: string): LinkStore {
  const directory = join(stateDir, 'pairing');
  return {
    add(tokenHash, expiresAt) {
      if (!HASH.test(tokenHash)) return;
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const waiting = readdirSync(directory)
        .filter((name) => HASH.test(name))
        .map((name) => ({ name, until: expiryOf(join(directory, name)) }))
        .sort((a, b) => a.until - b.until);
      for (const { name } of waiting.slice(0, Math.max(0, waiting.length - WAITING + 1)))
        rmSync(join(directory, name), { force: true });
      writeFileSync(join(directory, tokenHash), `${expiresAt}`, { mode: 0o600 });
    },
    use(tokenHash, now) {
      if (!HASH.test(tokenHash)) return false;
      const path = join(directory, tokenHash);
      const until = expiryOf(path);
      try {
        unlinkSync(path);
      } catch {
        return false;
      }
      return until >= now;
    },
  };
}

function expiryOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}
