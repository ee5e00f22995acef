// Who may hand mail to a provider: a telephone silently, a thing with one alert, and nobody on port 25.
import { expect, test } from 'vitest';
import { isQuiet } from '../../sensor/record/incident.ts';
import { mail, phoneJoins } from '../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, PHONE, SECOND, START, Stage } from '../support/stage.ts';

test.each([465, 587, 2525])("a telephone's mail on port %i is shown and not told", (port) => {
  const stage = new Stage();
  stage.play(phoneJoins(START), mail(PHONE, MAIL_SERVER, START + SECOND, { port, outcome: 'connected' }));
  const incident = stage.incident('submission_started');
  expect(incident).toMatchObject({ severity: 'info', device: PHONE.mac });
  expect(isQuiet(incident)).toBe(true);
  expect(stage.device(PHONE)).toMatchObject({ class: 'general-purpose', mail: { attempts: 1 } });
});

test('port 25 is an alarm for everyone', () => {
  const stage = new Stage();
  stage.play(phoneJoins(START), mail(PHONE, MAIL_SERVER, START + SECOND));
  expect(stage.incident('mail_started').severity).toBe('high');
});

test('two accounts, many times a day, stay silent; twenty providers do not', () => {
  const stage = new Stage();
  const account = (ip: string, i: number) =>
    mail(PHONE, ip, START + MINUTE + i * HOUR, { port: 587, outcome: 'connected' });
  stage.play(
    phoneJoins(START),
    ...Array.from({ length: 12 }, (_, i) => account(i % 2 === 0 ? MAIL_SERVER : '198.51.100.7', i)),
  );
  expect(stage.incident('submission_started').severity).toBe('info');
  stage.play(...Array.from({ length: 20 }, (_, i) => account(`198.51.100.${100 + i}`, 20 + i)));
  expect(stage.incident('submission_started')).toMatchObject({ severity: 'high', evidence: { stage: 'fan-out' } });
});

test('a telephone that announces itself after its first mail is taken for one from then on', () => {
  const stage = new Stage();
  stage.play(mail(PHONE, MAIL_SERVER, START, { port: 465, outcome: 'connected' }));
  expect(stage.incident('submission_started').severity).toBe('medium');
  stage.play(phoneJoins(START + 30 * SECOND)).wait(START + 2 * MINUTE);
  expect(stage.incident('submission_started').severity).toBe('info');
  expect(stage.alerts.map(({ change }) => change)).toEqual(['opened']);
});

test('at the end of a capture it is judged by all that was seen', () => {
  const stage = new Stage();
  stage.play(mail(PHONE, MAIL_SERVER, START, { port: 465, outcome: 'connected' }), phoneJoins(START + SECOND));
  expect(stage.finish().incidents).toMatchObject([{ kind: 'submission_started', severity: 'info' }]);
});

test('a thing that submits mail is told of once, until it goes to many servers', () => {
  const stage = new Stage();
  const submits = (ip: string, time: number) => mail(CAMERA, ip, time, { port: 587, outcome: 'connected' });
  stage.play(...[0, 1, 2].map((i) => submits(MAIL_SERVER, START + i * HOUR)));
  expect(stage.alerts.map(({ change, severity }) => [change, severity])).toEqual([['opened', 'medium']]);
  stage.play(...[1, 2, 3, 4].map((i) => submits(`198.51.100.${i}`, START + (3 + i) * HOUR)));
  expect(stage.alerts.map(({ change, severity }) => [change, severity])).toEqual([
    ['opened', 'medium'],
    ['escalated', 'high'],
  ]);
});
