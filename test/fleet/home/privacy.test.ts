// That nothing of a home leaves it: over all captures, and all homes of the self-test and of the detection table, the records that would
// be sent are searched for each MAC, address, announced name and name by a person, in any spelling.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../sensor/checkout.ts';
import { CASES as SELF_TEST } from '../../../sensor/self-test/cases.ts';
import type { Spine } from '../../../sensor/spine.ts';
import { CASES as HOMES } from '../../detection/cases.ts';
import { replayed } from '../../support/replayed.ts';
import { Stage } from '../../support/stage.ts';
import { leaks, secretsOf, spellings } from '../support/secrets.ts';
import { recordsOf } from './told.ts';

const CAPTURES = join(PROJECT_ROOT, 'test/captures');
const LABEL = 'Grandma Wilhelmine';

const tally = { records: 0, secrets: 0, backends: 0, steps: 0 };

function check(spine: Spine, homeNet: readonly string[] = []): void {
  // Each device has a name by a person as well.
  for (const [n, device] of spine.engine.devices.all().entries()) device.label ??= `${LABEL} ${n}`;
  const secrets = secretsOf(spine);
  const records = recordsOf(spine, { homeNet });
  expect(leaks(records, secrets)).toEqual([]);
  tally.records += records.length;
  tally.secrets += secrets.size;
  for (const { body, kind } of records) {
    if (kind === 'usage') tally.backends += body.backends.length;
    if (kind === 'incident') tally.steps += body.before.length;
  }
}

describe('nothing by which a home is known is in what is sent', () => {
  it.each(readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap')))('of %s', async (name) => {
    await replayed(join(CAPTURES, name), [], (spine) => check(spine));
  });

  it.each(SELF_TEST.map((one) => [one.name, one] as const))('of the self-test: %s', (_, { frames }) => {
    const stage = new Stage({ recorded: true });
    stage.play(...frames());
    stage.finish();
    check(stage.spine);
    stage.spine.close();
  });

  it.each(HOMES.map((one) => [one.name, one] as const))('of a home: %s', (_, { home, settings, settled }) => {
    const stage = new Stage({ recorded: true, ...settings });
    settled?.(stage);
    for (const part of typeof home === 'function' ? [home] : home) part(stage);
    stage.finish();
    check(stage.spine, settings?.homeNet);
    stage.spine.close();
  });

  it('was searched for in records that there are, and would have been found', () => {
    expect(tally.records).toBeGreaterThan(500);
    expect(tally.secrets).toBeGreaterThan(3000);
    expect(tally.backends).toBeGreaterThan(100);
    expect(tally.steps).toBeGreaterThan(100);
    const record = { body: { before: [{ backend: 'A4CF.1299.BEEF' }, { backend: '192.168.1.50' }] } };
    const secrets = new Set([...spellings('a4:cf:12:99:be:ef'), '192.168.1.50']);
    expect(leaks([record], secrets)).toEqual(['a4cf.1299.beef', '192.168.1.50']);
  });
});
