// English: what is sent to a fleet of homes, and what never is. Loaded only by a home that reports to one.
import type { FleetRecordKind } from '../../../shapes.ts';
import { plural } from '../../format.ts';

const device = {
  title: 'Privacy',
  keep: 'Nothing of this device leaves the home',
  kept: 'Nothing of it is sent any more.',
  told: 'It is counted again in what is sent.',
  isKept: (fleet: string): string => `It is left out of everything that is sent to “${fleet}”.`,
  isTold: (fleet: string): string =>
    `“${fleet}” hears of it as one device of its kind, without its name and addresses.`,
  allAddresses: (count: number): string => `This holds for its ${plural(count, 'address', 'addresses')}.`,
  newAddress: 'Should it take another address, it counts as a new device until you say that it is the same.',
};

const card = {
  title: 'Fleet',
  reportsTo: (fleet: string): string => `This sensor reports to “${fleet}”.`,
  open: 'What the fleet gets',
};

const whom = {
  title: 'Who gets it',
  fleet: 'Fleet',
  home: 'This home is called',
  hosts: 'Sent to',
  connection: 'Connection',
  connected: 'connected',
  away: 'not connected: what is new waits',
  queue: 'On its way',
  nothingWaits: 'nothing waits',
  waiting: (count: number): string => `${plural(count, 'record waits', 'records wait')}`,
  dropped: (count: number): string => `${plural(count, 'record was', 'records were')} given up for want of room`,
  lastTaken: 'Last taken',
  address: 'Its servers see from which address the connection comes, as every server does. It stands in no record.',
};

const list = {
  title: 'What the fleet gets',
  intro: (fleet: string): string =>
    `“${fleet}” looks after many homes and notices when one backend infects devices in several of them. For that it gets what stands here, and nothing else.`,
  sum: (count: number, size: string): string =>
    `${plural(count, 'record', 'records')}, ${size} in all, of what is known now. “thingwatch fleet preview” prints the same, word for word.`,
  kind: { incident: 'Incidents', coverage: 'How much the sensor saw', usage: 'What devices used' } satisfies Record<
    FleetRecordKind,
    string
  >,
  hint: {
    incident: 'What began, and how code came to the device before. Mild ones and what you called normal stay here.',
    coverage: 'Of each day once it is over, so that a sensor that sees nothing is not taken for a healthy home.',
    usage:
      'Of each day once it is over, of all devices of one kind together: what is usual, to tell from it what is not.',
  } satisfies Record<FleetRecordKind, string>,
  none: {
    incident: 'There is no incident to tell.',
    coverage: 'No day is over yet.',
    usage: 'No day with devices is over yet.',
  } satisfies Record<FleetRecordKind, string>,
  older: 'Show older ones',
  raw: 'As it travels',
  takenBack: 'Taken back: nothing is told of it any more.',
};

const record = {
  unknownMaker: 'Unknown maker',
  class: { thing: 'a thing', 'general-purpose': 'a phone, tablet or computer', infrastructure: 'part of the network' },
  hash: (hash: string): string => `Called ${hash} there; only this home can tell which one that is.`,
  ofHome: 'About the home, not a device.',
  period: (start: string, end: string): string => (start === end ? start : `${start} to ${end}`),
  before: 'Before that',
  step: {
    first_contact: (backend: string): string => `first contact with ${backend}`,
    firmware_download: (backend: string): string => `firmware from ${backend}`,
    store_download: (backend: string): string => `an app or plugin from ${backend}`,
  },
  received: (size: string): string => `${size} received`,
  seen: (what: string, hours: string): string => `Seen: ${what}, for ${hours} of 24 hours.`,
  loss: (share: string): string => `${share} % of the frames were lost.`,
  lossUnknown: 'How many frames were lost is not known.',
  devices: (count: number): string => plural(count, 'device', 'devices'),
  nothingUsed: 'No update server, store or unknown backend.',
  usedBy: (count: number): string => `used by ${count}`,
};

const never = {
  title: 'What never leaves the home',
  list: [
    'Names: of people and of devices, those that you gave and those that they call themselves.',
    'MAC addresses, the addresses in your home, and its own address on the Internet.',
    'Who writes to whom, subjects and texts of mails: these are not even stored here.',
    'What phones, tablets and computers contact, apart from servers for updates and apps.',
    'Backends whose name would point to a home: domains in which your devices have names, those of private networks and of dynamic DNS.',
    'Anything of a device that you keep private.',
  ],
};

const privates = {
  title: 'Kept private',
  none: 'No device is kept private so far.',
  how: (keep: string): string =>
    `Open a device and switch on “${keep}”. Its incidents, and what was told of it in the last two weeks, are taken back.`,
  open: 'To the devices',
};

const leave = {
  title: 'Leaving the fleet',
  how: 'On the sensor, this command has the fleet delete all that this home has sent. From then on nothing is sent:',
  afterwards: 'Afterwards take fleet.enrolment out of the configuration.',
};

export const words = { device, card, whom, list, record, never, privates, leave };
