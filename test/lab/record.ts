// Records the captures that test/captures ships, again and at will: real traffic of the lab, moved to a fixed date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Home } from './home.ts';
import { checkout } from './namespaces.ts';
import { readRecords, retime, type Stretch } from './retime.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** When every shipped capture begins. */
const start = Date.parse('2026-01-05T10:00:00Z');

/** Records the named scenarios (all when none is named) into a directory; says on `print` what each file holds. */
export async function recordCaptures(
  names: readonly string[],
  print: (line: string) => void,
  directory: string = join(checkout, 'test', 'captures'),
): Promise<void> {
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const known = scenarios.map((scenario) => scenario.name).join(', ');
    throw new Error(`no scenario ${unknown.join(', ')}; there are ${known}`);
  }
  await mkdir(directory, { recursive: true });
  for (const scenario of scenarios.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const pcap = await recordScenario(scenario);
    await writeFile(join(directory, `${scenario.name}.pcap`), pcap);
    print(`${scenario.name}.pcap: ${readRecords(pcap).length} packets, ${pcap.length} bytes`);
  }
}

export async function recordScenario(scenario: Scenario): Promise<Buffer> {
  const home = await Home.start({ devices: scenario.devices, join: false });
  try {
    await scenario.prepare?.(home);
    const file = join(home.directory, 'recorded.pcap');
    const recording = await home.record(file, scenario.filter);
    const stretches: Stretch[] = [];
    await scenario.act(home, async (minutes) => {
      // What is on its way belongs before the silence.
      await sleep(400);
      stretches.push({ at: Date.now(), by: minutes * 60_000 });
    });
    await recording.stop();
    return retime(await readFile(file), start, stretches);
  } finally {
    await home.stop();
  }
}
