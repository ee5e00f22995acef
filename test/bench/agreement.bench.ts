// Names and mail that the sensor finds in real captures beside what tshark found in them; the table of test/agreement.
import { compareFolder, DEFAULT_FOLDER, table } from '../agreement/compare.ts';

export async function run([folder = DEFAULT_FOLDER]: string[]): Promise<void> {
  const compared = await compareFolder(folder);
  if (compared === null) throw new Error(`${folder} has no truth.ndjson: nothing to compare with`);
  console.log(table(compared));
}
