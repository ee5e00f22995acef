// On real captures, kept beside the checkout where a team has them: the sensor finds what tshark finds. Without the folder
// nothing is tested here, and that is said.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';
import { type Compared, compareFolder, table } from './compare.ts';

const isThere = existsSync(join(CAPTURES_OF_OTHERS, 'truth.ndjson'));
if (!isThere)
  console.warn(
    `SKIPPED, agreement with tshark is not tested: there is no ${CAPTURES_OF_OTHERS} (CAPTURES_OF_OTHERS names another folder)`,
  );

describe.skipIf(!isThere)('on captures of others', () => {
  let compared: Compared;
  beforeAll(async () => {
    const found = await compareFolder(CAPTURES_OF_OTHERS);
    if (found === null) throw new Error('the folder is gone');
    compared = found;
    console.log(table(compared));
  }, 300_000);

  it('finds every mail attempt, TLS name and QUIC name of every capture it can read', () => {
    const readable = compared.differences.filter(({ reason }) => !reason.startsWith('refused'));
    expect(readable.filter((difference) => ['mail', 'tls', 'quic'].includes(difference.class))).toEqual([]);
    for (const name of ['mail', 'tls', 'quic'] as const) expect(compared.found[name]).toBeGreaterThan(0);
  });

  it('has a reason for whatever else differs', () => {
    expect(compared.differences.filter(({ reason }) => reason === 'UNEXPLAINED')).toEqual([]);
  });
});
