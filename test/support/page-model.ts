// A small home held in memory behind the web room's ports: what the page shows without capture or database.
// A data source with the recorder's manners (commands change it and raise events), not a stand-in for a library.
import type { Device } from '../../sensor/attribute/device.ts';
import { newDevice } from '../../sensor/attribute/device.ts';
import type { Command, CommandResult } from '../../sensor/record/commands.ts';
import { type IncidentChange, newRecordEvents } from '../../sensor/record/events.ts';
import type { Health } from '../../sensor/record/health.ts';
import type { Expectation, Incident, IncidentState } from '../../sensor/record/incident.ts';
import { isoTime, type ReportIncident } from '../../sensor/record/report.ts';
import { pcapBytes } from '../../sensor/self-test/frames/pcap-file.ts';
import { activityStrip } from '../../web/activity-strip.ts';
import type { BrowserStore, IncidentPageRequest, PageModel, StoredBrowser } from '../../web/ports.ts';
import type { DeviceDetail, WeekView } from '../../web/shapes.ts';
import {
  camera,
  DAY,
  HOSTILE,
  HOSTILE_NAME,
  MIRRORS,
  mailIncident,
  NOTES,
  plainDevice,
  quietHealth,
} from './sample-home.ts';
import { sampleWeeks } from './sample-weeks.ts';

export interface MemoryHome {
  model: PageModel;
  run: (command: Command, actor: string) => CommandResult;
  events: ReturnType<typeof newRecordEvents>;
  devices: DeviceDetail[];
  incidents: ReportIncident[];
  expectations: Expectation[];
  health: Health;
  log: string[];
  weeks: WeekView[];
  /** Of each incident. */
  frames: { kept: number; seen: number };
  /** Tells open pages about it, as the recorder would. */
  announce(incident: ReportIncident, change: IncidentChange): void;
}

