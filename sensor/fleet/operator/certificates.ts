// The fleet's own authority and the certificates that it signs, made by openssl: homes and services trust this authority alone, so that a
// certificate can be renewed without telling a home.
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Owner, writeSecret } from './fleet-directory.ts';
import { OperatorError } from './operator-error.ts';
import { program, runProgram } from './programs.ts';

const DAY = 24 * 60 * 60_000;
/** Homes have it in their enrolments: when it ends, each must be enrolled again. */
const AUTHORITY_DAYS = 30 * 365;
const CERTIFICATE_DAYS = 2 * 365;
/** One that holds for less than this is made anew at a start. */
export const RENEW_WITHIN = 60 * DAY;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface Pair {
  cert: string;
  key: string;
}

/** Of a host name (RFC 1123) or an address. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  return (
    text.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*$/i.test(text) && !/^[\d.]+$/.test(text)
  );
}

export async function makeAuthority(files: Pair, name: string): Promise<void> {
  await inFolderOf(files.key, async (folder) => {
    const made = { cert: join(folder, 'cert'), key: join(folder, 'key') };
    // The name of a fleet may hold anything; a certificate's subject is only looked at by people.
    const subject = `/CN=${
      name
        .replace(/[^\p{L}\p{N} .-]+/gu, ' ')
        .trim()
        .slice(0, 50) || 'thingwatch'
    } authority`;
    await openssl(
      ['req', '-x509', ...NEW_KEY, ...out(made), '-days', String(AUTHORITY_DAYS), '-utf8', '-subj', subject],
      [...['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign']],
    );
    writeSecret(files.key, readFileSync(made.key), null);
    writeSecret(files.cert, readFileSync(made.cert), null, 0o644);
  });
}

/** @param hosts names and addresses that it holds for, the first of them its subject */
export async function makeCertificate(
  authority: Pair,
  files: Pair,
  hosts: readonly string[],
  owner: Owner | null,
): Promise<void> {
  const wrong = hosts.find((host) => !isHost(host));
  if (wrong !== undefined) throw new OperatorError(`${JSON.stringify(wrong)} is neither a host name nor an address`);
  const names = [...new Set(hosts)].map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`);
  await inFolderOf(files.key, async (folder) => {
    const made = { cert: join(folder, 'cert'), key: join(folder, 'key') };
    const signedBy = ['-CA', authority.cert, '-CAkey', authority.key];
    const subject = ['-subj', `/CN=${(hosts[0] ?? 'localhost').slice(0, 60)}`];
    await openssl(
      ['req', '-x509', ...NEW_KEY, ...signedBy, ...out(made), '-days', String(CERTIFICATE_DAYS), ...subject],
      [
        ...['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'],
        ...['extendedKeyUsage=serverAuth,clientAuth', `subjectAltName=${names.join(',')}`],
      ],
    );
    writeSecret(files.key, readFileSync(made.key), owner);
    writeSecret(files.cert, readFileSync(made.cert), owner, 0o644);
  });
}

/** Null where there is none; otherwise when it ends (ms), and for which names and addresses it holds. */
export function certificateFacts(file: string): { ends: number; hosts: string[] } | null {
  if (!existsSync(file)) return null;
  const { subjectAltName = '', validTo } = new X509Certificate(readFileSync(file));
  const hosts = subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  return { ends: Date.parse(validTo), hosts };
}

/** Whether it must be made (again) so that it holds for those hosts for a while. @param now wall time, ms */
export function needsRenewal(file: string, hosts: readonly string[], now: number): boolean {
  const facts = certificateFacts(file);
  if (facts === null || facts.ends - now < RENEW_WITHIN) return true;
  const certificate = new X509Certificate(readFileSync(file));
  return hosts.some(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) === undefined,
  );
}

const out = ({ cert, key }: Pair): string[] => ['-keyout', key, '-out', cert];

async function openssl(args: readonly string[], extensions: readonly string[]): Promise<void> {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  await runProgram(program('openssl'), [...args, ...added], { what: 'making a certificate with openssl' });
}

/** A folder for its work beside the file: on the same disk, and closed to others. */
async function inFolderOf(file: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(`${file}-`);
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
