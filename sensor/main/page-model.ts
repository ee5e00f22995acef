// The page's view of the spine. Belongs to main.ts: the only other files that know both record and web.

import { activityStrip } from '../../web/activity-strip.ts';
import type { IncidentPageRequest, PageModel, PageModelIn } from '../../web/ports.ts';
import type { DeviceDetail, MirrorView, NoteView, WeekView } from '../../web/shapes.ts';
import type { ActivityHour } from '../attribute/activity.ts';
import type { Device } from '../attribute/device.ts';
import { PrivateThings } from '../attribute/private-things.ts';
import { SEVERITIES } from '../detect/finding.ts';
import { english, type Words } from '../language/words.ts';
import type { LogTail } from '../log.ts';
import type { Mirror } from '../notes/mirrors.ts';
import type { Note } from '../notes/schema.ts';
import { previewExpectation } from '../record/command-runner.ts';
import { evidenceFileName, evidencePcap } from '../record/evidence-export.ts';
import { evidenceReport } from '../record/evidence-report.ts';
import type { Health } from '../record/health.ts';
import type { Incident } from '../record/incident.ts';
import { isoTime, type ReportDevice, type ReportIncident } from '../record/report.ts';
import { reportDevice, reportIncident, reportTimeline } from '../record/report-builder.ts';
import type { WeekSummary } from '../record/week-summary.ts';
import type { Spine } from '../spine.ts';
import { mergeSuggestions, nameOf } from './merge-suggestions.ts';
import { shippedMirrors } from './mirror-guides.ts';
import { weekWords } from './publish-source.ts';

export interface PageParts {
  /** Oldest first. */
  weeks?: () => readonly WeekSummary[];
  /** The guides to switches and routers, read when first asked for. */
  mirrors?: () => readonly Mirror[];
}

export function pageModel(
  spine: Spine,
  health: (words: Words) => Health,
  logTail: LogTail,
  { weeks = () => [], mirrors = shippedMirrors }: PageParts = {},
): PageModelIn {
  const { engine, knowledge, recorder } = spine;
  return (words) => ({
    health: () => health(words),
    devices: () => engine.devices.all().map((device) => reportOf(words, spine, device)),
    device: (mac) => {
      const device = engine.devices.get(mac);
      return device === undefined ? null : detailOf(words, spine, device);
    },
    suggestions: () => [...mergeSuggestions(words, spine).values()],
    privates: () => privatesOf(words, spine),
    strip: (mac) => activityStrip(engine.devices.get(mac)?.activity ?? [], engine.now),
    incidents: (page) => pageOf(words, spine, page),
    incident: (id) => {
      const incident = recorder.incidents.get(id);
      if (incident === undefined) return null;
      return { ...incidentOf(words, spine, incident), frames: recorder.evidence.ring.countOf(id) };
    },
    evidence: (id) => evidenceOf(spine, id, health(words).version),
    expectations: () => recorder.expectations.all(),
    preview: (incident) => previewExpectation(spine, incident),
    note: (slug) => {
      const note = knowledge.note(slug);
      return note === null ? null : noteView(note);
    },
    mirrors: () => mirrors().map(({ kind, name, slug }) => ({ slug, name, kind })),
    mirror: (slug) => {
      const mirror = mirrors().find((one) => one.slug === slug);
      return mirror === undefined ? null : mirrorView(mirror);
    },
    activity: () => homeActivity(engine.devices.all()),
    weeks: () =>
      weeks()
        .toReversed()
        .map((week) => weekOf(words, spine, week)),
    logTail: () => logTail.lines(),
  });
}

function weekOf(words: Words, spine: Spine, week: WeekSummary): WeekView {
  return {
    from: isoTime(week.from),
    to: isoTime(week.to),
    percent: week.percent,
    sentences: weekWords(words, spine, week),
  };
}

function reportOf(words: Words, { engine, knowledge, time }: Spine, device: Device): ReportDevice {
  return { ...reportDevice(words, device, knowledge, engine.devices), ...certainty(time, device.firstSeen) };
}

function incidentOf(words: Words, { recorder, time }: Spine, incident: Incident): ReportIncident {
  const said = recorder.describer.sentencesIn(words, incident);
  return { ...reportIncident(words, incident, said), ...certainty(time, incident.startedAt) };
}

function certainty(known: Spine['time'], time: number): { timeUncertain?: true } {
  return known.isUncertain(time) ? { timeUncertain: true } : {};
}

