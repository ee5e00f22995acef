// The one sentence: what it says, and above all that it never says all is well without coverage.
import { describe, expect, it } from 'vitest';
import type { Health } from '../../../sensor/record/health.ts';
import { summarize } from '../../../web/api.ts';
import { homeSentence, type SentenceInput } from '../../../web/page/sentence.ts';
import { quietHome as quietHomeAt, seeing } from '../../support/quiet-home.ts';
import { CAMERA, DAY, HOUR, mailIncident, plainDevice } from '../../support/sample-home.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');

const seen = (health: Partial<Health>): Health => seeing(NOW, health);
const quietHome = (health: Partial<Health> = {}): SentenceInput => quietHomeAt(NOW, health);

const cameraOnly = (): SentenceInput => ({
  ...quietHome(),
  devices: [summarize(plainDevice(CAMERA, 'Hallway camera', NOW), [])],
});

describe('a disk that takes nothing new', () => {
  const database = {
    ...{ path: '/state/thingwatch.db', bytes: 3_000_000, error: 'No space left' },
    refused: { since: NOW - 2 * HOUR, incidents: 3, alerts: 0, lost: 0 },
  };
  const said = expect.stringMatching(/^The sensor’s disk takes nothing new: what happened since .* is in memory only/);

  it('is said first of all that qualifies a quiet home', () => {
    expect(homeSentence(quietHome({ database })).details[0]).toEqual(said);
    expect(homeSentence(quietHome()).details).toEqual([]);
  });

  it('is said beside an alert', () => {
    const sentence = homeSentence({ ...cameraOnly(), health: seen({ database }), incidents: [mailIncident(NOW)] });
    expect([sentence.tone, sentence.details]).toEqual(['alert', expect.arrayContaining([said])]);
  });
});

describe('a quiet home', () => {
  it('is called quiet with what was watched and for how long', () => {
    expect(homeSentence(quietHome())).toEqual({
      tone: 'quiet',
      headline: 'Quiet: 14 devices watched, none sent mail in 12 days.',
      details: [],
      link: null,
    });
  });

  it('claims whole hours only, and not the one in which traffic began', () => {
    const begun = (ago: number): SentenceInput => ({
      ...quietHome(),
      activity: Array.from({ length: ago + 1 }, (_, index) => ({
        hour: Math.floor(NOW / HOUR) - ago + index,
        connections: 1,
        mailAttempts: 0,
      })),
    });
    expect(homeSentence(begun(9)).headline).toMatch(/none sent mail in 8 hours\.$/);
    expect(homeSentence(begun(1)).headline).toMatch(/none sent mail in 30 minutes\.$/);
    expect(homeSentence(begun(0)).headline).toMatch(/none sent mail in 1 minute\.$/);
  });

  it('names the blind spots all the same', () => {
    const blindSpots = ['3 devices seen only by broadcast', 'the router itself cannot be judged from here'];
    const { tone, details } = homeSentence(quietHome({ blindSpots }));
    expect([tone, details]).toEqual(['quiet', blindSpots]);
  });

  it('counts only devices whose own traffic is seen, and claims at most 30 days', () => {
    const home = quietHome();
    home.devices = home.devices.map((device, index) => ({
      ...device,
      broadcastOnly: index < 4,
      role: index === 13 ? 'gateway' : 'device',
    }));
    home.activity = Array.from({ length: 31 * 24 }, (_, index) => ({
      hour: Math.floor(NOW / HOUR) - 31 * 24 + 1 + index,
      connections: 3,
      mailAttempts: 0,
    }));
    expect(homeSentence(home).headline).toBe('Quiet: 9 devices watched, none sent mail in 30 days.');
  });

  it('does not claim silence when mail was sent that is expected or resolved', () => {
    const home = quietHome();
    home.devices = home.devices.map((device, index) =>
      index === 0 ? { ...device, lastMail: new Date(NOW - 2 * DAY).toISOString(), mailAttempts: 5 } : device,
    );
    expect(homeSentence(home).headline).toBe(
      'Quiet: 14 devices watched, no unexpected mail in 12 days. 1 device sent mail that is expected or resolved.',
    );
  });

  it('says that a mirror with one direction shows attempts only', () => {
    expect(homeSentence(quietHome({ vantage: 'lan-one-way' })).details).toEqual([
      'The mirror shows one direction only, from the home to the Internet: answers cannot be seen.',
      expect.stringMatching(/^To see more: Set the mirror on the switch to both directions/),
    ]);
  });

  it('tells gaps, and with too many of them is not called quiet', () => {
    const home = quietHome();
    const every = (step: number) => home.activity.filter(({ hour }, index) => index === 0 || hour % step === 0);
    const few = homeSentence({ ...home, activity: home.activity.filter(({ hour }) => hour % 6 !== 0) });
    expect(few.tone).toBe('quiet');
    expect(few.details[0]).toMatch(/^With gaps: I saw traffic in 240 of the last 28\d hours\.$/);
    const many = homeSentence({ ...home, activity: every(4) });
    expect(many.tone).toBe('blind');
    expect(many.headline).toMatch(/^I cannot see enough: I saw traffic in only \d+ of the last 288 hours\.$/);
  });
});

