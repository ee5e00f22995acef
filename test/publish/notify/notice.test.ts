// What is told of which event: the sentences of the page, no milder than asked for, with a link where a phone can follow it.

import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../sensor/detect/finding.ts';
import { english } from '../../../sensor/language/words.ts';
import { digestNotice, noticeOf, testNotice, weekNotice } from '../../../sensor/publish/notify/notice.ts';
import { signature } from '../../../sensor/publish/notify/questions.ts';
import type { IncidentChange, IncidentEvent } from '../../../sensor/record/events.ts';
import { sampleWeek } from '../../support/sample-weeks.ts';
import { anIncident, START } from '../../support/small-home.ts';

const PAGE = 'http://192.168.1.2:8080/';
const MAC = 'a4:cf:12:99:be:ef';
const telling = () => ({ who: 'Hallway camera', summary: 'It mails.', advice: ['Disconnect it.', 'Reset it.'] });
const notice = (event: Partial<IncidentEvent>, over: { least?: 'info' | 'critical'; names?: boolean } = {}) =>
  noticeOf(
    { change: 'opened', incident: anIncident(), time: START, ...event },
    { least: 'info', names: false, ...over },
    { words: english, telling, pageUrl: PAGE },
  );

it('has title, sentence, first step and link; the address of the device only where names are told', () => {
  expect(notice({})).toEqual({
    ...{ schema: 'thingwatch.alert/1', id: `a1b2c3d4e5f60718-opened-high-${START.toString(36)}`, test: false },
    ...{ event_type: 'mail_started', change: 'opened', kind: 'mail_started', severity: 'high' },
    ...{
      incident: 'a1b2c3d4e5f60718',
      title: 'Thingwatch: Hallway camera',
      text: 'It mails.',
      advice: 'Disconnect it.',
    },
    ...{ device: 'Hallway camera', mac: null, link: `${PAGE}#/incidents/a1b2c3d4e5f60718` },
    time: '2026-01-05T10:11:12.000Z',
  });
  expect(notice({}, { names: true })?.mac).toBe(MAC);
});

it('nothing is milder than what was asked for', () => {
  const told = SEVERITIES.map((severity) => {
    const event: IncidentEvent = { change: 'opened', incident: anIncident({ severity }), time: START };
    return (
      noticeOf(event, { least: 'medium', names: false }, { words: english, telling, pageUrl: null })?.severity ?? null
    );
  });
  expect(told).toEqual([null, null, 'medium', 'high', 'critical']);
});

it('a rise says what is new, an end says that it is one, and counts are no news', () => {
  const incident = anIncident({ evidence: { stage: 'accepted' } });
  expect(notice({ change: 'escalated', incident })?.text).toBe('A mail server accepted a message from it. It mails.');
  expect(notice({ change: 'resolved' })).toMatchObject({
    title: 'Thingwatch: Hallway camera (resolved)',
    text: 'Resolved: It mails.',
    advice: null,
  });
  for (const change of ['updated', 'acknowledged', 'expected', 'absorbed'] as IncidentChange[])
    expect(notice({ change })).toBeNull();
});

it('is bounded and one line, whatever a device calls itself', () => {
  const long = { who: `a\n\u202e${'b'.repeat(500)}`, summary: '漢'.repeat(2000), advice: ['漢'.repeat(2000)] };
  const event: IncidentEvent = { change: 'opened', incident: anIncident(), time: START };
  const told = noticeOf(event, { least: 'info', names: true }, { words: english, telling: () => long, pageUrl: null });
  expect(told?.title).toMatch(/^Thingwatch: a b{100,}$/);
  expect(Buffer.byteLength(`${told?.text}\n\n${told?.advice}`)).toBeLessThan(4096);
  expect(told?.link).toBeNull();
});

describe('a summary', () => {
  it('is its sentences, mild, with its figures and the same id whenever it is told', () => {
    const week = sampleWeek(START);
    expect(weekNotice(english, week, ['One.', 'Two.'], PAGE)).toMatchObject({
      ...{ id: `week-${week.to.toString(36)}`, change: 'week', severity: 'info', test: false, incident: null },
      ...{ text: 'One. Two.', link: PAGE, time: new Date(week.made).toISOString() },
      week: { coverage_percent: week.percent },
    });
  });

  it('that is too long keeps the beginning of each sentence', () => {
    const sentences = [...'abcdef'].map((letter) => `${letter}\n${'漢'.repeat(400)}`);
    const { text } = weekNotice(english, sampleWeek(START), sentences, null);
    expect(text.split(' 漢').length).toBe(7);
    expect(text.match(/漢…/g)).toHaveLength(6);
    expect(Buffer.byteLength(text)).toBeLessThan(4096);
  });
});

it('many held back are bounded, whatever they say', () => {
  const long = noticeOf(
    { change: 'opened', incident: anIncident(), time: START },
    { least: 'info', names: false },
    { words: english, telling: () => ({ who: null, summary: '漢'.repeat(2000), advice: [] }), pageUrl: null },
  );
  if (long === null) throw new Error('it is news');
  const many = Array.from({ length: 500 }, (_, n) => ({ ...long, incident: `i${n}` }));
  const digest = digestNotice(english, many, null);
  expect(Buffer.byteLength(digest.text)).toBeLessThan(4096);
  expect(digest).toMatchObject({ title: 'Thingwatch: 500 alerts from quiet hours', incident: null, link: null });
  expect(digest.id).toMatch(/^[-_A-Za-z0-9]{1,64}$/);
});

it('a test says that it is one, and leads to the page', () => {
  expect(testNotice(english, 'test-1', START, PAGE)).toMatchObject({
    ...{ test: true, event_type: 'test', incident: null, title: 'Thingwatch: test alert', link: PAGE },
    text: expect.stringMatching(/^This is a test alert/),
  });
});

describe('a signature', () => {
  // RFC 4231, section 4.3.
  it('is HMAC-SHA256 of the body, in hex', () => {
    expect(signature('Jefe', 'what do ya want for nothing?')).toBe(
      'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});
