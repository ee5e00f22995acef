// What "this is expected" covers: the pairs that were seen, a provider's domain for submission, and one host alone on port 25.
import { expect, test } from 'vitest';
import { type covers, isInNote, type Scope } from '../../sensor/record/expectation-scope.ts';
import { answered, mail } from '../support/name-frames.ts';
import { CAMERA, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const OTHER_SERVER = '198.51.100.26';

/** The camera mails `host` at `ip` on `port`, after its own DNS answer. */
function mails(host: string, ip: string, port: number, time: number) {
  return [answered(CAMERA, host, [ip], time), ...mail(CAMERA, ip, time + SECOND, { port, outcome: 'connected' })];
}

function expectAll(stage: Stage): Scope[] {
  for (const { id, state } of stage.incidents()) {
    if (state === 'open') expect(stage.run({ type: 'expect', incident: id, until: null })).toMatchObject({ ok: true });
  }
  return stage.spine.recorder.expectations.all();
}

test('for submission the domain of the provider is normal, whichever of its servers answers', () => {
  const stage = new Stage();
  stage.play(mails('smtp1.provider.example', MAIL_SERVER, 587, START));
  expect(expectAll(stage)).toMatchObject([
    { covers: 'mail', targets: [{ destination: 'provider.example', port: 587 }] },
  ]);
  stage.play(mails('smtp7.provider.example', OTHER_SERVER, 587, START + HOUR));
  expect(stage.incident('submission_started')).toMatchObject({ state: 'expected', findings: 1 });
  stage.play(mails('smtp.notprovider.example', OTHER_SERVER, 587, START + 2 * HOUR));
  expect(stage.incident('submission_started')).toMatchObject({ state: 'open', findings: 2 });
});

test('on port 25 another host of the same domain is a new server', () => {
  const stage = new Stage();
  stage.play(mails('mx1.provider.example', MAIL_SERVER, 25, START));
  expect(expectAll(stage)).toMatchObject([{ targets: [{ destination: 'mx1.provider.example', port: 25 }] }]);
  stage.play(mails('mx2.provider.example', OTHER_SERVER, 25, START + HOUR));
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', findings: 2 });
});

test('what was seen are pairs: the port of one server is not that of another', () => {
  const stage = new Stage();
  stage.play(mails('smtp.one.example', MAIL_SERVER, 587, START), mails('smtp.two.example', OTHER_SERVER, 465, START));
  expectAll(stage);
  stage.play(mails('smtp.one.example', MAIL_SERVER, 465, START + HOUR));
  expect(stage.incident('submission_started')).toMatchObject({ state: 'open', findings: 3 });
});

test('an expectation of submission covers no port 25, and none silences the device as a whole', () => {
  const stage = new Stage();
  stage.play(mails('mail.provider.example', MAIL_SERVER, 587, START));
  expectAll(stage);
  stage.play(mails('mail.provider.example', MAIL_SERVER, 25, START + MINUTE));
  expect(stage.incident('mail_started')).toMatchObject({ state: 'open', severity: 'critical' });
});

test('rented infrastructure is no provider: there the host alone is normal', () => {
  const stage = new Stage();
  stage.play(mails('mail-1.smtp.azurewebsites.net', MAIL_SERVER, 587, START));
  const [expectation] = expectAll(stage);
  expect(expectation?.targets).toEqual([{ destination: 'mail-1.smtp.azurewebsites.net', port: 587 }]);
});

test('the preview says what would be covered and hidden before anything is', () => {
  const stage = new Stage();
  stage.play(mails('smtp.provider.example', MAIL_SERVER, 587, START), mail(CAMERA, OTHER_SERVER, START, { port: 465 }));
  expectAll(stage);
  expect(stage.spine.recorder.expectations.all()[0]?.targets).toEqual([
    { destination: OTHER_SERVER, port: 465 },
    { destination: 'provider.example', port: 587 },
  ]);
});

const submission = (name: string | null, port: number) =>
  ({ kind: 'submission_started', destination: { ip: MAIL_SERVER, name, port } }) as Parameters<typeof covers>[1];

test.each([
  [submission('smtp.vendor.example', 465), true],
  [submission('eu.push.vendor.example', 465), true],
  [submission('smtp.vendor.example', 587), false],
  [submission('smtp.evil.example', 465), false],
  [submission('vendor.example.evil.example', 465), false],
  [submission(null, 465), false],
  [{ ...submission('smtp.vendor.example', 25), kind: 'mail_started' as const }, false],
])('a firmware note knows its own servers only (%#)', (finding, known) => {
  const mailOfNote = {
    expected: 'if-configured' as const,
    ports: [465],
    servers: ['smtp.vendor.example', '*.push.vendor.example'],
    source: 'https://vendor.example',
  };
  expect(isInNote(mailOfNote, finding)).toBe(known);
});
