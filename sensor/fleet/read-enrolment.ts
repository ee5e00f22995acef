// The enrolment file as the configuration names it, read and checked, or what is wrong with it in words for a person.
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type Enrolment, enrolment } from './enrolment.ts';

/** What is wrong with the file; exit code 2. */
export class EnrolmentError extends Error {}

/** A file of the largest that it can be. */
const OCTETS = 256 * 1024;
const ASK_AGAIN = 'Ask whoever runs the fleet for a new file.';

/** @throws EnrolmentError */
export function readEnrolment(path: string): Enrolment {
  let text: string;
  let mode: number;
  try {
    const stats = statSync(path);
    mode = stats.mode;
    if (!stats.isFile() || stats.size > OCTETS)
      throw new EnrolmentError(`fleet.enrolment: ${path} is no enrolment file. ${ASK_AGAIN}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof EnrolmentError) throw error;
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is no file';
    throw new EnrolmentError(`fleet.enrolment: ${path} cannot be read (${why})`);
  }
  if ((mode & 0o077) !== 0)
    throw new EnrolmentError(
      `fleet.enrolment: others on this machine can read ${path}, and with what is in it report in this home's name: chmod 600 ${path}`,
    );
  const read = enrolment.safeParse(parsed(text));
  if (read.success && isReadable(read.data.ca)) return read.data;
  // Values are secrets; where they stand is not.
  const issues = read.success ? ['ca'] : read.error.issues.map(({ path: at }) => at.join('.') || 'the whole');
  const where = [...new Set(issues)].join(', ');
  throw new EnrolmentError(
    `fleet.enrolment: ${path} is no enrolment that this version can read (${where}). ${ASK_AGAIN}`,
  );
}

function isReadable(ca: string | null): boolean {
  try {
    if (ca !== null) new X509Certificate(ca);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
