// What is said of symptoms: what a device does more than it used to. They prove nothing alone, and the advice says so.
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { number } from './wording-parts.ts';

/** `tv opened 300 connections within an hour; 12 are usual for its busiest hour.` */
export function symptomSummary({ incidents }: Words, who: string, { evidence }: Incident): string {
  const [value, usual] = [number(evidence.value), number(evidence.usual)];
  switch (evidence.measure) {
    case 'always-on':
      return incidents.alwaysOn({ who, value: percent(value), usual: percent(usual) });
    case 'destinations':
      return incidents.destinations({ who, value, usual });
    case 'connections':
      return incidents.connections({ who, value, usual });
    default:
      return incidents.latency({ who, value, usual });
  }
}

function percent(share: number): number {
  return Math.round(share * 100);
}
