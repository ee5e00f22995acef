// Carries out what people order, over the recorder's books. Every order is idempotent; one that changes nothing says so.
import type { Device } from '../attribute/device.ts';
import { LONGEST_CHAIN } from '../attribute/device.ts';
import { addressesOfThing, PrivateThings } from '../attribute/private-things.ts';
import type { Mac } from '../decode/packet.ts';
import { cleanText } from '../decode/text.ts';
import { isMailKind } from '../detect/finding.ts';
import type { Engine } from '../engine.ts';
import type { Command, CommandResult, CommandRunner } from './commands.ts';
import { canBeExpected, findingsCovered, type Scope, scopeOf } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { WATCH } from './incident-book.ts';
import type { OutboxMessage } from './outbox.ts';
import type { Recorder } from './recorder.ts';

const LONGEST_LABEL = 64;

interface Parts {
  engine: Engine;
  recorder: Recorder;
}

/** A test alert as rows of the outbox; none where there was one a moment ago. */
export type MakeTest = () => { id: string; messages: OutboxMessage[] } | null;

export function commandRunner(parts: Parts, makeTest: MakeTest): CommandRunner {
  return (command, actor) => (command.type === 'test_alert' ? sendTest(parts, makeTest()) : run(parts, command, actor));
}

function sendTest({ recorder }: Parts, test: ReturnType<MakeTest>): CommandResult {
  if (test === null)
    return { ok: false, status: 409, error: 'A test alert was sent a moment ago. Wait a few seconds.' };
  recorder.test(test.messages);
  return { ok: true, changed: true, alert: test.id };
}

function run(parts: Parts, command: Exclude<Command, { type: 'test_alert' }>, actor: string): CommandResult {
  const { recorder } = parts;
  switch (command.type) {
    case 'acknowledge':
      return withIncident(parts, command.incident, (incident) => ({ ok: true, changed: acknowledge(parts, incident) }));
    case 'acknowledge_device':
      return acknowledgeAll(parts, recorder.incidents.ofDevice(command.device));
    case 'acknowledge_all':
      return acknowledgeAll(parts, recorder.incidents.all());
    case 'expect':
      return withIncident(parts, command.incident, (incident) => expect(parts, incident, command.until, actor));
    case 'allow_mail':
      return allowMail(parts, command.device, command.allow, actor);
    case 'remove_expectation':
      return removeExpectation(parts, command.expectation);
    case 'resolve':
      return withIncident(parts, command.incident, (incident) => ({ ok: true, changed: resolve(parts, incident) }));
    case 'rename':
      return withDevice(parts, command.device, (device) => rename(parts, device, command.label));
    case 'keep_private':
      return withDevice(parts, command.device, (device) => keepPrivate(parts, device, command.keep));
    case 'merge':
      return mergeAll(parts, [command.device, command.into, ...(command.older ?? [])]);
    case 'unmerge':
      return withDevice(parts, command.device, (device) => unmerge(parts, device, command.older ?? []));
    case 'distinguish':
      return withDevice(parts, command.device, (device) => distinguish(parts, device, command.from, command.distinct));
    case 'forget':
      return forget(parts, command.device);
  }
}

/** What "This is expected" would cover for an incident, and how many past attempts it would have hidden. */
export function previewExpectation(
  { engine, recorder }: Parts,
  incidentId: string,
): (Scope & { wouldHaveHidden: number }) | null {
  const incident = recorder.incidents.get(incidentId);
  const device = incident?.device ? engine.devices.get(incident.device) : undefined;
  if (incident === undefined || device === undefined || !canBeExpected(incident)) return null;
  const scope = scopeOf(incident, device);
  return { ...scope, wouldHaveHidden: findingsCovered(incident, device, scope) };
}

function withIncident(parts: Parts, id: string, act: (incident: Incident) => CommandResult): CommandResult {
  const incident = parts.recorder.incidents.get(id);
  return incident === undefined ? { ok: false, status: 404, error: 'There is no such incident.' } : act(incident);
}

function withDevice(parts: Parts, mac: Mac, act: (device: Device) => CommandResult): CommandResult {
  const device = parts.engine.devices.get(mac);
  return device === undefined ? { ok: false, status: 404, error: 'There is no such device.' } : act(device);
}

function deviceOf({ engine }: Parts, incident: Incident): Device | null {
  return incident.device === null ? null : (engine.devices.get(incident.device) ?? null);
}

