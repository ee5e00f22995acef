// Warnings about what every device of a large home uses do not hold up its packets.
import { expect, it } from 'vitest';
import type { Backend } from '../../sensor/attribute/device.ts';
import { FleetWarningDetector, OPENED_A_DAY } from '../../sensor/detect/fleet-warnings.ts';
import type { HeldWarning } from '../../sensor/detect/held-warning.ts';
import { MOST_WARNINGS } from '../../sensor/detect/warned.ts';
import { DAY, HOUR, SECOND, START } from '../support/stage.ts';
import { type Around, deviceIn, surroundings, take } from '../support/surroundings.ts';

const DEVICES = 400;

const backend = (name: string): Backend => ({
  ...{ name, role: 'unknown', roleFrom: null, note: null, hosts: [], nameFrom: [], through: [], outerName: false },
  ...{ shared: false, connections: 1, bytesUp: 0, bytesDown: 0, firstSeen: START, lastSeen: START, days: [] },
});
const warnings = (from: number): HeldWarning[] =>
  Array.from({ length: MOST_WARNINGS }, (_, i) => ({
    ...{
      id: `outbreak${String(from + i).padStart(8, '0')}`,
      revision: 1,
      backend: `${from + i}.example`,
      role: 'store',
    },
    ...{ groups: [], homes: { exposed: 9, mailed: 9 }, lift: { value: 9, low: 5, high: null }, alike: [] },
    ...{ firstSeen: START, issuedAt: START, expiresAt: START + 9 * DAY },
  }));

function largeHome(): Around {
  const around = surroundings();
  for (let i = 0; i < DEVICES; i++) {
    const [high, low] = [i >> 8, i & 255].map((octet) => octet.toString(16).padStart(2, '0'));
    const device = deviceIn(around, { mac: `a4:cf:12:${high}:${low}:01` });
    for (let n = 0; n <= MOST_WARNINGS; n++) device.backends.set(`${n}.example`, backend(`${n}.example`));
  }
  return around;
}

it('each device is asked once what it is, however many warnings it concerns, and for news at most every ten seconds', () => {
  const around = largeHome();
  let asked = 0;
  const { knowledge } = around;
  const classOf = knowledge.classOf.bind(knowledge);
  knowledge.classOf = (device) => {
    asked++;
    return classOf(device);
  };
  const detector = new FleetWarningDetector(around);
  detector.warned(warnings(0));
  detector.tick(START);
  expect(asked).toBe(DEVICES);
  expect(take(around)).toHaveLength(OPENED_A_DAY.byAll);
  for (let second = 1; second <= 30; second++) {
    detector.warned(warnings(second % 2));
    detector.tick(START + second * SECOND);
  }
  // Three looks, and those of whom something was told before.
  expect(asked).toBeLessThanOrEqual(4 * DEVICES + 3 * OPENED_A_DAY.byAll);
  asked = 0;
  detector.warned(warnings(1000));
  detector.tick(START + HOUR);
  expect(asked).toBeLessThanOrEqual(OPENED_A_DAY.byAll);
});
