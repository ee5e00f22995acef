// A soak's outcome in words, and what of it must not be.
import type { SoakResult } from './soak.ts';
import type { Growth } from './watch.ts';

/** What may be more in the end, as a share and in plain (MB or pieces): the home still learns names, and a look may come at a bad moment. */
const MAY_GROW = {
  heap: { share: 0.15, plain: 4 },
  own: { share: 0.2, plain: 12 },
  descriptors: { share: 0, plain: 4 },
  timers: { share: 0, plain: 6 },
} as const;

export function reportText(result: SoakResult): string {
  const { balance, growth, injected, phone } = result;
  const { alerts, attempts, incidents } = balance;
  const kinds = new Map<string, number>();
  for (const { kind } of injected) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const slowest = Math.max(...injected.map(({ overcome }) => overcome ?? Number.POSITIVE_INFINITY));
  return [
    `${result.minutes} minutes, seed ${result.seed}: ${result.frames} frames, ${result.rate.toFixed(0)} a second`,
    `injected: ${injected.length} faults (${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ')}); slowest overcome after ${(slowest / 1000).toFixed(1)} s`,
    `attempts: ${attempts.sent} sent, ${attempts.blind} of them while the sensor could not see, ${attempts.counted} counted; lost: ${attempts.lost}, counted twice: ${attempts.twice}`,
    `incidents: ${incidents.expected} due, ${incidents.stored} stored; lost: ${incidents.lost}, twice: ${incidents.twice}`,
    `alerts: ${alerts.heard} heard, ${alerts.again} of them again; lost: ${alerts.lost}, of no incident: ${alerts.unknown}`,
    `page: ${phone.looks} looks, ${phone.failed} failed, slowest ${(phone.slowest / 1000).toFixed(1)} s`,
    `database: integrity_check ${balance.integrity}; ended with ${result.exitCode}`,
    growth === null ? 'memory: too few samples' : growthText(growth),
  ].join('\n');
}

function growthText({ descriptors, heap, own, samples, seconds, timers }: Growth): string {
  const row = ([from, to]: [number, number], digits: number) => `${from.toFixed(digits)} → ${to.toFixed(digits)}`;
  return `memory over ${Math.round(seconds)} s (${samples} samples): heap after collection ${row(heap, 1)} MB, own pages ${row(own, 1)} MB, descriptors ${row(descriptors, 0)}, timers ${row(timers, 0)}`;
}

/** What went wrong; nothing when the soak was passed. */
export function faultsOf(result: SoakResult): string[] {
  const { alerts, attempts, incidents, integrity } = result.balance;
  const must = (isSo: boolean, words: string): string[] => (isSo ? [] : [words]);
  return [
    ...result.injected.flatMap(({ at, kind, problem }) => (problem === null ? [] : [`${at} s, ${kind}: ${problem}`])),
    ...result.unexpectedEnds.map((how) => `the sensor ended by itself: ${how}`),
    ...must(attempts.lost === 0, `${attempts.lost} attempts lost`),
    ...must(attempts.twice === 0, `${attempts.twice} attempts counted twice`),
    ...must(incidents.lost === 0, `${incidents.lost} incidents lost`),
    ...must(incidents.twice === 0, `${incidents.twice} incidents twice`),
    ...must(alerts.lost === 0, `${alerts.lost} alerts lost`),
    ...must(alerts.unknown === 0, `${alerts.unknown} alerts of no incident`),
    ...result.balance.details,
    ...must(result.phone.failed === 0, `the page did not answer ${result.phone.failed} times`),
    ...must(integrity === 'ok', `integrity_check: ${integrity}`),
    ...must(result.exitCode === 0, `it ended with ${result.exitCode}`),
    ...(result.growth === null ? [] : growthFaults(result.growth)),
  ];
}

function growthFaults(growth: Growth): string[] {
  return (['heap', 'own', 'descriptors', 'timers'] as const).flatMap((what) => {
    const [from, to] = growth[what];
    const { plain, share } = MAY_GROW[what];
    return to > from * (1 + share) + plain ? [`${what} grew from ${from.toFixed(1)} to ${to.toFixed(1)}`] : [];
  });
}
