// A case of the detection table: a home told in frames, and every incident that must come of it. Plays the frames through the
// real engine, store and recorder and compares. An incident or an alert that the case does not name is a false one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IncidentKind, SEVERITIES, type Severity } from '../../sensor/detect/finding.ts';
import { buildReport } from '../../sensor/main/replay.ts';
import type { IncidentState } from '../../sensor/record/incident.ts';
import type { ReportCapture, ReportDevice, ReportIncident } from '../../sensor/record/report.ts';
import { Stage, type StageOptions, type Told } from '../support/stage.ts';
import { differences } from './compare.ts';

/** Plays frames, lets time pass, gives a person's orders. */
export type Story = (stage: Stage) => unknown;

export interface Expected {
  kind: IncidentKind;
  /** Whose it is; null for the home's own. */
  device: { mac: string } | null;
  /** This one, or with a plus this one and above. */
  severity: Severity | `${Severity}+`;
  /** Open unless told. */
  state?: IncidentState;
  /** Facts and counts among the evidence. */
  evidence?: Readonly<Record<string, unknown>>;
  findings?: number;
  /** Part of the sentence for people. */
  says?: RegExp;
  /** Kinds in the chain of what happened before, newest first, all of them. */
  before?: readonly string[];
  /** So many alerts of it, no more and no fewer. */
  alerts?: number;
}

export interface Case {
  name: string;
  /** What a person has judged already when the case begins: nothing of it counts any more unless it opens again. */
  settled?: Story;
  /** Several parts: the sensor is restarted between them. */
  home: Story | readonly Story[];
  /** Every incident that must be there at the end, those that are only noted (`info`) as well; none unless told. */
  expect?: readonly Expected[];
  /** What the report must show of a device besides, so that an innocent home is not silent for having been overlooked. */
  shows?: readonly { device: { mac: string }; report: Readonly<Record<string, unknown>> }[];
  settings?: StageOptions;
}

export interface Verdict {
  name: string;
  innocent: boolean;
  /** Expected incidents that are there as expected. */
  found: number;
  /** What is missing or is otherwise than expected. */
  missed: string[];
  /** Incidents and alerts that nobody should have been told of. */
  falseAlarms: string[];
}

/** Nothing happens in it that a person should be told of. */
export function isInnocent({ expect = [] }: Case): boolean {
  return expect.every(({ severity }) => severity === 'info');
}

export function judge(one: Case, told: Outcome = play(one)): Verdict {
  const { expect = [], name, shows = [] } = one;
  const verdict: Verdict = { name, innocent: isInnocent(one), found: 0, missed: [], falseAlarms: [] };
  const rest = new Set(told.incidents);
  for (const expected of expect) {
    const match = best(expected, [...rest], told.alerts);
    if (match === null) {
      verdict.missed.push(`no ${expected.kind} of ${expected.device?.mac ?? 'the home'}`);
      continue;
    }
    rest.delete(match.incident);
    if (match.wrong.length === 0) verdict.found++;
    else verdict.missed.push(`${expected.kind} of ${expected.device?.mac ?? 'the home'}: ${match.wrong.join('; ')}`);
  }
  for (const { device, report } of shows) {
    const known = told.devices.find(({ mac }) => mac === device.mac);
    verdict.missed.push(...differences({ ...known }, report, device.mac));
  }
  if (told.capture.packets === 0) verdict.missed.push('no packet was taken');
  for (const { summary, severity } of rest) verdict.falseAlarms.push(`${severity}: ${summary}`);
  for (const alert of told.alerts)
    if (!expect.some((expected) => isAlarming(expected) && isAbout(expected, alert.device)))
      verdict.falseAlarms.push(`alert ${alert.change} ${alert.kind} (${alert.severity}) of ${alert.device}`);
  return verdict;
}

/** What the sensor knows and told when a case is over. */
export interface Outcome {
  capture: ReportCapture;
  alerts: Told[];
  incidents: ReportIncident[];
  devices: ReportDevice[];
}

export function play({ home, settings, settled }: Case): Outcome {
  const parts = typeof home === 'function' ? [home] : home;
  const stateDir = parts.length > 1 ? mkdtempSync(join(tmpdir(), 'thingwatch-detection-')) : null;
  // As from a file.
  const options = { recorded: true, ...settings, ...(stateDir === null ? {} : { stateDir }) };
  try {
    let stage = new Stage(options);
    settled?.(stage);
    const before = new Map(stage.incidents().map(({ id, state }) => [id, state]));
    stage.alerts.length = 0;
    const alerts: Told[] = [];
    for (const [i, part] of parts.entries()) {
      if (i > 0) {
        stage.spine.close();
        alerts.push(...stage.alerts);
        stage = new Stage(options);
      }
      part(stage);
    }
    const { devices, incidents } = stage.finish();
    alerts.push(...stage.alerts);
    const { capture } = buildReport(stage.spine, { files: [], cutFiles: 0, damagedFiles: 0 });
    stage.spine.close();
    const isOver = ({ id, state }: ReportIncident) => state !== 'open' && before.get(id) === state;
    const open = incidents.filter((one) => !isOver(one));
    return { capture, alerts: alerts.filter(isNews), incidents: open, devices };
  } finally {
    if (stateDir !== null) rmSync(stateDir, { recursive: true });
  }
}

/** What rings a telephone: not what a person ordered, nor what is only noted. */
function isNews({ change, severity }: Told): boolean {
  return severity !== 'info' && ['opened', 'escalated', 'reopened', 'resumed'].includes(change);
}

function isAlarming({ severity }: Expected): boolean {
  return severity !== 'info';
}

function isAbout({ device }: Expected, mac: string | null): boolean {
  return (device?.mac ?? null) === mac;
}

/** The incident that fits best, and what is wrong with it; null where none is of this kind and device. */
function best(
  expected: Expected,
  incidents: readonly ReportIncident[],
  alerts: readonly Told[],
): { incident: ReportIncident; wrong: string[] } | null {
  return incidents
    .filter(({ device, kind }) => kind === expected.kind && isAbout(expected, device))
    .map((incident) => ({ incident, wrong: wrongWith(incident, expected, alerts) }))
    .reduce<{ incident: ReportIncident; wrong: string[] } | null>(
      (found, one) => (found === null || one.wrong.length < found.wrong.length ? one : found),
      null,
    );
}

function wrongWith(incident: ReportIncident, expected: Expected, alerts: readonly Told[]): string[] {
  const { before, evidence = {}, findings, says, state = 'open' } = expected;
  const wrong = differences(incident.evidence, evidence, 'evidence');
  if (!isWithin(incident.severity, expected.severity)) wrong.push(`severity ${incident.severity}`);
  if (incident.state !== state) wrong.push(`state ${incident.state}`);
  if (findings !== undefined && incident.findings !== findings) wrong.push(`${incident.findings} findings`);
  if (says !== undefined && !says.test(incident.summary)) wrong.push(`says "${incident.summary}"`);
  const chain = incident.before.map(({ kind }) => kind);
  if (before !== undefined && chain.join() !== before.join()) wrong.push(`before: ${chain.join(', ')}`);
  const count = alerts.filter(({ id }) => id === incident.id).length;
  if (expected.alerts !== undefined && count !== expected.alerts) wrong.push(`${count} alerts`);
  return wrong;
}

function isWithin(severity: string, band: Expected['severity']): boolean {
  const rank = (text: string) => (SEVERITIES as readonly string[]).indexOf(text);
  return band.endsWith('+') ? rank(severity) >= rank(band.slice(0, -1)) : severity === band;
}
