// The sentences about what the sensor can see: each place has one, says what to change, and claims no more than was seen.

import { expect, it, test } from 'vitest';
import { type Judgement, VANTAGES } from '../../sensor/attribute/vantage.ts';
import { english } from '../../sensor/language/words.ts';
import { textReport } from '../../sensor/main/text-report.ts';
import { blindSummary, notCoveredText, sightOf, vantageAdvice } from '../../sensor/record/wording-vantage.ts';
import { CAMERA, FRIDGE, GATEWAY, START, Stage } from '../support/stage.ts';
import { arpRequest, talk } from '../support/vantage-frames.ts';

const judgement = (changes: Partial<Judgement>): Judgement => ({
  ...{ vantage: 'lan-both-ways', direction: null, confidence: 'sure', reasons: [], isOld: false, outer: null },
  ...changes,
});

it.each(VANTAGES)('%s has a place, a sentence and, unless all is well, something to change', (vantage) => {
  const { fix, place, sentence } = vantageAdvice(english, vantage);
  expect(sentence).toMatch(/^[A-Z].*\.$/);
  expect(place).toMatch(/^[a-z]/);
  expect(fix === null).toBe(vantage === 'lan-both-ways');
});

test('the two directions have sentences of their own', () => {
  const [out, back] = (['from-home', 'to-home'] as const).map((direction) =>
    vantageAdvice(english, 'lan-one-way', direction),
  );
  expect(out?.sentence).toMatch(/from the home to the Internet/);
  expect(back?.sentence).toMatch(/from the Internet to the home/);
  expect(out?.fix).not.toBe(back?.fix);
});

test('doubt is said, and what the judgement rests on', () => {
  const { reasons, sentence } = sightOf(
    english,
    judgement({ confidence: 'unsure', vantage: 'wan-side', reasons: [{ kind: 'public-on-both-ends', count: 3 }] }),
  );
  expect(sentence).toMatch(/too little traffic yet to be sure\.$/);
  expect(reasons).toEqual(['3 packets with public addresses on both ends']);
});

test('mail that came out of the home is told where no device can be', () => {
  const evidence = { vantage: 'wan-side', mailAttempts: 1 };
  expect(blindSummary(english, { evidence, state: 'open' })).toMatch(
    /1 attempt to send mail .* made it cannot be told/,
  );
});

test('devices that are not covered are named up to a bound', () => {
  expect(notCoveredText(english, 0, [])).toBeNull();
  expect(notCoveredText(english, 1, ['fridge'])).toBe(
    '1 device is seen only by broadcast, not covered by the mirror: fridge',
  );
  expect(notCoveredText(english, 40, ['a', 'b'])).toMatch(/^40 devices are .*: a, b and 38 more$/);
});

test('the text report says from where, what to change, and who is not covered', () => {
  const stage = new Stage({ recorded: true });
  stage.play(talk({ count: 20, shows: 'from-home' }), arpRequest(FRIDGE, GATEWAY.ip, START));
  const { devices, incidents } = stage.finish();
  const { judgement: judged } = stage.spine.engine;
  const text = textReport({
    schema: 'thingwatch.report/1',
    capture: {
      ...{
        files: ['a.pcap'],
        packets: 41,
        firstPacket: null,
        lastPacket: null,
        truncated: 0,
        malformed: 0,
        duplicates: 0,
        duplicatesByKind: stage.spine.engine.stats.duplicatesByKind,
      },
      ...{
        vantage: judged.vantage,
        sight: sightOf(english, judged),
        lossPercent: null,
        loss: stage.spine.engine.loss.overall,
      },
    },
    devices,
    incidents,
  });
  expect(text).toContain('Seen from: inside the home, one direction only: what devices send\n');
  expect(text).toMatch(/ {2}What to change: Set the mirror/);
  expect(text).toMatch(/Not covered: 1 device is seen only by broadcast/);
  expect(devices.find(({ mac }) => mac === CAMERA.mac)?.broadcastOnly).toBe(false);
});