function acknowledge(parts: Parts, incident: Incident): boolean {
  if (incident.state !== 'open') return false;
  incident.state = 'acknowledged';
  incident.acknowledgedAt = parts.engine.now;
  parts.recorder.changed(incident, 'acknowledged', parts.engine.now, deviceOf(parts, incident));
  return true;
}

function acknowledgeAll(parts: Parts, incidents: Incident[]): CommandResult {
  return { ok: true, changed: incidents.filter((incident) => acknowledge(parts, incident)).length > 0 };
}

function expect(parts: Parts, incident: Incident, until: number | null, actor: string): CommandResult {
  const { engine, recorder } = parts;
  const device = deviceOf(parts, incident);
  if (device === null || !canBeExpected(incident)) {
    const error = 'Only mail and open ports of a device that is still known can be expected.';
    return { ok: false, status: 409, error };
  }
  const scope = scopeOf(incident, device);
  if (scope.targets.length === 0) {
    return {
      ok: false,
      status: 409,
      error: 'The destinations of this incident are no longer remembered, so nothing can be allowed.',
    };
  }
  const changed = incident.state !== 'expected';
  const time = engine.now;
  const expectation = recorder.expectations.add({
    device: device.mac,
    scope,
    until,
    by: actor,
    time,
    incident: incident.id,
  });
  if (changed) {
    incident.state = 'expected';
    recorder.changed(incident, 'expected', time, device);
  }
  recorder.expectationsChanged();
  return { ok: true, changed, expectation: expectation.id };
}

function allowMail(parts: Parts, mac: Mac, allow: boolean, actor: string): CommandResult {
  const { engine, recorder } = parts;
  return withDevice(parts, mac, (device) => {
    if (!allow) {
      const macs = engine.devices.sameThing(device).map((known) => known.mac);
      const ofMail = recorder.expectations.ofDevice(macs).filter(({ covers }) => covers === 'mail');
      const removed = ofMail.map(({ id }) => removeExpectation(parts, id));
      return { ok: true, changed: removed.length > 0 };
    }
    const incidents = recorder.incidents
      .ofDevice(mac)
      .filter((incident) => isMailKind(incident.kind) && isActive(incident));
    if (incidents.length === 0) {
      return { ok: false, status: 409, error: 'This device has no open mail incident, so there is nothing to allow.' };
    }
    const results = incidents.map((incident) => expect(parts, incident, null, actor));
    return (
      results.find((result) => !result.ok) ?? {
        ok: true,
        changed: results.some((result) => result.ok && result.changed),
      }
    );
  });
}

/** Undo: what it covered is unexpected again, and the incident it came from is open again. */
function removeExpectation(parts: Parts, id: string): CommandResult {
  const { engine, recorder } = parts;
  const expectation = recorder.expectations.remove(id);
  if (expectation === null) return { ok: true, changed: false };
  const incident = expectation.incident === null ? undefined : recorder.incidents.get(expectation.incident);
  if (incident?.state === 'expected') {
    incident.state = 'open';
    // Back to what it was before a person spoke: counted and shown, but no new alert.
    recorder.changed(incident, 'updated', engine.now, deviceOf(parts, incident));
  }
  recorder.expectationsChanged([id]);
  recorder.flushMail();
  return { ok: true, changed: true };
}

function resolve(parts: Parts, incident: Incident): boolean {
  if (incident.state === 'resolved') return false;
  const time = parts.engine.now;
  incident.state = 'resolved';
  incident.resolvedAt = time;
  incident.watchUntil = time + WATCH;
  parts.recorder.changed(incident, 'resolved', time, deviceOf(parts, incident));
  return true;
}

function rename(parts: Parts, device: Device, label: string | null): CommandResult {
  const cleaned = label === null ? null : cleanText(label, LONGEST_LABEL);
  const next = cleaned === '' ? null : cleaned;
  if (next === device.label) return { ok: true, changed: false };
  device.label = next;
  parts.engine.devices.keep(device);
  parts.recorder.deviceChanged(device);
  return { ok: true, changed: true };
}

/** Each address that the thing has now is marked by itself, so that it stays private when a person parts them. */
function keepPrivate({ engine, recorder }: Parts, device: Device, keep: boolean): CommandResult {
  const changed = addressesOfThing(device, engine.devices.all()).filter(({ isPrivate }) => isPrivate !== keep);
  for (const address of changed) {
    address.isPrivate = keep;
    engine.devices.keep(address);
    recorder.deviceChanged(address);
  }
  return { ok: true, changed: changed.length > 0 };
}

