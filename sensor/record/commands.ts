// Everything a person can order, from the page or from Home Assistant. Both re-enter here; every command is idempotent.
import type { Mac } from '../decode/packet.ts';

export type Command =
  | { type: 'acknowledge'; incident: string }
  | { type: 'acknowledge_device'; device: Mac }
  | { type: 'acknowledge_all' }
  /** "This is expected": an expectation of what the incident has seen so far. `until` in packet time, null for good. */
  | { type: 'expect'; incident: string; until: number | null }
  /** Home Assistant's switch: expect what the device's open mail incidents saw, or remove its expectations. */
  | { type: 'allow_mail'; device: Mac; allow: boolean }
  | { type: 'remove_expectation'; expectation: string }
  /** "Resolved: I reset it": watch closely for seven days. */
  | { type: 'resolve'; incident: string }
  | { type: 'rename'; device: Mac; label: string | null }
  /** "Nothing of this device leaves the home": a fleet hears nothing of it, under any address of the same thing. */
  | { type: 'keep_private'; device: Mac; keep: boolean }
  /** "The same thing under a new address": the label and the expectations of `into` count for `device` from now on. */
  /** `older`: still older addresses of the same thing, newest first, which are joined one after the other. */
  | { type: 'merge'; device: Mac; into: Mac; older?: Mac[] }
  | { type: 'unmerge'; device: Mac; older?: Mac[] }
  /** "No, these are different": they are parted, and not suggested as one any more; or, with false, may be again. */
  | { type: 'distinguish'; device: Mac; from: Mac; distinct: boolean }
  | { type: 'forget'; device: Mac }
  /** An alert to everybody who is told of alerts, marked as a test: nothing has happened. */
  | { type: 'test_alert' };

/** `error` is for a person and never repeats untrusted input. */
export type CommandResult =
  /** `alert`: the id of the test alert that was sent. */
  | { ok: true; changed: boolean; expectation?: string; alert?: string }
  | { ok: false; status: 400 | 404 | 409; error: string };

/** Runs a command; `actor` is kept with what it changes (`page`, `home-assistant`). */
export type CommandRunner = (command: Command, actor: string) => CommandResult;
