// Where the one sentence turns: each limit from both sides, what comes before what, and whole answers where they differ.
import { describe, expect, it } from 'vitest';
import type { Health } from '../../../sensor/record/health.ts';
import type { ReportIncident } from '../../../sensor/record/report.ts';
import { summarize } from '../../../web/api.ts';
import { shortTime } from '../../../web/page/format.ts';
import { blindReasons, homeSentence, type SentenceInput } from '../../../web/page/sentence.ts';
import { quietHome as quietHomeAt, seeing } from '../../support/quiet-home.ts';
import { CAMERA, HOUR, mailIncident, plainDevice } from '../../support/sample-home.ts';
import { sightFrom } from '../../support/sight.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const MINUTE = 60_000;
const thisHour = Math.floor(NOW / HOUR);

const quietHome = (health: Partial<Health> = {}): SentenceInput => quietHomeAt(NOW, health);
const told = (incidents: ReportIncident[], more: Partial<SentenceInput> = {}) => {
  const camera = summarize(plainDevice(CAMERA, 'Hallway camera', NOW), []);
  return homeSentence({ ...quietHome(), devices: [...quietHome().devices, camera], incidents, ...more });
};
const mail = (id: string, more: Partial<ReportIncident> = {}): ReportIncident => ({
  ...mailIncident(NOW, id),
  ...more,
});
const other = (id: string, severity: ReportIncident['severity'], more: Partial<ReportIncident> = {}) =>
  mail(id, { kind: 'exposed', severity, summary: `Summary of ${id}.`, ...more });
const UNANSWERED = { connected: 0, messages: 0 };
const NONE_ANSWERED = 'No mail server was seen to answer: your provider or router may block it.';

describe('what cannot be judged', () => {
  const notAtAll = { percent: null, high: 9, samples: 400, missed: 22 };
  it.each<[string, Partial<Health>, string[]]>([
    ['all is well', {}, []],
    ['one direction', { vantage: 'lan-one-way' }, []],
    ['no frame for three minutes', { lastFrameAt: NOW - 3 * MINUTE }, []],
    [
      'no frame for longer',
      { lastFrameAt: NOW - 3 * MINUTE - 1 },
      [`no frame has arrived since ${shortTime(NOW - 3 * MINUTE - 1, NOW)}.`],
    ],
    [
      'started less than five minutes ago',
      { startedAt: NOW - 5 * MINUTE + 1 },
      [`I have been watching only since ${shortTime(NOW - 5 * MINUTE + 1, NOW)}.`],
    ],
    ['started five minutes ago', { startedAt: NOW - 5 * MINUTE }, []],
    ['a little loss', { lossPercent: 0.99 }, []],
    ['loss', { lossPercent: 1 }, ['1 % of the frames are lost before I can read them.']],
    ['loss that is known to be none', { lossPercent: 0, loss: { ...notAtAll, low: 3, isCertain: true } }, []],
    ['perhaps a little loss', { lossPercent: null, loss: { ...notAtAll, low: 0.99, isCertain: true } }, []],
    ['nobody knows of loss', { lossPercent: null, loss: { ...notAtAll, low: 3, isCertain: false } }, []],
    [
      'surely loss',
      { lossPercent: null, loss: { ...notAtAll, low: 1, isCertain: true } },
      ['between 1 and 9 % of the frames are lost before I can read them.'],
    ],
    ['a recording that has ended', { mode: 'replay', capture: 'ended', startedAt: NOW, lastFrameAt: NOW - HOUR }, []],
    ['a recording that is read', { mode: 'replay', capture: 'running' }, []],
    ['a recording that is none', { mode: 'replay', capture: 'failed' }, ['the capture has failed.']],
    [
      'a recording without frames',
      { mode: 'demo', capture: 'ended', lastFrameAt: null },
      ['not one frame has arrived.'],
    ],
    [
      'all at once',
      { capture: 'ended', lastFrameAt: null, vantage: 'nothing', lossPercent: 2, startedAt: NOW },
      [
        'the capture has ended.',
        'not one frame has arrived.',
        'nothing arrives on the mirror port.',
        '2 % of the frames are lost before I can read them.',
        `I have been watching only since ${shortTime(NOW, NOW)}.`,
      ],
    ],
  ])('%s', (_name, health, reasons) => expect(blindReasons(seeing(NOW, health), NOW)).toEqual(reasons));

  it('is the sentence when nothing is open: the first reason on top, then the others, what qualifies it, and what to do', () => {
    const { sentence, fix } = sightFrom('wan-side');
    const refused = { since: NOW - HOUR, incidents: 1, alerts: 0, lost: 0 };
    const database = { path: '/state/thingwatch.db', bytes: 1, error: null, refused };
    const health: Partial<Health> = { mode: 'replay', vantage: 'wan-side', lossPercent: 2, blindSpots: ['a spot'] };
    expect(homeSentence(quietHome({ ...health, database }))).toEqual({
      tone: 'blind',
      headline: 'I cannot see enough: the sensor looks at the outer side of the router.',
      details: [
        '2 % of the frames are lost before I can read them.',
        'This is a replayed recording, not your home now.',
        `The sensor’s disk takes nothing new: what happened since ${shortTime(NOW - HOUR, NOW)} is in memory only, and gone if the sensor restarts.`,
        sentence,
        `To see more: ${fix}`,
        'a spot',
      ],
      link: '/sensor',
    });
  });

  it('is not known while the sensor does not answer, whatever was known before', () => {
    const unknown = {
      tone: 'unknown',
      headline: 'I cannot reach the sensor.',
      details: ['What this page showed before is no longer current.'],
      link: null,
    };
    expect(homeSentence({ ...quietHome(), connected: false, incidents: [mail('a')] })).toEqual(unknown);
    expect(homeSentence({ ...quietHome(), health: null })).toEqual(unknown);
  });
});

