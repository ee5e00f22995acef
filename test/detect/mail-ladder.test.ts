// How serious mail is, cell by cell as the manual (alarms.md) shows it: who sends, on which port, how far it came, and from how many servers
// on it fans out. A cell that changes by accident is an alert that nobody gets.
import { describe, expect, it, test } from 'vitest';
import { isBorneOut, mailPortClass } from '../../sensor/detect/mail-findings.ts';
import {
  FAN_OUT_SERVERS,
  higherStage,
  isFannedOut,
  isToldAt,
  MAIL_STAGES,
  severityAt,
  stageFrom,
} from '../../sensor/detect/mail-ladder.ts';

test.each([
  ['25', 'thing', 'high critical critical critical critical'],
  ['25', 'general-purpose', 'high critical critical critical critical'],
  ['odd', 'thing', 'high critical critical critical critical'],
  ['odd', 'general-purpose', 'high critical critical critical critical'],
  ['submission', 'thing', 'medium medium medium high critical'],
  ['submission', 'general-purpose', 'info info info high critical'],
] as const)('on %s by a %s: %s', (portClass, sender, severities) => {
  expect(MAIL_STAGES.map((stage) => severityAt(stage, portClass, sender)).join(' ')).toBe(severities);
});

test.each([
  ['25', 'attempt connected accepted fan-out corroborated'],
  ['odd', 'attempt connected accepted fan-out corroborated'],
  ['submission', 'attempt fan-out corroborated'],
])('on %s each of these is told: %s', (portClass, told) => {
  expect(MAIL_STAGES.filter((stage) => isToldAt(stage, portClass)).join(' ')).toBe(told);
});

test.each([
  ['25', 'thing', 5, 10],
  ['25', 'general-purpose', 5, 10],
  ['odd', 'general-purpose', 5, 10],
  ['submission', 'thing', 5, 10],
  ['submission', 'general-purpose', 20, Number.POSITIVE_INFINITY],
] as const)('on %s a %s fans out from %i servers or %d recipients on', (portClass, sender, servers, recipients) => {
  expect(isFannedOut(portClass, sender, servers - 1, Math.min(recipients - 1, 1e9))).toBe(false);
  expect(isFannedOut(portClass, sender, servers, 0)).toBe(true);
  expect(isFannedOut(portClass, sender, 0, recipients)).toBe(true);
});

test('as many servers are told apart as the widest bound asks for', () => {
  expect(FAN_OUT_SERVERS).toBe(20);
});

describe('of two stages', () => {
  it('the higher is kept, and the one that there is', () => {
    for (const [i, low] of MAIL_STAGES.entries())
      for (const high of MAIL_STAGES.slice(i))
        expect([higherStage(low, high), higherStage(high, low)]).toEqual([high, high]);
    expect([higherStage(undefined, 'connected'), higherStage('connected', undefined)]).toEqual([
      ...['connected', 'connected'],
    ]);
    expect(higherStage(undefined, undefined)).toBeUndefined();
  });

  it('what was stored is one of them or none', () => {
    expect(MAIL_STAGES.map(stageFrom)).toEqual([...MAIL_STAGES]);
    expect(['', 'sent', null, 3].map(stageFrom)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

test('25 is between servers; 465, 587 and 2525 hand mail to a provider; all else is odd', () => {
  expect([24, 25, 26, 465, 587, 2525, 2526].map(mailPortClass)).toEqual([
    ...['odd', '25', 'odd', 'submission', 'submission', 'submission', 'odd'],
  ]);
});

test('a name excuses only where a resolver gave it to this device, or a proxy has to go by it', () => {
  expect((['dns', 'proxy', 'dns-other', 'sni', 'http', null] as const).map(isBorneOut)).toEqual([
    ...[true, true, false, false, false, false],
  ]);
});