const LOSING = { percent: null, low: 3, high: 9, samples: 400, missed: 22, isCertain: true };

describe('without coverage it never says quiet', () => {
  it.each<[string, Partial<Health>, RegExp]>([
    ['capture starting', { capture: 'starting' }, /the capture is starting/],
    ['capture restarting', { capture: 'restarting' }, /being restarted/],
    ['capture failed', { capture: 'failed' }, /has failed/],
    ['capture ended', { capture: 'ended' }, /has ended/],
    ['no frame ever', { lastFrameAt: null }, /not one frame/],
    ['no frame for four minutes', { lastFrameAt: NOW - 4 * 60_000 }, /no frame has arrived since/],
    ['the router’s outer side', { vantage: 'wan-side' }, /outer side/],
    ['only own traffic', { vantage: 'own-traffic-only' }, /own traffic and broadcasts/],
    ['only broadcasts', { vantage: 'broadcast-only' }, /only broadcasts/],
    ['nothing', { vantage: 'nothing' }, /nothing arrives/],
    ['loss', { lossPercent: 1 }, /1 % of the frames are lost/],
    ['loss of nobody knows how much', { lossPercent: null, loss: LOSING }, /between 3 and 9 % of the frames are lost/],
    ['just started', { startedAt: NOW - 60_000 }, /only since/],
  ])('%s', (_name, health, reason) => {
    const sentence = homeSentence(quietHome(health));
    expect(sentence.tone).toBe('blind');
    expect(sentence.headline).toMatch(/^I cannot see enough: /);
    expect(sentence.headline).toMatch(reason);
    expect(sentence.link).toBe('/sensor');
  });

  it('no device, no traffic', () => {
    expect(homeSentence({ ...quietHome(), devices: [] }).headline).toBe(
      'I cannot see enough: no device has been seen yet.',
    );
    expect(homeSentence({ ...quietHome(), activity: [] }).headline).toBe(
      'I cannot see enough: no device has spoken to the Internet yet.',
    );
    const stale = quietHome().activity.map((entry) => ({ ...entry, hour: entry.hour - 31 * 24 }));
    expect(homeSentence({ ...quietHome(), activity: stale }).tone).toBe('blind');
  });

  it('all reasons are told, not only the first', () => {
    const { headline, details } = homeSentence(quietHome({ capture: 'failed', lastFrameAt: null, vantage: 'nothing' }));
    expect(headline).toMatch(/failed/);
    expect(details).toEqual([
      'not one frame has arrived.',
      'nothing arrives on the mirror port.',
      expect.stringMatching(/^To see more: Look at the cable/),
    ]);
  });

  it('no sensor, no sentence about the home', () => {
    for (const input of [
      { ...quietHome(), connected: false },
      { ...quietHome(), health: null },
    ]) {
      expect(homeSentence(input)).toMatchObject({ tone: 'unknown', headline: 'I cannot reach the sensor.' });
    }
  });
});

