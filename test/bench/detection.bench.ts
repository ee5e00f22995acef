// The detection table: crafted homes, half of them innocent, each with its verdict, and precision and recall over all.
import { judge } from '../detection/case.ts';
import { CASES } from '../detection/cases.ts';
import { tableOf } from '../detection/table.ts';

export function run(): Promise<void> {
  const begun = performance.now();
  const verdicts = CASES.map((one) => {
    const verdict = judge(one);
    const isRight = verdict.missed.length + verdict.falseAlarms.length === 0;
    console.log(`${isRight ? 'right' : 'WRONG'}  ${verdict.innocent ? 'innocent' : 'guilty  '}  ${verdict.name}`);
    for (const reason of verdict.missed) console.log(`         missed: ${reason}`);
    for (const reason of verdict.falseAlarms) console.log(`         false alarm: ${reason}`);
    return verdict;
  });
  const { falseAlarms, found, innocent, missed, precision, recall } = tableOf(verdicts);
  console.log(`
cases      ${verdicts.length}, of which ${innocent} innocent (aim: 120, half of them)
incidents  ${found} found, ${missed} missed, ${falseAlarms} false
precision  ${precision.toFixed(3)} (aim: 1)
recall     ${recall.toFixed(3)} (aim: 1)
time       ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return Promise.resolve();
}
