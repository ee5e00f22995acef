// What the page works out by itself: charts' buckets, mail facts of an incident, the text to share, search and order.
import { describe, expect, it } from 'vitest';
import { summarize } from '../../../web/api.ts';
import { matches, ranked } from '../../../web/page/device-list.ts';
import { mailFacts } from '../../../web/page/mail-facts.ts';
import { buckets } from '../../../web/page/parts/activity.ts';
import { shareText } from '../../../web/page/share-text.ts';
import { CAMERA, camera, DAY, HOUR, mailIncident, plainDevice } from '../../support/sample-home.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const thisHour = Math.floor(NOW / HOUR);

describe('chart buckets', () => {
  it('put each hour into its own of 24, oldest first, and leave out what is older or later', () => {
    const activity = [-30, -23, -1, 0, 2].map((offset) => ({
      hour: thisHour + offset,
      connections: 10,
      mailAttempts: 1,
    }));
    const day = buckets(activity, 'day', NOW);
    expect(day).toHaveLength(24);
    expect(day.map(({ connections }) => connections)).toEqual([10, ...Array(21).fill(0), 10, 10]);
    expect(day.at(-1)?.time).toBe(thisHour * HOUR);
  });

  it('add hours up to local days without losing one', () => {
    const activity = Array.from({ length: 28 * 24 }, (_, index) => ({
      hour: thisHour - index,
      connections: 2,
      mailAttempts: 1,
    })).reverse();
    const month = buckets(activity, 'month', NOW);
    expect(month).toHaveLength(30);
    expect(month.reduce((sum, { connections }) => sum + connections, 0)).toBe(2 * 28 * 24);
    expect(month.every(({ time }) => new Date(time).getHours() === 0)).toBe(true);
  });
});

describe('facts of a mail incident', () => {
  it('come from its evidence where that counts, else from the device’s destinations since it started', () => {
    const device = camera(NOW);
    const submission = {
      ...device.mail.destinations[0],
      ip: '192.0.2.1',
      port: 587,
      attempts: 100,
    } as (typeof device.mail.destinations)[0];
    const older = { ...submission, port: 25, lastSeen: new Date(NOW - 3 * DAY).toISOString() };
    device.mail.destinations.push(submission, older);
    const facts = mailFacts(mailIncident(NOW), device);
    expect(facts).toMatchObject({ attempts: 27, connected: 4, refused: 8, unanswered: 15, messages: 3, recipients: 0 });
    expect(facts.destinations.map(({ ip }) => ip)).toEqual(['198.51.100.25', '203.0.113.25', '192.0.2.25']);
    const told = mailFacts(
      { ...mailIncident(NOW), evidence: { attempts: 900, recipients: 5, connected: 'x' } },
      device,
    );
    expect(told).toMatchObject({ attempts: 900, connected: 4, recipients: 5 });
    expect(mailFacts({ ...mailIncident(NOW), kind: 'submission_started' }, device)).toMatchObject({ attempts: 100 });
    const odd = { ...mailIncident(NOW), evidence: { firstDestination: { ip: '192.0.2.9', port: 2526, name: null } } };
    expect(mailFacts(odd, device).destinations).toEqual([]);
    expect(mailFacts(mailIncident(NOW), null)).toMatchObject({ attempts: 0, destinations: [] });
  });
});

describe('the text to share', () => {
  it('says who, when, how often, to whom and what came before, in UTC', () => {
    const device = camera(NOW);
    const text = shareText(mailIncident(NOW), device, mailFacts(mailIncident(NOW), device));
    expect(text).toContain(`Device: Example Electronics, ${CAMERA}`);
    expect(text).toContain('Period: 2026-01-20T07:30:00.000Z – 2026-01-20T12:21:00.000Z');
    expect(text).toContain('27 attempts, 4 connected, 8 refused, 15 no answer');
    expect(text).toContain('- mx1.mail.example (198.51.100.25), port 25, 15 attempts');
    expect(text).toContain('- 192.0.2.25, port 25, 4 attempts');
    expect(text).toContain('Downloaded 31 MB from fw.camera.example.');
  });
});

describe('the device list', () => {
  const devices = [
    plainDevice('3c:84:6a:00:00:01', 'Fridge', NOW),
    camera(NOW),
    plainDevice('3c:84:6a:00:00:03', null, NOW - HOUR),
  ].map((device) => summarize(device, []));

  it('is searched by every word, in any case, over name, vendor, address and MAC', () => {
    const found = (search: string): string[] =>
      devices.filter((device) => matches(device, search)).map(({ mac }) => mac.slice(-2));
    expect(found('')).toHaveLength(3);
    expect(found('FRIDGE')).toEqual(['01']);
    expect(found('electronics hallway')).toEqual([CAMERA.slice(-2)]);
    expect(found('192.168.1.3')).toEqual(['03']);
    expect(found('00:00:03')).toEqual(['03']);
    expect(found('nothing')).toEqual([]);
  });

  it('begins with open incidents, then mail, then the newest', () => {
    const order = (troubled: string[]): string[] => ranked(devices, new Set(troubled)).map(({ mac }) => mac);
    expect(order([])).toEqual([CAMERA, '3c:84:6a:00:00:01', '3c:84:6a:00:00:03']);
    expect(order(['3c:84:6a:00:00:03'])[0]).toBe('3c:84:6a:00:00:03');
  });
});
