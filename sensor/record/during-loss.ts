// What an incident says where packets were being lost when it was raised: what is counted may be too little.
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { Finding, IncidentKind } from '../detect/finding.ts';
import type { Words } from '../language/words.ts';
import { number } from './wording-parts.ts';

/** Kinds that rest on what was seen and how often, not on what was missing. */
const COUNTED = new Set<IncidentKind>([
  ...(['mail_started', 'submission_started', 'mail_lookup', 'exposed'] as const),
  ...(['port_mapping', 'mac_flood', 'symptom', 'backend_new', 'outbreak', 'fleet_warning'] as const),
]);

/** The finding, with the share that was being lost as `lossPercent` in its evidence where some certainly was. */
export function withLoss(finding: Finding, recent: () => LossEstimate | undefined): Finding {
  if (finding.effect !== 'opens' || !COUNTED.has(finding.kind)) return finding;
  const loss = recent();
  if (loss?.isCertain !== true) return finding;
  const lossPercent = Math.max(1, Math.round((loss.missed / loss.samples) * 100));
  return { ...finding, evidence: { ...finding.evidence, lossPercent } };
}

/** Null where nothing was lost. */
export function lossSentence({ incidents }: Words, { lossPercent }: Record<string, unknown>): string | null {
  return lossPercent === undefined ? null : incidents.loss({ percent: number(lossPercent) });
}