describe('mail of one device', () => {
  const since = shortTime(NOW - 5 * HOUR, NOW);

  it('is told since its first incident, whichever comes first in the list', () => {
    const later = mail('later', { kind: 'submission_started', startedAt: new Date(NOW - HOUR).toISOString() });
    const headline = `Hallway camera is sending mail since ${since}.`;
    expect(told([later, mail('first')])).toEqual({ tone: 'alert', headline, details: [], link: '/incidents/later' });
    expect(told([mail('first'), later])).toEqual({ tone: 'alert', headline, details: [], link: '/incidents/first' });
  });

  it('that nobody answered is a try; what else is open is counted beside it', () => {
    const tried = mail('a', { evidence: UNANSWERED });
    const [low, high, info] = [other('b', 'low'), other('c', 'high'), other('d', 'info')];
    expect(told([high, low, info, tried])).toEqual({
      tone: 'alert',
      headline: `Hallway camera is trying to send mail since ${since}.`,
      details: [NONE_ANSWERED, '2 other incidents are open.'],
      link: '/incidents/a',
    });
    expect(told([tried, low]).details).toEqual([NONE_ANSWERED, '1 other incident is open.']);
    expect(told([tried]).details).toEqual([NONE_ANSWERED]);
    expect(told([tried], { health: seeing(NOW, { vantage: 'lan-one-way', blindSpots: [] }) }).details).toEqual([
      sightFrom('lan-one-way', 'from-home').sentence,
      `To see more: ${sightFrom('lan-one-way', 'from-home').fix}`,
    ]);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['nothing counted', {}, true],
    ['no connection and no message', UNANSWERED, false],
    ['no connection, and messages not counted', { connected: 0 }, false],
    ['no connection, and messages in words', { connected: 0, messages: '5' }, false],
    ['no connection seen, and a message', { connected: 0, messages: 1 }, true],
    ['one connection', { connected: 1, messages: 0 }, true],
  ])('was answered or not by what was counted: %s', (_name, evidence, answered) => {
    expect(told([mail('a', { evidence })]).headline).toContain(answered ? 'is sending' : 'is trying to send');
  });

  it('is told of who is known by address, by name, by MAC, or not at all', () => {
    const who = (more: Partial<ReportIncident>) => told([mail('a', more)]).headline.replace(/ is sending.*/, '');
    expect(who({ evidence: { innerAddress: '192.168.36.152' } })).toBe('A device at 192.168.36.152');
    expect(who({})).toBe('Hallway camera');
    expect(who({ device: '02:00:00:00:00:99' })).toBe('02:00:00:00:00:99');
    expect(who({ device: null })).toBe('The home');
  });

  it('comes before all else that qualifies it', () => {
    const refused = { since: NOW - HOUR, incidents: 1, alerts: 0, lost: 0 };
    const database = { path: '/state/thingwatch.db', bytes: 1, error: null, refused };
    const health = seeing(NOW, { mode: 'demo', database, lossPercent: 2, blindSpots: ['a spot'] });
    expect(told([mail('a', { evidence: UNANSWERED }), other('b', 'low')], { health }).details).toEqual([
      NONE_ANSWERED,
      '1 other incident is open.',
      'This is a demonstration, not your home.',
      `The sensor’s disk takes nothing new: what happened since ${shortTime(NOW - HOUR, NOW)} is in memory only, and gone if the sensor restarts.`,
      'Besides, I cannot see enough: 2 % of the frames are lost before I can read them.',
      'a spot',
    ]);
  });
});

