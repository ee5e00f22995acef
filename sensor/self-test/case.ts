// What a case of the self-test is: traffic of a home, and all that may come of it.
import type { Mac } from '../decode/packet.ts';
import type { IncidentKind, Severity } from '../detect/finding.ts';
import type { HeldWarning } from '../detect/held-warning.ts';
import type { CapturedFrame } from './frames/pcap-file.ts';

export interface Case {
  /** What happens, in a few words; unique. */
  name: string;
  /** Of a fleet, which hold from the beginning. */
  warnings?: readonly HeldWarning[];
  /** In any order; they are played by time. */
  frames(): readonly (CapturedFrame | readonly CapturedFrame[])[];
  /**
   * All incidents above `info`, and all that are told. Empty for what must stay silent: no incident above `info`, no alert
   * on any topic, no device that the broker says is sending mail.
   */
  expect: readonly Expected[];
}

export interface Expected {
  kind: IncidentKind;
  /** Null for incidents of the home. */
  device: Mac | null;
  /** When all is over. */
  severity: Severity;
  /** `open` unless told. */
  state?: 'open' | 'resolved';
  /** What the incident's evidence must hold; objects may hold more, lists must be equal. */
  evidence?: Record<string, unknown>;
  /** Its alerts in order, as in their `change`; some unless told, and none for what is not for telling. */
  alerts?: readonly string[];
  /** Kinds of events that the chain of what happened before must hold. */
  before?: readonly string[];
}
