// English: what stands around every view: navigation, states, pairing, and words that all of them use.
import type { Severity } from '../../../../sensor/detect/finding.ts';
import { clockTime } from '../../format.ts';

export const name = 'thingwatch';

export const nav = {
  label: 'Pages',
  home: 'Home',
  incidents: 'Incidents',
  devices: 'Devices',
  expected: 'Expected',
  sensor: 'Sensor',
};

export const skip = 'Skip to content';

export const state = {
  loading: 'Loading …',
  noAnswer: 'The sensor does not answer.',
  failed: 'That did not work.',
  retry: 'Try again',
  lost: (since: number): string => `Connection lost at ${clockTime(since)}. What you see is from before then.`,
  lostNow: 'Reconnecting …',
  missing: 'There is nothing at this address. It may have been forgotten.',
  more: (count: number): string => `Show ${count} more`,
  olderIncidents: 'Show older incidents',
  undo: 'Undo',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  never: 'never',
  yes: 'yes',
  no: 'no',
  unknown: 'unknown',
};

export const severity = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
} satisfies Record<Severity, string>;

export const pair = {
  title: 'Pair this browser',
  intro: 'Only paired browsers can read this page, because an infected device is on the same network.',
  how: 'Scan the QR code in the sensor’s terminal, or open Sensor → Pair another phone on a paired one.',
  command: 'On the sensor, this prints a new link:',
  working: 'Pairing …',
  confirm: 'Pair this browser',
  nameLabel: 'Name of this browser',
  pasteHint: 'Or paste the link here',
};

export const browserName = (system: string, browser: string): string => `${browser} on ${system}`;

export const asCertain = (time: string, isUncertain: true | undefined): string =>
  isUncertain === true ? `${time} (time not certain)` : time;
