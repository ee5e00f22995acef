// Keys of fleets and a warning that one of them signs, for tests.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Warning } from '../../../sensor/fleet/warning.ts';

export const NOW = Date.parse('2026-11-30T10:00:00Z');
export const HOUR = 60 * 60_000;
export const DAY = 24 * HOUR;

export interface FleetKey {
  /** Signs. */
  key: KeyObject;
  /** As in an enrolment. */
  text: string;
}

export function fleetKey(): FleetKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, text: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
}

export const isoTime = (time: number): string => new Date(time).toISOString();

export function sampleWarning(more: Partial<Warning> = {}): Warning {
  return {
    ...{ id: 'abcdefgh12345678', revision: 3, state: 'open' },
    ...{ issuedAt: isoTime(NOW - HOUR), expiresAt: isoTime(NOW + 7 * DAY), firstSeen: isoTime(NOW - 9 * DAY) },
    ...{ backend: 'bad.example', role: 'store', groups: [], alike: ['cdn.example'] },
    ...{ homes: { exposed: 41, mailed: 37 }, lift: { value: 212, low: 88, high: null }, ...more },
  };
}
