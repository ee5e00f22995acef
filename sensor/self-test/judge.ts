// Whether what was seen of a case is what had to come of it: nothing missing, nothing more. Pure.
import { isMailKind, SEVERITIES, type Severity } from '../detect/finding.ts';
import { isQuiet } from '../record/incident.ts';
import type { Case, Expected } from './case.ts';
import type { Seen, SeenIncident } from './seen.ts';

const NOTHING = 'silence';

/** Null when the case came out as expected; else `expected …, got …`. */
export function judge({ expect }: Case, seen: Seen): string | null {
  const told = new Set(seen.alerts.map(({ incident }) => incident));
  const notable = seen.incidents.filter((incident) => incident.severity !== 'info' || told.has(incident.id));
  const unmatched = new Set(seen.incidents);
  const difference = `expected ${inWords(expect)}, got ${inWords(notable)}`;
  for (const wanted of expect) {
    const match = [...unmatched].find((incident) => fits(wanted, incident));
    if (match === undefined) return `${difference}${instead(wanted, seen.incidents)}`;
    unmatched.delete(match);
    const problem = alertProblem(wanted, match, seen);
    if (problem !== null) return problem;
  }
  if (notable.some((incident) => unmatched.has(incident))) return difference;
  return strayAlert(seen) ?? stateProblem(expect, seen);
}

function fits(
  { before = [], device, evidence = {}, kind, severity, state = 'open' }: Expected,
  seen: SeenIncident,
): boolean {
  const isSame = kind === seen.kind && device === seen.device && severity === seen.severity && state === seen.state;
  const chain = seen.before.map((entry) => entry.kind);
  return isSame && holds(seen.evidence, evidence) && before.every((one) => chain.includes(one));
}

/** Whether `value` has all of `part`. */
function holds(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(part))
    return Array.isArray(value) && value.length === part.length && part.every((one, i) => holds(value[i], one));
  return Object.entries(part).every(([key, one]) => holds(Reflect.get(value, key), one));
}

function alertProblem(wanted: Expected, incident: SeenIncident, { alerts, deviceAlerts }: Seen): string | null {
  const changes = (all: Seen['alerts']) =>
    all.filter((one) => one.incident === incident.id).map(({ change }) => change);
  const [house, device] = [changes(alerts), changes(deviceAlerts)];
  const name = inWords([incident]);
  if (wanted.alerts !== undefined && house.join() !== wanted.alerts.join())
    return `expected alerts (${wanted.alerts.join(', ')}) for ${name}, got (${house.join(', ')})`;
  const isTold = wanted.alerts === undefined ? !isQuiet(incident) : wanted.alerts.length > 0;
  if (isTold !== house.length > 0)
    return `expected ${isTold ? 'an alert' : 'no alert'} for ${name} at the broker, got (${house.join(', ')})`;
  if (incident.device !== null && device.join() !== house.join())
    return `expected (${house.join(', ')}) for ${name} on the device's own topic, got (${device.join(', ')})`;
  return null;
}

/** An alert about an incident that is no longer there was one too many. */
function strayAlert({ alerts, deviceAlerts, incidents }: Seen): string | null {
  const ids = new Set(incidents.map(({ id }) => id));
  const stray = [...alerts, ...deviceAlerts].find(({ incident }) => !ids.has(incident));
  return stray === undefined ? null : `expected no alert of ${stray.kind}, got one (${stray.change})`;
}

/** The retained states say who sends mail, and how serious the worst open incident of each device is. */
function stateProblem(expect: readonly Expected[], { devices, incidents }: Seen): string | null {
  const macs = new Set([...expect.map(({ device }) => device), ...devices.keys()].filter((mac) => mac !== null));
  for (const mac of macs) {
    const open = incidents.filter(({ device, state }) => device === mac && state === 'open');
    const wanted = {
      sending_mail: open.some((one) => isMailKind(one.kind) && !isQuiet(one)) ? 'ON' : 'OFF',
      severity: worst(open),
    };
    const said = devices.get(mac);
    if (said === undefined || !holds(said, wanted))
      return `expected the broker to say ${JSON.stringify(wanted)} of ${mac}, got ${said === undefined ? 'nothing' : JSON.stringify(said)}`;
  }
  return null;
}

function worst(incidents: readonly SeenIncident[]): Severity | null {
  return SEVERITIES.findLast((severity) => incidents.some((incident) => incident.severity === severity)) ?? null;
}

/** Of an incident that is nearly the one that was wanted, what it says instead. */
function instead(wanted: Expected, incidents: readonly SeenIncident[]): string {
  const near = incidents.find(({ device, kind }) => kind === wanted.kind && device === wanted.device);
  if (near === undefined) return '';
  const { before = [], evidence = {} } = wanted;
  const said = Object.fromEntries(Object.keys(evidence).map((key) => [key, near.evidence[key] ?? null]));
  const chain = near.before.map(({ kind }) => kind);
  return [
    holds(said, evidence)
      ? ''
      : `; its evidence should hold ${JSON.stringify(evidence)}, and has ${JSON.stringify(said)}`,
    before.every((kind) => chain.includes(kind))
      ? ''
      : `; ${before.join(', ')} should stand before it, not ${chain.join(', ')}`,
  ].join('');
}

function inWords(incidents: readonly (Expected | SeenIncident)[]): string {
  const words = incidents.map(
    ({ device, kind, severity, state = 'open' }) =>
      `${kind} ${severity} of ${device ?? 'the home'}${state === 'open' ? '' : `, ${state}`}`,
  );
  return words.length === 0 ? NOTHING : words.join(' and ');
}