describe('mail', () => {
  it('of one device names it and since when, and leads to the incident', () => {
    const { tone, headline, link } = homeSentence({ ...cameraOnly(), incidents: [mailIncident(NOW)] });
    expect(tone).toBe('alert');
    expect(headline).toMatch(/^Hallway camera is sending mail since .*\d{2}:30.*\.$/);
    expect(link).toBe('/incidents/a1b2c3d4e5f6a7b8');
  });

  it('of one behind the MAC of a device is told by its address, each by its own', () => {
    const at = (innerAddress: string, id: string) => ({ ...mailIncident(NOW, id), evidence: { innerAddress } });
    const one = homeSentence({ ...cameraOnly(), incidents: [at('192.168.36.152', 'a')] });
    expect(one.headline).toMatch(/^A device at 192\.168\.36\.152 is sending mail/);
    const incidents = [at('192.168.36.152', 'a'), at('192.168.36.153', 'b'), at('192.168.36.153', 'c')];
    const two = homeSentence({ ...cameraOnly(), incidents });
    expect(two.headline).toMatch(/^2 devices/);
    expect(two.details[0]).toMatch(/192\.168\.36\.152.*192\.168\.36\.153/);
  });

  it('that no server was seen to answer is an attempt, and says why it may be', () => {
    const evidence = { attempts: 4, connected: 0, refused: 1, unanswered: 3, messages: 0 };
    const tried = { ...cameraOnly(), incidents: [{ ...mailIncident(NOW), evidence }] };
    expect(homeSentence(tried)).toMatchObject({
      headline: expect.stringMatching(/^Hallway camera is trying to send mail since /),
      details: ['No mail server was seen to answer: your provider or router may block it.'],
    });
    const answered = { ...tried, incidents: [{ ...mailIncident(NOW), evidence: { ...evidence, connected: 1 } }] };
    expect(homeSentence(answered)).toMatchObject({ headline: expect.stringMatching(/is sending mail/), details: [] });
    const oneWay = { ...tried, health: seen({ vantage: 'lan-one-way' }) };
    expect(homeSentence(oneWay).details.join(' ')).not.toMatch(/block/);
  });

  it('of several devices counts devices, not incidents', () => {
    const other = { ...mailIncident(NOW, 'b'), device: '3c:84:6a:00:00:10' };
    const submission = { ...mailIncident(NOW, 'c'), kind: 'submission_started' as const };
    const incidents = [mailIncident(NOW), other, submission];
    const { headline, details } = homeSentence({
      ...quietHome(),
      devices: [...quietHome().devices, ...cameraOnly().devices],
      incidents,
    });
    expect(headline).toBe('2 devices are sending mail.');
    expect(details[0]).toBe('Hallway camera, Device 0');
  });

  it('comes before blindness, and blindness is added', () => {
    const blind = {
      ...cameraOnly(),
      health: seen({ vantage: 'lan-one-way', lossPercent: 20 }),
      incidents: [mailIncident(NOW)],
    };
    const { tone, details } = homeSentence(blind);
    expect(tone).toBe('alert');
    expect(details[0]).toBe('Besides, I cannot see enough: 20 % of the frames are lost before I can read them.');
  });

  it('acknowledged but not resolved is not quiet', () => {
    const incident = { ...mailIncident(NOW), state: 'acknowledged' as const };
    const { tone, headline } = homeSentence({ ...cameraOnly(), incidents: [incident] });
    expect([tone, headline]).toEqual(['notice', 'Hallway camera: acknowledged, not yet resolved.']);
  });
});

describe('other incidents', () => {
  it('speak in their own words, louder when they are severe', () => {
    const incident = {
      ...mailIncident(NOW),
      kind: 'exposed' as const,
      severity: 'high' as const,
      summary: 'The NAS was reached from the Internet.',
    };
    expect(homeSentence({ ...quietHome(), incidents: [incident] })).toMatchObject({
      tone: 'alert',
      headline: incident.summary,
    });
    expect(homeSentence({ ...quietHome(), incidents: [{ ...incident, severity: 'low' }] })).toMatchObject({
      tone: 'notice',
    });
    expect(homeSentence({ ...quietHome(), incidents: [incident, { ...incident, id: 'z' }] }).headline).toBe(
      '2 incidents need a look.',
    );
  });
});

describe('a recording', () => {
  it('says that it is one, and counts time by its own frames', () => {
    const late = { ...quietHome({ mode: 'demo', capture: 'ended', startedAt: NOW + 300 * DAY }), now: NOW + 300 * DAY };
    const { tone, headline, details } = homeSentence(late);
    expect([tone, headline]).toEqual(['quiet', 'Quiet: 14 devices watched, none sent mail in 12 days.']);
    expect(details).toEqual(['This is a demonstration, not your home.']);
  });
});
