// The shape of records for others, beside the code: `-u` writes it anew from the code, and a difference is a change of what travels.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../../sensor/checkout.ts';
import { fleetRecord, RECORD_SCHEMA } from '../../../sensor/fleet/record.ts';

const FILE = join(PROJECT_ROOT, 'sensor/fleet/record.schema.json');

it('record.schema.json says what the code checks', async () => {
  const schema = {
    $id: `https://thingwatch.example/${RECORD_SCHEMA}`,
    title: 'What a home reports to its fleet',
    ...z.toJSONSchema(fleetRecord),
  };
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(FILE);
});