describe('mail of several devices', () => {
  const second = mail('b', { device: '3c:84:6a:00:00:10' });
  const names = 'Hallway camera, Device 0';

  it('is one sentence with their names, and leads to the list', () => {
    expect(told([mail('a'), second])).toEqual({
      tone: 'alert',
      headline: '2 devices are sending mail.',
      details: [names],
      link: '/incidents',
    });
  });

  it('is a try only where none was answered; of more than were read it says at least', () => {
    const unanswered = [mail('a', { evidence: UNANSWERED }), { ...second, evidence: UNANSWERED }];
    expect(told(unanswered, { incomplete: true })).toMatchObject({
      headline: 'At least 2 devices are trying to send mail.',
      details: [names, NONE_ANSWERED],
    });
    expect(told([mail('a', { evidence: UNANSWERED }), second], { incomplete: true })).toMatchObject({
      headline: 'At least 2 devices are sending mail.',
      details: [names],
    });
  });

  it('is of one where one device has several incidents', () => {
    expect(told([mail('a'), mail('b')])).toMatchObject({ link: '/incidents/a', details: [] });
  });
});

describe('other incidents', () => {
  it.each<[ReportIncident['severity'], string]>([
    ['critical', 'alert'],
    ['high', 'alert'],
    ['medium', 'notice'],
    ['low', 'notice'],
  ])('one of severity %s is told in its own words as %s', (severity, tone) => {
    const headline = 'Summary of a.';
    expect(told([other('a', severity)])).toEqual({ tone, headline, details: [], link: '/incidents/a' });
  });

  it.each<[ReportIncident['severity'][], string]>([
    [['low', 'medium'], 'notice'],
    [['low', 'high'], 'alert'],
    [['medium', 'critical'], 'alert'],
  ])('of severities %j are counted as %s', (severities, tone) => {
    const incidents = severities.map((severity, index) => other(String(index), severity));
    const sentence = { tone, headline: '2 incidents need a look.', details: [], link: '/incidents' };
    expect(told(incidents)).toEqual(sentence);
    expect(told(incidents, { incomplete: true })).toEqual({
      ...sentence,
      headline: 'At least 2 incidents need a look.',
    });
  });

  it('for information only leave the home quiet', () => {
    expect(told([other('a', 'info')]).tone).toBe('quiet');
  });

  it('that the sensor sees too little is not told twice, where the sentence says so already', () => {
    const blind = other('a', 'high', { kind: 'sensor_blind' });
    expect(told([blind], { health: seeing(NOW, { vantage: 'nothing' }) }).tone).toBe('blind');
    expect(told([other('a', 'high')], { health: seeing(NOW, { vantage: 'nothing' }) }).tone).toBe('alert');
    expect(told([blind])).toMatchObject({ tone: 'alert', headline: 'Summary of a.' });
    const { sentence, fix } = sightFrom('lan-one-way', 'from-home');
    expect(told([{ ...blind, summary: sentence }], { health: seeing(NOW, { vantage: 'lan-one-way' }) })).toMatchObject({
      headline: sentence,
      details: [`To see more: ${fix}`],
    });
  });
});

