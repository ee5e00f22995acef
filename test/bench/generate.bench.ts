// Writes the made-up capture and says, honestly, how much of it the filter lets through and why.
import { captureFilter, filterParts } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { capturePath, DEFAULT_MIX, generate } from './generate.ts';
import { packetsIn, readArgs } from './measure.ts';

export async function run(args: string[]): Promise<void> {
  const { values } = readArgs(args, DEFAULT_MIX);
  const { bytes, file, packets, uploadSegments } = generate(capturePath(values), values);
  const percent = (part: number) => `${((part * 100) / packets).toFixed(2)} %`;
  const passed = await packetsIn(file, captureFilter(LINK_TYPES.ethernet));
  const continued = filterParts(LINK_TYPES.ethernet)
    .filter(({ name }) => name.startsWith('untagged/') && name.endsWith('tls-hello-continued'))
    .map(({ expression }) => `(${expression})`);
  const passedUploads = await packetsIn(file, `(${continued.join(' or ')}) and greater 1500`);
  console.log(`${file}: ${packets} packets, ${(bytes / 1e6).toFixed(0)} MB`);
  console.log(`pass the filter: ${passed} (${percent(passed)})`);
  console.log(
    `of these full-size segments to port 443: ${passedUploads} (${percent(passedUploads)}), of ${uploadSegments} that devices upload in flows begun`,
  );
}
