// English: the sentence on top of the home view, and what stands below it.
import { day, figure, percent, plural, shortTime, span } from '../../format.ts';

const lower = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

export const sentence = {
  notConnected: 'I cannot reach the sensor.',
  notCurrent: 'What this page showed before is no longer current.',
  recording: {
    replay: 'This is a replayed recording, not your home now.',
    demo: 'This is a demonstration, not your home.',
  },
  cannotSee: (reason: string): string => `I cannot see enough: ${reason}`,
  alsoBlind: (reason: string): string => `Besides, I cannot see enough: ${reason}`,
  /** The first half of the sensor's own sentence; the whole of it stands among the details. */
  sight: (sentence: string): string => lower(sentence).replace(/:.*$/, '.'),
  halfBlind: 'Half blind.',
  toChange: (fix: string): string => `To see more: ${fix}`,
  capture: {
    starting: 'the capture is starting.',
    restarting: 'the capture stopped and is being restarted.',
    failed: 'the capture has failed.',
    ended: 'the capture has ended.',
  },
  noFrame: 'not one frame has arrived.',
  silentSince: (last: number, now: number): string => `no frame has arrived since ${shortTime(last, now)}.`,
  loss: (share: number): string => `${percent(share)} % of the frames are lost before I can read them.`,
  lossBetween: (low: number, high: number): string =>
    `between ${percent(low)} and ${percent(high)} % of the frames are lost before I can read them.`,
  justStarted: (started: number, now: number): string => `I have been watching only since ${shortTime(started, now)}.`,
  notStored: (since: number, now: number): string =>
    `The sensor’s disk takes nothing new: what happened since ${shortTime(since, now)} is in memory only, and gone if the sensor restarts.`,
  noDevice: 'no device has been seen yet.',
  noTraffic: 'no device has spoken to the Internet yet.',
  gaps: (seen: number, hours: number): string =>
    `I saw traffic in only ${seen} of the last ${plural(hours, 'hour', 'hours')}.`,
  someGaps: (seen: number, hours: number): string =>
    `With gaps: I saw traffic in ${seen} of the last ${plural(hours, 'hour', 'hours')}.`,
  sends: (name: string, since: string, now: number): string =>
    `${name} is sending mail since ${shortTime(since, now)}.`,
  tries: (name: string, since: string, now: number): string =>
    `${name} is trying to send mail since ${shortTime(since, now)}.`,
  severalSend: (count: number, more: boolean): string =>
    `${more ? 'At least ' : ''}${plural(count, 'device is', 'devices are')} sending mail.`,
  severalTry: (count: number, more: boolean): string =>
    `${more ? 'At least ' : ''}${plural(count, 'device is', 'devices are')} trying to send mail.`,
  noneAnswered: 'No mail server was seen to answer: your provider or router may block it.',
  namely: (names: string[]): string =>
    names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', '),
  alsoOpen: (count: number): string => `${plural(count, 'other incident is', 'other incidents are')} open.`,
  toLookAt: (count: number, more: boolean): string =>
    `${more ? 'At least ' : ''}${plural(count, 'incident needs', 'incidents need')} a look.`,
  acknowledged: (name: string): string => `${name}: acknowledged, not yet resolved.`,
  severalAcknowledged: (count: number): string =>
    `${plural(count, 'incident is', 'incidents are')} acknowledged, not yet resolved.`,
  quiet(watched: number, mailers: number, milliseconds: number): string {
    const devices = `${plural(watched, 'device', 'devices')} watched`;
    if (mailers === 0) return `Quiet: ${devices}, none sent mail in ${span(milliseconds)}.`;
    return `Quiet: ${devices}, no unexpected mail in ${span(milliseconds)}. ${plural(mailers, 'device', 'devices')} sent mail that is expected or resolved.`;
  },
};

export const tone = { alert: 'Alert', notice: 'Open', blind: 'Cannot tell', quiet: 'Watching', unknown: 'No contact' };

export const home = {
  title: 'Home',
  open: 'Needs a look',
  allIncidents: 'All incidents',
  activity: 'The whole home',
};

export const chart = {
  range: 'Period',
  ranges: { day: '24 hours', month: '30 days' },
  mail: 'Mail attempts',
  backends: 'Internet contacts',
  table: 'Show the figures as a table',
  hour: 'Hour',
  date: 'Day',
  strip: (active: number, mail: number): string =>
    `Active on ${active} of the last 30 days${mail > 0 ? `, mail on ${mail}` : ''}`,
  total: (count: number): string => `${figure(count)} in all`,
  none: 'Nothing in this period.',
};

export const week = {
  title: (to: string): string => `The week until ${day(to)}`,
  all: 'Weekly summaries',
  line: (to: string, share: number): string => `Until ${day(to)}: watched for ${percent(share)} %`,
};
