// English: devices, one device, and what was called normal.
import type { RoleSource } from '../../../../sensor/attribute/device.ts';
import type { DeviceClass } from '../../../../sensor/attribute/device-class.ts';
import { plural } from '../../format.ts';
import { PROTOCOLS } from '../protocols.ts';

export const device = {
  home: 'The home',
  role: { gateway: 'Router', sensor: 'This sensor', device: 'Device' },
  notSeen: 'Only its broadcasts are seen: I cannot judge this one.',
  randomized: 'Locally administered address: it may change.',
  shared: 'Several devices speak behind this address.',
  behind: (kind: 'repeater' | 'router', name: string): string =>
    `Behind the ${kind} ${name}: its frames bear that one's MAC here.`,
  at: (address: string): string => `A device at ${address}`,
  addressesBehind: 'Devices behind it, without a MAC of their own here',
  nameFrom: (from: string): string => (from === 'user' ? 'name given by you' : `name from ${PROTOCOLS[from] ?? from}`),
  noVendor: 'Unknown vendor',
};

export const devices = {
  title: 'Devices',
  search: 'Search by name, address, vendor or MAC',
  searchShort: 'Search devices',
  none: 'No device has been seen yet.',
  noneHint: 'Devices appear as soon as they speak on the network.',
  noMatch: 'No device matches.',
  count: (shown: number, all: number): string =>
    shown === all ? plural(all, 'device', 'devices') : `${shown} of ${plural(all, 'device', 'devices')}`,
  mails: (count: number): string => plural(count, 'mail attempt', 'mail attempts'),
  lastSeen: (time: string): string => `seen ${time}`,
  openIncident: 'Open incident',
  notJudged: 'Cannot be judged',
  newAddress: 'newer address of another',
  perhaps: (name: string): string => `perhaps another address of ${name}`,
};

export const deviceView = {
  rename: 'Rename',
  renameLabel: 'Your name for it',
  renameHint: 'Leave empty to go back to the announced name.',
  renamed: 'Renamed.',
  facts: 'Identity',
  mac: 'MAC address',
  vendor: 'Vendor',
  addresses: 'Addresses',
  olderAddresses: (count: number): string => `${plural(count, 'older address', 'older addresses')}`,
  names: 'Announced names',
  note: 'Firmware note',
  class: 'Kind of device',
  classes: {
    thing: 'a thing: no mail is expected of it',
    'general-purpose': 'a phone, tablet or computer: it may hand mail to its provider',
    infrastructure: 'part of the network',
  } satisfies Record<DeviceClass, string>,
  noteEvidence: 'Recognised by',
  evidenceKinds: {
    vendor: 'vendor',
    hostname: 'host name',
    mdns: 'mDNS',
    ssdp: 'SSDP',
    dhcp: 'DHCP',
    backend: 'backend',
  },
  firstSeen: 'First seen',
  lastSeen: 'Last seen',
  incidents: 'Open incidents',
  activity: 'Activity',
  mail: 'Mail',
  noMail: 'It has never tried to send mail.',
  lookups: (mx: number, dnsbl: number): string =>
    `${plural(mx, 'mail-server lookup', 'mail-server lookups')}, ${plural(dnsbl, 'block-list lookup', 'block-list lookups')}`,
  backends: 'Backends',
  noBackends: 'No backend is known yet.',
  backendRole: {
    update: 'Updates',
    telemetry: 'Telemetry',
    cloud: 'Cloud',
    store: 'App or plugin store',
    time: 'Time',
    unknown: 'Role unknown',
  },
  roleFrom: {
    note: 'role from its firmware note',
    'store-list': 'a known store',
    'host-label': 'role guessed from the host name',
  } satisfies Record<RoleSource, string>,
  nameSource: { dns: 'DNS', sni: 'TLS', quic: 'QUIC', http: 'HTTP' },
  nameHidden: 'name hidden',
  throughProxy: (proxy: string) => `through proxy ${proxy}`,
  outerName: 'outer name only, the real one is encrypted',
  sharedInfrastructure: 'shared infrastructure',
  backendTraffic: (connections: number, up: string, down: string): string =>
    `${plural(connections, 'connection', 'connections')} · ${up} up · ${down} down`,
  firmware: 'Updates',
  noUpdateServer: 'No contact with an update server was recognised.',
  updateContact: (server: string, when: string): string => `Last contact with ${server}: ${when}`,
  storeContact: (store: string, first: string, last: string): string =>
    `Apps or plugins from ${store}: first contact ${first}, last ${last}`,
  noFirmware: 'It announced no firmware version.',
  version: 'Version',
  timeline: 'History',
  noTimeline: 'Nothing noteworthy yet.',
  merge: 'Perhaps the same device.',
  mergeInterfaces: 'The same device by cable and Wi-Fi?',
  mergeHint: 'If you say yes, the name and the expectations of the other one count for this one too.',
  mergeSee: (name: string): string => `See ${name}`,
  mergeYes: 'Yes, the same device',
  mergeNo: 'No, different devices',
  merged: 'Joined.',
  distinguished: 'Kept apart.',
  distinct: (name: string): string => `You said that this is not ${name}.`,
  askAgain: 'Ask again',
  askedAgain: 'It may be suggested again.',
  sameAs: 'The same device under another address. The older one’s name and expectations count here too:',
  sameThing: 'This device has other addresses too. Its name and expectations count for them:',
  seenAt: (when: string): string => `last seen ${when}`,
  unmerge: 'Not the same device',
  unmerged: 'Separated.',
  forget: 'Forget this device',
  forgetTitle: 'Forget this device?',
  forgetExplains: 'Its history is removed for good. If it speaks again, it starts as a new device.',
  forgetYes: 'Yes, forget it',
  forgotten: 'Forgotten.',
};

export const expected = {
  title: 'Expected',
  intro: 'What you or a firmware note called normal. Everything else still raises an alarm.',
  none: 'Nothing is marked as expected.',
  noneHint: 'Open an incident and choose “This is expected” when a device is meant to send mail.',
  by: (who: string, when: string): string =>
    ({ page: `on this page, ${when}`, 'home-assistant': `in Home Assistant, ${when}` })[who] ??
    `by the note “${who}”, ${when}`,
  until: (time: string): string => `until ${time}`,
  forGood: 'for good',
  ended: 'no longer holds',
  matches: (count: number, last: string | null): string =>
    count === 0
      ? 'has matched nothing yet'
      : `matched ${plural(count, 'time', 'times')}${last ? `, last ${last}` : ''}`,
  remove: 'Remove',
  removed: 'Removed. It raises alarms again.',
};