/** Joins each to the oldest address of the one before it; what is joined already stays so. All are looked at first: it is done whole or not at all. */
function mergeAll(parts: Parts, macs: readonly Mac[]): CommandResult {
  const devices = macs.map((mac) => parts.engine.devices.get(mac));
  if (devices.some((device) => device === undefined))
    return { ok: false, status: 404, error: 'There is no such device.' };
  const [first, ...older] = devices.filter((device) => device !== undefined);
  const problem = first === undefined ? null : problemOfMerge(parts, first, older);
  if (first === undefined || problem !== null) return { ok: false, status: 409, error: problem ?? '' };
  let changed = false;
  let newer = first;
  for (const device of older) {
    if (device !== first && device !== older[0] && parts.engine.devices.sameThing(first).includes(device)) continue;
    changed = merge(parts, newer, device) || changed;
    newer = parts.engine.devices.sameThing(device).at(-1) ?? device;
  }
  return { ok: true, changed };
}

function problemOfMerge({ engine }: Parts, first: Device, older: readonly Device[]): string | null {
  if ([first, ...older].some(({ role }) => role !== 'device'))
    return 'The router and the sensor are never taken for another device.';
  const chain = [first];
  for (const device of older) {
    if (chain.indexOf(device) > 0) continue;
    const more = engine.devices.sameThing(device);
    if (more.some((known) => chain.includes(known))) return 'These two are already joined the other way round.';
    chain.push(...more);
  }
  return chain.length > LONGEST_CHAIN ? 'Too many addresses are joined already.' : null;
}

/** Nothing is copied: what counts for the older address counts for `device` as long as this holds. */
function merge(parts: Parts, device: Device, older: Device): boolean {
  const { engine, recorder } = parts;
  engine.devices.keep(older);
  if (recorder.distinct.remove(device.mac, older.mac)) recorder.distinctChanged();
  return setSameAs(parts, device, older.mac);
}

/** Undoes what `mergeAll` did: parts `device` from what it was joined to, and the rest of the chain before each of `older`. */
function unmerge(parts: Parts, device: Device, older: readonly Mac[]): CommandResult {
  const joined = parts.engine.devices.sameThing(device);
  const parted = joined.filter((one) => one === device || (one.sameAs !== null && older.includes(one.sameAs)));
  return { ok: true, changed: parted.filter((one) => setSameAs(parts, one, null)).length > 0 };
}

/** Also of one that is not there any more: it may come back. */
function distinguish(parts: Parts, device: Device, from: Mac, distinct: boolean): CommandResult {
  const { engine, recorder } = parts;
  const changed = distinct ? recorder.distinct.add(device.mac, from) : recorder.distinct.remove(device.mac, from);
  if (changed) recorder.distinctChanged();
  const other = engine.devices.get(from);
  const parted = distinct && [
    device.sameAs === from && setSameAs(parts, device, null),
    other?.sameAs === device.mac && setSameAs(parts, other, null),
  ];
  if (changed) recorder.deviceChanged(device);
  return { ok: true, changed: changed || (parted !== false && parted.includes(true)) };
}

function setSameAs({ engine, recorder }: Parts, device: Device, older: Mac | null): boolean {
  if (device.sameAs === older) return false;
  device.sameAs = older;
  engine.devices.keep(device);
  recorder.deviceChanged(device);
  return true;
}

function forget(parts: Parts, mac: Mac): CommandResult {
  const { engine, recorder } = parts;
  bequeathPrivacy(parts, mac);
  const forgotten = engine.devices.forget(mac);
  if (forgotten) recorder.deviceForgotten(mac);
  if (recorder.distinct.forget(mac)) recorder.distinctChanged();
  for (const newer of engine.devices.all()) if (newer.sameAs === mac) setSameAs(parts, newer, null);
  return { ok: true, changed: forgotten };
}

/** What was private by way of this address stays so without it; on disk before it goes. */
function bequeathPrivacy({ engine, recorder }: Parts, mac: Mac): void {
  const devices = engine.devices.all();
  const device = engine.devices.get(mac);
  if (device === undefined || !new PrivateThings(devices).has(mac)) return;
  const heirs = devices.filter((other) => other.sameAs === mac || other.mac === device.sameAs);
  for (const heir of heirs.filter(({ isPrivate }) => !isPrivate)) {
    heir.isPrivate = true;
    recorder.deviceChanged(heir);
  }
}

function isActive({ state }: Incident): boolean {
  return state === 'open' || state === 'acknowledged';
}
