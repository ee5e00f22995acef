// The table's own judgement: what it calls missed and what a false alarm, so that a table that is all right says something.
import { expect, test } from 'vitest';
import { mail } from '../support/name-frames.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, MINUTE, START, type Stage } from '../support/stage.ts';
import { type Case, judge } from './case.ts';

const mails = (stage: Stage) => stage.play(mail(CAMERA, MAIL_SERVER, START));
const RIGHT = { kind: 'mail_started', device: CAMERA, severity: 'high' } as const;
const submits = (time: number) => (stage: Stage) =>
  stage.play(mail(CAMERA, MAIL_SERVER, time, { port: 587, outcome: 'connected' }));

function judged(more: Omit<Case, 'name' | 'home'> & { home?: Case['home'] }) {
  const { falseAlarms, found, missed } = judge({ name: 'a case', home: mails, ...more });
  return { found, missed: missed.length, falseAlarms: falseAlarms.length };
}

test('an incident as it was expected, also with a band of severities', () => {
  expect(judged({ expect: [RIGHT] })).toEqual({ found: 1, missed: 0, falseAlarms: 0 });
  expect(judged({ expect: [{ ...RIGHT, severity: 'medium+', alerts: 1, findings: 1 }] }).found).toBe(1);
});

test.each([
  ['severity', { severity: 'medium' }],
  ['band', { severity: 'critical+' }],
  ['count', { evidence: { attempts: 2 } }],
  ['state', { state: 'resolved' }],
  ['sentence', { says: /is sending mail/ }],
  ['chain', { before: ['backend_new'] }],
  ['alerts', { alerts: 2 }],
] as const)('with another %s it is missed, and no false alarm', (_, otherwise) => {
  expect(judged({ expect: [{ ...RIGHT, ...otherwise }] })).toEqual({ found: 0, missed: 1, falseAlarms: 0 });
});

test('what nobody expects is a false alarm, as an incident and as an alert; of another device it is a miss as well', () => {
  expect(judged({})).toEqual({ found: 0, missed: 0, falseAlarms: 2 });
  expect(judged({ expect: [{ ...RIGHT, device: FRIDGE }] })).toEqual({ found: 0, missed: 1, falseAlarms: 2 });
});

test('an alert is false where the incident is calmed afterwards', () => {
  const calm = { kind: 'submission_started', device: CAMERA, severity: 'info' } as const;
  expect(judged({ home: submits(START), expect: [calm] })).toMatchObject({ missed: 1, falseAlarms: 1 });
});

test('what a person has called normal before the case begins does not count, until it opens again', () => {
  const settled = (stage: Stage) => {
    submits(START)(stage);
    stage.run({ type: 'expect', incident: stage.incident('submission_started').id, until: null });
  };
  expect(judged({ settled, home: submits(START + HOUR) })).toEqual({ found: 0, missed: 0, falseAlarms: 0 });
  const elsewhere = (stage: Stage) => stage.play(mail(CAMERA, '203.0.113.99', START + HOUR, { port: 587 }));
  expect(judged({ settled, home: elsewhere })).toMatchObject({ falseAlarms: 2 });
});

test('a restart between two parts; what the report shows; a home without a packet', () => {
  const again = (stage: Stage) => stage.play(mail(CAMERA, MAIL_SERVER, START + MINUTE));
  expect(judged({ home: [mails, again], expect: [{ ...RIGHT, findings: 2 }] }).found).toBe(1);
  const shows = [{ device: CAMERA, report: { mail: { attempts: 2 } } }];
  expect(judged({ expect: [RIGHT], shows })).toEqual({ found: 1, missed: 1, falseAlarms: 0 });
  expect(judged({ home: () => undefined }).missed).toBe(1);
});
