// The sample home of the page's tests: fourteen devices, a camera that sends mail, and a device with a hostile name.
import { newDevice } from '../../sensor/attribute/device.ts';
import type { Health } from '../../sensor/record/health.ts';
import { isoTime, type ReportIncident, type ReportMailDestination } from '../../sensor/record/report.ts';
import type { DeviceDetail, MirrorView, NoteView } from '../../web/shapes.ts';
import { sampleCoverage } from './sample-weeks.ts';
import { sightFrom } from './sight.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const CAMERA = '3c:84:6a:10:20:01';
export const HOSTILE = '3c:84:6a:10:20:02';
export const HOSTILE_NAME = '<img src=x onerror=window.hacked=1>';

export function quietHealth(now: number): Health {
  return {
    version: '0.1.0',
    startedAt: now - 12 * DAY,
    mode: 'live',
    interface: 'eth0',
    capture: 'running',
    captureRestarts: 0,
    clock: null,
    captureError: null,
    lastFrameAt: now - 500,
    frames: 1_234_567,
    framesPerSecond: 41.6,
    duplicates: { identical: 0, vlan: 0, routed: 0, hairpin: 0 },
    lossPercent: 0,
    loss: { percent: 0, low: 0, high: 0.1, samples: 5000, missed: 0, isCertain: false },
    interfaceDrops: null,
    vantage: 'lan-both-ways',
    sight: sightFrom('lan-both-ways'),
    coverage: sampleCoverage(now),
    notCovered: { count: 0, devices: [], sentence: null },
    blindSpots: [],
    warnings: [],
    decode: { 'ipv4.truncated': 3 },
    notify: [],
    fleet: null,
    broker: { url: 'mqtt://127.0.0.1:1883', embedded: true, connected: true, error: null, waiting: 0, dropped: 0 },
    database: { path: '/home/anna/state/thingwatch.db', bytes: 5_242_880, error: null, refused: null },
    devices: 0,
    openIncidents: 0,
  };
}

export function plainDevice(mac: string, name: string | null, now: number): DeviceDetail {
  const hours = Array.from({ length: 12 * 24 }, (_, index) => Math.floor(now / HOUR) - 12 * 24 + 1 + index);
  return {
    mac,
    role: 'device',
    vendor: 'Example Electronics',
    name,
    displayName: name ?? `Example Electronics (…:${mac.slice(-5)})`,
    nameFrom: name ? 'dhcp' : null,
    sameAs: null,
    isPrivate: false,
    hostnames: name ? [name] : [],
    addresses: [
      {
        ip: `192.168.1.${Number.parseInt(mac.slice(-2), 16)}`,
        from: isoTime(now - 3 * DAY),
        to: isoTime(now - 60_000),
      },
      { ip: `2001:db8::${mac.slice(-2)}`, from: isoTime(now - 2 * DAY), to: isoTime(now - 90_000) },
    ],
    note: null,
    noteEvidence: [],
    noteConfidence: null,
    class: 'thing',
    classEvidence: [],
    randomizedMac: false,
    sharedMac: false,
    behind: null,
    addressesBehind: [],
    broadcastOnly: false,
    firstSeen: isoTime(now - 12 * DAY),
    lastSeen: isoTime(now - 60_000),
    connections: 420,
    mail: { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0, destinations: [] },
    lookups: { mx: 0, dnsbl: 0 },
    backends: [],
    firmware: [],
    label: null,
    olderName: null,
    identity: newDevice(mac, now).identity,
    timeline: [],
    activity: hours.map((hour) => ({ hour, connections: 1 + ((hour * 7) % 9), mailAttempts: 0 })),
    mergeSuggestion: null,
    sameThing: [],
    distinctFrom: [],
  };
}

export function camera(now: number): DeviceDetail {
  const device = plainDevice(CAMERA, 'Hallway camera', now);
  const hour = Math.floor(now / HOUR);
  device.activity = device.activity.map((entry) => ({
    ...entry,
    mailAttempts: hour - entry.hour < 6 ? 2 + (entry.hour % 5) : 0,
  }));
  device.note = 'example-camera';
  device.noteEvidence = [{ evidence: 'vendor', value: 'Example Electronics', weight: '4' }];
  device.noteConfidence = 'high';
  device.mail = {
    attempts: 27,
    connected: 4,
    refused: 8,
    unanswered: 15,
    messages: 3,
    recipients: 9,
    destinations: destinations(now),
  };
  device.lookups = { mx: 12, dnsbl: 2 };
  device.firmware = [
    { version: '2.1.4', from: 'ssdp', firstSeen: isoTime(now - 12 * DAY), lastSeen: isoTime(now - 2 * DAY) },
  ];
  const backend = {
    note: null,
    otherDevice: false,
    through: [],
    outerName: false,
    shared: false,
    roleFrom: null,
    firstSeen: isoTime(now - 12 * DAY),
    lastSeen: isoTime(now - HOUR),
  };
  device.backends = [
    {
      ...backend,
      name: 'camera.example',
      role: 'update',
      roleFrom: 'note',
      hosts: ['fw.camera.example'],
      nameFrom: ['dns', 'sni'],
      connections: 31,
      bytesUp: 42_000,
      bytesDown: 31_000_000,
    },
    {
      ...backend,
      name: 'cdn.example',
      role: 'cloud',
      hosts: ['a.cdn.example'],
      nameFrom: ['quic'],
      shared: true,
      connections: 210,
      bytesUp: 9_100_000,
      bytesDown: 1_200_000,
    },
    {
      ...backend,
      name: '203.0.113.77',
      role: 'unknown',
      hosts: [],
      nameFrom: [],
      connections: 2,
      bytesUp: 1_200,
      bytesDown: 640_000,
    },
  ];
  device.timeline = beforehand(now);
  return device;
}

