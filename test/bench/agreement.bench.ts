// Names and mail that the sensor finds in real captures beside what tshark found in them; the table of test/agreement.
import { compareFolder, table } from '../agreement/compare.ts';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';

export async function run([folder = CAPTURES_OF_OTHERS]: string[]): Promise<void> {
  const compared = await compareFolder(folder);
  if (compared === null) throw new Error(`${folder} has no truth.ndjson: nothing to compare with`);
  console.log(table(compared));
}
