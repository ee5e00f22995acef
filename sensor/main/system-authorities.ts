// The authorities that the system trusts, for certificates of servers that name none of their own. Belongs to main.ts.
import { readFileSync } from 'node:fs';

/** What Debian and those after it trust; Node.js brings a list of its own, in which a home's own authority is not. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** PEM; null where the system has none at that place. */
export function systemAuthorities(): string | null {
  try {
    return readFileSync(SYSTEM_AUTHORITIES, 'utf8');
  } catch {
    return null;
  }
}