function destinations(now: number): ReportMailDestination[] {
  const seen = { firstSeen: isoTime(now - 5 * HOUR), lastSeen: isoTime(now - 9 * 60_000) };
  return [
    {
      ip: '198.51.100.25',
      name: 'mx1.mail.example',
      nameFrom: 'dns',
      otherDevice: false,
      namedToProxy: false,
      port: 25,
      attempts: 15,
      connected: 0,
      refused: 0,
      unanswered: 15,
      messages: 0,
      ...seen,
    },
    {
      ip: '203.0.113.25',
      name: 'mx.other.example',
      nameFrom: 'dns',
      otherDevice: true,
      namedToProxy: false,
      port: 25,
      attempts: 8,
      connected: 0,
      refused: 8,
      unanswered: 0,
      messages: 0,
      ...seen,
    },
    {
      ip: '192.0.2.25',
      name: null,
      nameFrom: null,
      otherDevice: false,
      namedToProxy: false,
      port: 25,
      attempts: 4,
      connected: 4,
      refused: 0,
      unanswered: 0,
      messages: 3,
      ...seen,
    },
  ];
}

function beforehand(now: number): DeviceDetail['timeline'] {
  const entry = { nameFrom: null, ip: null, role: null, detail: {} };
  return [
    {
      ...entry,
      time: isoTime(now - 5.2 * HOUR),
      kind: 'inbound_connection',
      name: null,
      ip: '203.0.113.9',
      text: 'An Internet host (203.0.113.9) opened a connection to port 8080 of this device.',
    },
    {
      ...entry,
      time: isoTime(now - 6 * HOUR),
      kind: 'firmware_download',
      name: 'fw.camera.example',
      text: 'Downloaded 31 MB from fw.camera.example.',
    },
    {
      ...entry,
      time: isoTime(now - 2 * DAY),
      kind: 'backend_new',
      name: '203.0.113.77',
      text: 'Contacted 203.0.113.77 for the first time; nothing named it.',
    },
  ];
}

export function mailIncident(now: number, id = 'a1b2c3d4e5f6a7b8'): ReportIncident {
  return {
    id,
    kind: 'mail_started',
    severity: 'critical',
    device: CAMERA,
    startedAt: isoTime(now - 5 * HOUR),
    lastAt: isoTime(now - 9 * 60_000),
    findings: 27,
    summary: 'Hallway camera is sending mail to 3 servers on port 25.',
    evidence: {},
    advice: [
      'Unplug the camera from power now: every minute it sends more mail.',
      'Hold its reset button for ten seconds, then set it up with a new password.',
      'Switch off UPnP in the router so that nobody reaches it from the Internet again.',
    ],
    before: beforehand(now),
    state: 'open',
    acknowledgedAt: null,
    resolvedAt: null,
    watchUntil: null,
  };
}

/** Two devices and the update server that both had contacted. */
export function outbreak(now: number): ReportIncident {
  const device = (mac: string, name: string) => ({
    ...{ mac, name },
    ...{ firstContact: isoTime(now - 9 * HOUR), mailSince: isoTime(now - 5 * HOUR) },
  });
  return {
    ...mailIncident(now, 'outbreak'),
    kind: 'outbreak',
    device: null,
    findings: 1,
    summary: 'Hallway camera and Doorbell began to send mail after contacting the update server fw.camera.example.',
    evidence: {
      ...{
        backend: 'camera.example',
        hosts: ['fw.camera.example'],
        role: 'update',
        shared: false,
        unaffectedDevices: 0,
      },
      devices: [device(CAMERA, 'Hallway camera'), device('3c:84:6a:10:20:13', 'Doorbell')],
      alsoShared: [
        { backend: 'cdn.example', hosts: [], role: 'unknown', shared: true, unaffectedDevices: 3, devices: [] },
      ],
    },
    before: [],
  };
}

export const NOTES: Record<string, NoteView> = {
  'example-camera': {
    title: 'Example cameras',
    steps: {
      disconnect: ['Pull the power plug.'],
      reset: ['Hold the reset button for ten seconds.', '<script>window.hacked=1</script> **stays** text.'],
      reinstall: ['Load the newest firmware from the vendor’s own site.'],
      closeAccess: [],
    },
    general: false,
    source: 'https://camera.example/manual',
  },
};

/** One as people write them, and one of somebody who tries to be more than text. */
export const MIRRORS: MirrorView[] = [
  {
    slug: 'acme-switch',
    name: 'Acme smart switches',
    kind: 'switch',
    shows: 'All that passes between your devices and the router.',
    warnings: ['It forgets the mirror when it restarts.'],
    steps: {
      set: ['Open the page of the switch.', 'Mirror the router’s port to the sensor’s.'],
      directions: ['Choose “both”.'],
      inside: ['Mirror the port that leads to the LAN side.'],
      nothing: ['Look at the lights.'],
    },
    sources: ['https://acme.example/mirror'],
  },
  {
    slug: 'hostile-router',
    name: HOSTILE_NAME,
    kind: 'router',
    shows: '<b>All</b> of it.',
    warnings: ['<script>window.hacked=1</script>'],
    steps: {
      set: ['<img src=x onerror=window.hacked=1> **stays** text.'],
      directions: ['[a](javascript:window.hacked=1)'],
      inside: ['x'.repeat(280)],
      nothing: ['…'],
    },
    sources: ['javascript:window.hacked=1', 'observed 2026-11-02: own router, first minute'],
  },
];
