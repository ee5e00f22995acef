// What the sentence on top of the page is made from: a home in which all is well, to be spoiled by a test.
import type { Health } from '../../sensor/record/health.ts';
import { summarize } from '../../web/api.ts';
import type { SentenceInput } from '../../web/page/sentence.ts';
import { plainDevice, quietHealth } from './sample-home.ts';
import { sightFrom } from './sight.ts';

/** What a sensor says of itself that looks from where `health` has it. */
export function seeing(now: number, health: Partial<Health> = {}): Health {
  return { ...quietHealth(now), sight: sightFrom(health.vantage ?? 'lan-both-ways', 'from-home'), ...health };
}

/** Fourteen devices, twelve days of unbroken traffic, nothing open. */
export function quietHome(now: number, health: Partial<Health> = {}): SentenceInput {
  const devices = Array.from({ length: 14 }, (_, index) =>
    plainDevice(`3c:84:6a:00:00:${(index + 16).toString(16)}`, `Device ${index}`, now),
  );
  return {
    health: seeing(now, health),
    incidents: [],
    incomplete: false,
    devices: devices.map((device) => summarize(device, [])),
    activity: devices[0]?.activity ?? [],
    connected: true,
    now,
  };
}
