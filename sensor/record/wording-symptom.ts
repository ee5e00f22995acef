// The sentences about symptoms: what a device does more than it used to. They prove nothing alone, and say so.
import type { Incident } from './incident.ts';
import { number, text } from './wording-parts.ts';

/** `tv made 300 new connections in an hour; 12 are usual for it.` */
export function symptomSummary(who: string, { evidence }: Incident): string {
  const [value, usual] = [number(evidence.value), number(evidence.usual)];
  switch (text(evidence.measure)) {
    case 'always-on':
      return `${who} talked to the Internet during ${percent(value)} of the day; ${percent(usual)} is usual for it.`;
    case 'destinations':
      return `${who} went to ${value} Internet addresses within an hour; ${usual} are usual for its busiest hour.`;
    case 'connections':
      return `${who} opened ${value} connections within an hour; ${usual} are usual for its busiest hour.`;
    default:
      return `${who} takes ${value} ms to answer; ${usual} ms is usual for it.`;
  }
}

export const SYMPTOM_ADVICE = [
  'Alone this proves nothing: a new app, an update or more use of the device explain it as well.',
  'Look whether the same device sends mail, was reached from the Internet or found a new backend lately.',
];

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