describe('acknowledged incidents', () => {
  const known = (id: string, more: Partial<ReportIncident> = {}) => mail(id, { state: 'acknowledged', ...more });

  it('one is told with its summary and leads there', () => {
    expect(told([other('info', 'info'), known('a', { summary: 'It sent mail.' })])).toEqual({
      tone: 'notice',
      headline: 'Hallway camera: acknowledged, not yet resolved.',
      details: ['It sent mail.'],
      link: '/incidents/a',
    });
    expect(told([known('a', { device: null })]).headline).toBe('The home: acknowledged, not yet resolved.');
  });

  it('several are counted and lead to the list', () => {
    expect(told([known('a'), known('b')])).toEqual({
      tone: 'notice',
      headline: '2 incidents are acknowledged, not yet resolved.',
      details: [],
      link: '/incidents',
    });
  });

  it('come after what is open, be it however small', () => {
    expect(told([known('a'), other('b', 'low')])).toMatchObject({ headline: 'Summary of b.', link: '/incidents/b' });
  });
});

describe('the quiet sentence', () => {
  const busy = (hours: number[]) => hours.map((ago) => ({ hour: thisHour - ago, connections: 1, mailAttempts: 0 }));
  /** The first of `all` hours is among the `seen`, counted back from now. */
  const seenOf = (seen: number, all: number) =>
    homeSentence({ ...quietHome(), activity: busy([all - 1, ...Array.from({ length: seen - 1 }, (_, i) => i)]) });

  it('is told of one device as well, and of none but the router it is not', () => {
    const [one, router] = quietHome().devices;
    const of = (devices: SentenceInput['devices']) => homeSentence({ ...quietHome(), devices });
    expect(of(one ? [one] : []).headline).toBe('Quiet: 1 device watched, none sent mail in 12 days.');
    expect(of(router ? [{ ...router, role: 'gateway' }] : []).headline).toMatch(/no device has been seen yet\.$/);
    expect(of(one ? [{ ...one, broadcastOnly: true }] : []).tone).toBe('blind');
  });

  it('bears gaps: up to one hour in twenty says nothing of them, from half of the hours on it is quiet', () => {
    const headline = 'Quiet: 14 devices watched, none sent mail in 18 hours.';
    expect(seenOf(19, 20)).toEqual({ tone: 'quiet', headline, details: [], link: null });
    expect(seenOf(18, 20).details).toEqual(['With gaps: I saw traffic in 18 of the last 20 hours.']);
    expect(seenOf(10, 20)).toMatchObject({
      tone: 'quiet',
      details: ['With gaps: I saw traffic in 10 of the last 20 hours.'],
    });
    expect(seenOf(9, 20)).toEqual({
      tone: 'blind',
      headline: 'I cannot see enough: I saw traffic in only 9 of the last 20 hours.',
      details: [],
      link: '/sensor',
    });
  });

  it('reaches back 720 hours, and neither further nor ahead; hours without a contact are not counted', () => {
    const old = busy([720, 719, 400, 300, 0, -1]);
    const silent = busy([500]).map((hour) => ({ ...hour, connections: 0 }));
    expect(homeSentence({ ...quietHome(), activity: [...silent, ...old, ...silent] }).headline).toBe(
      'I cannot see enough: I saw traffic in only 4 of the last 720 hours.',
    );
  });

  it('counts mail that is not open from the first hour of the silence on', () => {
    const from = NOW - 288 * HOUR;
    const mailed = (at: number) =>
      homeSentence({
        ...quietHome(),
        devices: quietHome().devices.map((device) => ({ ...device, lastMail: new Date(at).toISOString() })),
      }).headline;
    const expected = ' 14 devices sent mail that is expected or resolved.';
    expect(mailed(from)).toBe(`Quiet: 14 devices watched, no unexpected mail in 12 days.${expected}`);
    expect(mailed(from - 1)).toBe('Quiet: 14 devices watched, none sent mail in 12 days.');
  });

  it('says what it rests on: a recording, a disk that is full, what cannot be judged from there', () => {
    expect(homeSentence(quietHome({ mode: 'replay', blindSpots: ['a spot'] }))).toMatchObject({
      tone: 'quiet',
      details: ['This is a replayed recording, not your home now.', 'a spot'],
    });
  });
});
