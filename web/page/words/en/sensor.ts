// English: the sensor's own state, how much it saw, and who may read the page.
import type { CoverageDay } from '../../../../sensor/record/coverage.ts';
import type { NotifyHealth } from '../../../../sensor/record/health.ts';
import type { Gap } from '../../../../sensor/record/watch-hours.ts';
import { day, figure, hoursAndMinutes, percent, plural, span } from '../../format.ts';

/** By the sensor's reasons. */
const GAP_WORDS: Record<string, string> = {
  off: 'the sensor was off',
  capture: 'frames could not arrive',
  mirror: 'the mirror showed too little, or too little passed to tell',
  loss: 'too many frames were lost',
  clock: 'the clock was not known to be right',
} satisfies Record<Gap, string>;

export const coverage = {
  title: 'How much of the home was seen',
  week: (share: number | null): string =>
    share === null
      ? 'Nothing is on record of the last seven days.'
      : `${percent(share)} % of the last seven days, as far as they are on record.`,
  strip: (days: readonly CoverageDay[]): string => {
    const whole = days.filter((day) => day.percent === 100).length;
    const partly = days.filter((day) => day.percent !== null && day.percent < 100).length;
    const none = days.length - whole - partly;
    return [
      `Of the last ${days.length} days ${plural(whole, 'was', 'were')} seen whole`,
      `${plural(partly, 'was', 'were')} not`,
      ...(none > 0 ? [`of ${none} there is no record`] : []),
    ].join(', ');
  },
  firstDay: '30 days ago',
  lastDay: 'today',
  why: (days: number): string => `What was not seen, on ${plural(days, 'day', 'days')}`,
  day: ({ day: date, gaps, percent: share }: CoverageDay): string =>
    `${day(`${date}T12:00`)}: ${percent(share ?? 0)} %. ${Object.entries(gaps)
      .map(([gap, minutes]) => `${hoursAndMinutes(minutes)}: ${GAP_WORDS[gap] ?? gap}`)
      .join('; ')}.`,
};

export const sensor = {
  title: 'Sensor',
  capture: 'Capture',
  captureState: {
    starting: 'Starting',
    running: 'Running',
    restarting: 'Restarting',
    failed: 'Failed',
    ended: 'Ended',
  },
  mode: { live: 'live', replay: 'replayed recording', demo: 'demonstration' },
  interface: 'Interface',
  vantage: 'Looks from',
  unsure: 'not sure yet',
  judgedBy: 'Judged by',
  notCoveredTitle: 'Not covered',
  notCovered: (count: number): string =>
    `${plural(count, 'device is', 'devices are')} seen only by broadcast: what they send to the Internet does not cross the mirror, so nothing can be said of them.`,
  moreNotCovered: (count: number): string => `and ${figure(count)} more`,
  frames: 'Frames',
  perSecond: (count: number): string => `${figure(Math.round(count))} a second`,
  loss: 'Lost',
  lossUnknown: 'too few packets to tell',
  lossBetween: (low: number, high: number): string => `between ${percent(low)} and ${percent(high)} %`,
  portDropped: 'Dropped by the port',
  portDroppedOf: (dropped: number, received: number, minutes: number): string =>
    `${figure(dropped)} of ${figure(received)} frames in ${plural(minutes, 'minute', 'minutes')}`,
  copies: 'Came twice',
  copyKinds: {
    identical: 'the same frame',
    vlan: 'another VLAN tag',
    routed: 'handed on by a router',
    hairpin: 'sent back into the home',
  },
  lastFrame: 'Last frame',
  restarts: 'Restarts',
  mend: 'To mend it:',
  blindSpots: 'Cannot judge',
  decode: 'Frames not understood',
  broker: 'Alert broker',
  brokerNone: 'Off',
  brokerConnected: 'Connected',
  brokerAway: 'Not connected',
  brokerEmbedded: 'built in',
  alertsTo: (name: string): string => `Alerts to ${name}`,
  targetKinds: { ntfy: 'ntfy', gotify: 'Gotify', webhook: 'Webhook', webpush: 'Web Push' } satisfies Record<
    NotifyHealth['kind'],
    string
  >,
  targetAt: (kind: string, host: string): string => `${kind} at ${host}`,
  phones: (count: number): string => (count === 0 ? 'no phone so far' : plural(count, 'phone', 'phones')),
  targetTook: (when: string): string => `took an alert ${when}`,
  targetIdle: 'no alert since the start',
  heldUntil: (time: string): string => `held until ${time}`,
  testAlert: 'Test alert',
  testAlertHint: 'Goes to the broker and to everybody who is told of alerts, marked as a test. It makes no incident.',
  testAlertSent: 'A test alert is on its way. “Sensor” shows who takes it.',
  waiting: (count: number): string => `${plural(count, 'alert', 'alerts')} waiting`,
  dropped: (count: number): string => `${plural(count, 'alert', 'alerts')} dropped`,
  database: 'Database',
  notStored: (incidents: number, alerts: number, lost: number): string =>
    [
      `${plural(incidents, 'incident', 'incidents')} and ${plural(alerts, 'alert', 'alerts')} in memory only`,
      ...(lost > 0 ? [`${figure(lost)} given up for want of room`] : []),
    ].join(', '),
  clock: 'Clock',
  clockGood: 'agrees with this device',
  clockUncertain: 'not known to be right',
  clockOff: (milliseconds: number): string =>
    `${span(Math.abs(milliseconds))} ${milliseconds > 0 ? 'ahead of' : 'behind'} this device`,
  version: 'Version',
  running: 'Running since',
  page: 'Page',
  openPages: (count: number): string => plural(count, 'page open', 'pages open'),
  refused: (tokens: number, hosts: number, origins: number): string =>
    `${plural(tokens, 'wrong token', 'wrong tokens')}, ${plural(hosts, 'foreign host name', 'foreign host names')}, ${plural(origins, 'foreign origin', 'foreign origins')} refused`,
  language: 'Language',
  languageOf: 'Language of this page',
  asPhone: 'As this phone',
  languageHint: 'For this browser. Alerts come in the language that the sensor is set to.',
  browsers: 'Paired browsers',
  thisBrowser: 'this one',
  pairedOn: (when: string): string => `paired ${when}`,
  usedOn: (when: string): string => `used ${when}`,
  revoke: 'Remove',
  revoked: 'Removed. That browser can no longer read anything.',
  pairAnother: 'Pair another phone',
  pairExplains: 'Scan this with the other phone. It works once, for ten minutes.',
  pairLoopback:
    'The page listens on this machine only, so no phone can open this link. Set web.listen to 0.0.0.0:8080 to open it to your home.',
  qrAlt: 'QR code of the pairing link',
  unpair: 'Unpair',
  log: 'Log, newest first',
  noLog: 'The log is empty.',
  bundle: 'Download support bundle',
  bundleHint: 'Health, devices, incidents and log, without host names and with MAC addresses cut.',
};