function evidenceOf(
  { engine, knowledge, recorder }: Spine,
  id: string,
  version: string,
): ReturnType<PageModel['evidence']> {
  const incident = recorder.incidents.get(id);
  if (incident === undefined) return null;
  const device = incident.device === null ? undefined : engine.devices.get(incident.device);
  const described = device === undefined ? null : reportDevice(english, device, knowledge, engine.devices);
  const frames = recorder.framesOf(id);
  const { seen } = recorder.evidence.ring.countOf(id);
  const { vantage } = engine;
  const { summary } = recorder.describer.sentencesIn(english, incident);
  const told = { ...incident, summary };
  return {
    report: evidenceReport({ incident: told, device: described, frames, seen, vantage, version }),
    pcap: frames.length === 0 ? null : evidencePcap(frames),
    fileNames: { report: evidenceFileName(id, 'txt'), pcap: evidenceFileName(id, 'pcap') },
  };
}

/** Every other address of the same thing: the older ones, and those that were joined to it or to them. */
function othersOf(words: Words, spine: Spine, device: Device): DeviceDetail['sameThing'] {
  const { devices } = spine.engine;
  const root = devices.sameThing(device).at(-1);
  const others = devices.all().filter((other) => other !== device && devices.sameThing(other).at(-1) === root);
  return others.map((other) => ({ ...nameOf(words, spine, other.mac), lastSeen: isoTime(other.lastSeen) }));
}

function privatesOf(words: Words, spine: Spine): ReturnType<PageModel['privates']> {
  const devices = spine.engine.devices.all();
  const things = new PrivateThings(devices);
  return devices.filter(({ mac }) => things.has(mac)).map(({ mac }) => nameOf(words, spine, mac));
}

function detailOf(words: Words, spine: Spine, device: Device): DeviceDetail {
  const older = device.sameAs === null ? undefined : spine.engine.devices.get(device.sameAs);
  return {
    ...reportOf(words, spine, device),
    label: device.label,
    isPrivate: new PrivateThings(spine.engine.devices.all()).has(device.mac),
    olderName: older === undefined ? null : spine.knowledge.displayName(older, spine.engine.devices, words),
    identity: device.identity,
    timeline: device.timeline.toReversed().map((event) => reportTimeline(words, event)),
    activity: [...device.activity],
    mergeSuggestion: mergeSuggestions(words, spine).get(device.mac) ?? null,
    sameThing: othersOf(words, spine, device),
    distinctFrom: spine.recorder.distinct.of(device.mac).map((mac) => nameOf(words, spine, mac)),
  };
}

/** Newest `lastAt` first; the cursor is `lastAt-id` of the last one shown. */
function pageOf(
  words: Words,
  spine: Spine,
  { before, least, limit, states }: IncidentPageRequest,
): ReturnType<PageModel['incidents']> {
  const rank = SEVERITIES.indexOf(least ?? 'info');
  const wanted = spine.recorder.incidents
    .all()
    .filter(
      ({ severity, state }) => (states === undefined || states.includes(state)) && SEVERITIES.indexOf(severity) >= rank,
    );
  wanted.sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? -1 : 1));
  const at = before === undefined ? 0 : wanted.findIndex((incident) => cursorOf(incident) === before) + 1;
  const shown = wanted.slice(at, at + limit);
  const last = shown.at(-1);
  const isMore = at + limit < wanted.length;
  return {
    incidents: shown.map((incident) => incidentOf(words, spine, incident)),
    next: isMore && last !== undefined ? cursorOf(last) : null,
  };
}

function cursorOf({ id, lastAt }: Incident): string {
  return `${lastAt.toString(36)}-${id}`;
}

function noteView(note: Note): NoteView {
  return {
    title: `${note.vendor} ${note.family}`,
    steps: note.steps,
    general: note.reset.source === 'general',
    source: note.reset.source === 'general' ? null : note.reset.source,
  };
}

function mirrorView({ kind, name, shows, slug, sources, steps, warnings }: Mirror): MirrorView {
  return { slug, name, kind, shows, warnings, steps, sources };
}

function homeActivity(devices: Device[]): ActivityHour[] {
  const hours = new Map<number, ActivityHour>();
  for (const { activity } of devices) {
    for (const { hour, connections, mailAttempts } of activity) {
      const sum = hours.get(hour) ?? { hour, connections: 0, mailAttempts: 0 };
      sum.connections += connections;
      sum.mailAttempts += mailAttempts;
      hours.set(hour, sum);
    }
  }
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}