/** `now` is the wall clock the home's times are counted back from. */
export function newMemoryHome(now: number, devices: DeviceDetail[], incidents: ReportIncident[] = []): MemoryHome {
  const events = newRecordEvents();
  const home: MemoryHome = {
    events,
    devices,
    incidents,
    expectations: [],
    health: quietHealth(now),
    frames: { kept: 64, seen: 412 },
    weeks: sampleWeeks(now),
    log: ['12:00:01 info capture: running on eth0', '12:00:02 info record: database open'],
    run,
    announce: (incident, change) => events.emit('incident', { change, incident: asRecorded(incident), time: now }),
    model: {
      health: () => ({ ...home.health, devices: devices.length, openIncidents: incidents.filter(isOpen).length }),
      devices: () =>
        devices.map(
          ({ label: _label, isPrivate: _, identity: _identity, timeline: _timeline, activity: _activity, ...device }) =>
            device,
        ),
      device: (mac) => devices.find((device) => device.mac === mac) ?? null,
      suggestions: () =>
        devices.flatMap(({ mergeSuggestion, sameAs }) =>
          mergeSuggestion === null || sameAs !== null ? [] : [mergeSuggestion],
        ),
      privates: () =>
        devices.filter(({ isPrivate }) => isPrivate).map(({ displayName, mac }) => ({ mac, name: displayName })),
      strip: (mac) => activityStrip(devices.find((device) => device.mac === mac)?.activity ?? [], now),
      incidents: page,
      incident(id) {
        const incident = incidents.find((known) => known.id === id);
        return incident === undefined ? null : { ...incident, frames: home.frames };
      },
      evidence(id) {
        if (!incidents.some((incident) => incident.id === id)) return null;
        const fileNames = { report: `thingwatch-${id}.txt`, pcap: `thingwatch-${id}.pcap` };
        return { report: 'REPORT\n', pcap: home.frames.kept === 0 ? null : pcapBytes([]), fileNames };
      },
      expectations: () => home.expectations,
      preview(id) {
        const incident = incidents.find((known) => known.id === id);
        const device = devices.find(({ mac }) => mac === incident?.device);
        if (!incident || !device) return null;
        const destinations = device.mail.destinations.map(({ name, ip }) => name ?? ip);
        const targets = destinations.map((destination) => ({ destination, port: 25 }));
        return { covers: 'mail', targets, destinations, ports: [25], wouldHaveHidden: incident.findings };
      },
      note: (slug) => NOTES[slug] ?? null,
      mirrors: () => MIRRORS.map(({ kind, name, slug }) => ({ slug, name, kind })),
      mirror: (slug) => MIRRORS.find((mirror) => mirror.slug === slug) ?? null,
      activity: () => homeActivity(devices),
      weeks: () => home.weeks,
      logTail: () => home.log,
    },
  };

  function page({ limit, before, least, states }: IncidentPageRequest): {
    incidents: ReportIncident[];
    next: string | null;
  } {
    const sorted = incidents
      .filter(({ state }) => !states || states.includes(state))
      .filter(({ severity }) => severity !== 'info' || (least ?? 'info') === 'info')
      .sort((left, right) => right.lastAt.localeCompare(left.lastAt) || left.id.localeCompare(right.id));
    const start = before ? sorted.findIndex(({ id }) => id === before) + 1 : 0;
    const slice = sorted.slice(start, start + limit);
    return { incidents: slice, next: start + limit < sorted.length ? (slice.at(-1)?.id ?? null) : null };
  }

  function run(command: Command, actor: string): CommandResult {
    if (command.type === 'rename' || command.type === 'forget' || command.type === 'keep_private')
      return changeDevice(command);
    if (command.type === 'merge') return join(command.device, command.into);
    if (command.type === 'unmerge') return join(command.device, null);
    if (command.type === 'distinguish') return distinguish(command);
    if (command.type === 'remove_expectation') return removeExpectation(command.expectation);
    if (command.type === 'test_alert') return { ok: true, changed: true, alert: 'test-1' };
    if (!('incident' in command)) return { ok: false, status: 400, error: 'This small home does not know that order.' };
    const incident = incidents.find(({ id }) => id === command.incident);
    if (!incident) return { ok: false, status: 404, error: 'There is no such incident.' };
    const states: Record<typeof command.type, IncidentState> = {
      acknowledge: 'acknowledged',
      expect: 'expected',
      resolve: 'resolved',
    };
    const state = states[command.type];
    if (incident.state === state) return { ok: true, changed: false };
    incident.state = state;
    if (command.type === 'resolve') incident.watchUntil = isoTime(now + 7 * DAY);
    home.announce(incident, state === 'open' ? 'reopened' : state);
    return command.type === 'expect' ? addExpectation(incident, command.until, actor) : { ok: true, changed: true };
  }

  function addExpectation(incident: ReportIncident, until: number | null, createdBy: string): CommandResult {
    const covers = home.model.preview(incident.id);
    const expectation: Expectation = {
      id: `expectation-${home.expectations.length + 1}`,
      device: incident.device ?? '',
      covers: covers?.covers ?? 'mail',
      targets: covers?.targets ?? [],
      destinations: covers?.destinations ?? [],
      ports: covers?.ports ?? [],
      createdAt: now,
      createdBy,
      until,
      matches: 0,
      lastMatch: null,
      incident: incident.id,
    };
    home.expectations.push(expectation);
    events.emit('expectations');
    return { ok: true, changed: true, expectation: expectation.id };
  }

  function removeExpectation(id: string): CommandResult {
    const gone = home.expectations.find((expectation) => expectation.id === id);
    if (!gone) return { ok: true, changed: false };
    home.expectations = home.expectations.filter((expectation) => expectation !== gone);
    const incident = incidents.find((known) => known.id === gone.incident);
    if (incident) {
      incident.state = 'open';
      home.announce(incident, 'reopened');
    }
    events.emit('expectations');
    return { ok: true, changed: true };
  }

  function join(mac: string, into: string | null): CommandResult {
    const device = devices.find((known) => known.mac === mac);
    if (!device) return { ok: false, status: 404, error: 'There is no such device.' };
    device.sameAs = into;
    const older = devices.find((known) => known.mac === into);
    device.olderName = older?.displayName ?? null;
    device.sameThing =
      older === undefined ? [] : [{ mac: older.mac, name: older.displayName, lastSeen: older.lastSeen }];
    events.emit('device', newDevice(mac, now));
    return { ok: true, changed: true };
  }

  const set = new Map<string, DeviceDetail['mergeSuggestion']>();

  function distinguish({ device: mac, distinct, from }: Extract<Command, { type: 'distinguish' }>): CommandResult {
    const device = devices.find((known) => known.mac === mac);
    if (!device) return { ok: false, status: 404, error: 'There is no such device.' };
    join(mac, null);
    if (distinct) set.set(mac, device.mergeSuggestion);
    device.mergeSuggestion = distinct ? null : (set.get(mac) ?? null);
    device.distinctFrom = distinct
      ? [{ mac: from, name: devices.find((one) => one.mac === from)?.displayName ?? from }]
      : [];
    return { ok: true, changed: true };
  }

  function changeDevice(command: Extract<Command, { type: 'rename' | 'forget' | 'keep_private' }>): CommandResult {
    const index = devices.findIndex(({ mac }) => mac === command.device);
    const device = devices[index];
    if (!device) return { ok: false, status: 404, error: 'There is no such device.' };
    if (command.type === 'forget') {
      devices.splice(index, 1);
      events.emit('forgotten', device.mac);
      return { ok: true, changed: true };
    }
    if (command.type === 'keep_private') {
      if (device.isPrivate === command.keep) return { ok: true, changed: false };
      device.isPrivate = command.keep;
      events.emit('device', newDevice(device.mac, now));
      return { ok: true, changed: true };
    }
    device.label = command.label;
    device.name = command.label ?? device.hostnames[0] ?? null;
    device.displayName = device.name ?? `Example Electronics (…:${device.mac.slice(-5)})`;
    device.nameFrom = command.label ? 'user' : 'dhcp';
    events.emit('device', newDevice(device.mac, now));
    return { ok: true, changed: true };
  }
  return home;
}

