// A warning of the fleet as the detector takes it: plain data, read and believed elsewhere. What holds at present comes as a whole. And
// what a fleet calls a maker.
import type { BackendRole } from '../attribute/device.ts';

/** Whom it is about: a family, else the things of a maker, else those of which neither is known. */
export interface WarnedGroup {
  /** Slug of a firmware note. */
  family: string | null;
  vendor: string | null;
}

/** Characters of a maker's name as fleets tell it. */
const LONGEST_VENDOR = 64;
/** Control characters; the registry of makers is others' text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu;

/** The maker as fleets tell it; null where nobody knows. */
export function toldVendor(vendor: string | null): string | null {
  const told = vendor?.replace(UNPRINTABLE, '').slice(0, LONGEST_VENDOR).trim() ?? '';
  return told === '' ? null : told;
}

export interface HeldWarning {
  /** `[a-z0-9]{16}`. */
  id: string;
  /** Of what it says: another one says something else. */
  revision: number;
  /** A registrable domain, or the address of a server that nothing named. */
  backend: string;
  role: BackendRole;
  /** None: all things. */
  groups: readonly WarnedGroup[];
  /** Homes whose device used the backend, and of those whose device mailed after it. */
  homes: { exposed: number; mailed: number };
  /** How much likelier mail is after the backend than without it, with its interval of 95 %. */
  lift: { value: number; low: number; high: number | null };
  /** Backends that explain as much. */
  alike: readonly string[];
  /** Milliseconds since 1970. */
  firstSeen: number;
  issuedAt: number;
  expiresAt: number;
}