/** Fourteen devices; the camera has sent mail for hours, one device has a hostile name, one is only heard by broadcast. */
export function troubledHome(now: number): MemoryHome {
  const names = [
    'Living room TV',
    'Fridge',
    'Printer',
    'Doorbell',
    'NAS',
    'Thermostat',
    'Laptop',
    'Phone',
    'Speaker',
    'Vacuum',
    'Kettle',
  ];
  const devices = [
    camera(now),
    plainDevice(HOSTILE, HOSTILE_NAME, now),
    ...names.map((name, index) => plainDevice(`3c:84:6a:10:20:${(index + 16).toString(16)}`, name, now)),
    { ...plainDevice('02:00:5e:00:00:01', null, now), vendor: null, randomizedMac: true, broadcastOnly: true },
  ];
  const home = newMemoryHome(now, devices, [mailIncident(now)]);
  home.health.blindSpots = ['1 device seen only by broadcast', 'The router itself cannot be judged from here'];
  home.health.warnings = [
    {
      key: 'offloads',
      text: 'The port eth0 merges segments (gro): under load frames get lost.',
      fix: 'sudo ethtool -K eth0 gro off',
    },
  ];
  return home;
}

function homeActivity(devices: DeviceDetail[]): DeviceDetail['activity'] {
  const sums = new Map<number, { hour: number; connections: number; mailAttempts: number }>();
  for (const { hour, connections, mailAttempts } of devices.flatMap(({ activity }) => activity)) {
    const sum = sums.get(hour) ?? { hour, connections: 0, mailAttempts: 0 };
    sums.set(hour, { hour, connections: sum.connections + connections, mailAttempts: sum.mailAttempts + mailAttempts });
  }
  return [...sums.values()].sort((left, right) => left.hour - right.hour);
}

const isOpen = ({ state }: ReportIncident): boolean => state === 'open' || state === 'acknowledged';

/** The recorder's own shape of a reported incident, as its events carry it. */
function asRecorded(incident: ReportIncident): Incident {
  const optional = (time: string | null): number | null => (time === null ? null : Date.parse(time));
  return {
    ...incident,
    portClass: '25',
    startedAt: Date.parse(incident.startedAt),
    lastAt: Date.parse(incident.lastAt),
    before: [],
    acknowledgedAt: optional(incident.acknowledgedAt),
    resolvedAt: optional(incident.resolvedAt),
    watchUntil: optional(incident.watchUntil),
  };
}

/** Raises a device's change as the recorder does. */
export function deviceChanged(home: MemoryHome, mac: string): void {
  const device: Device = newDevice(mac, 0);
  home.events.emit('device', device);
}

export function newMemoryBrowsers(): BrowserStore {
  const browsers = new Map<string, StoredBrowser>();
  return {
    list: () => [...browsers.values()],
    add: (browser) => void browsers.set(browser.id, { ...browser }),
    remove: (id) => browsers.delete(id),
    touch(id, time) {
      const browser = browsers.get(id);
      if (browser) browser.lastSeen = time;
    },
  };
}
