// What an incident says where packets were being lost when it was raised: what is counted may be too little.
import type { LossEstimate } from '../attribute/loss-tally.ts';
import type { Finding, IncidentKind } from '../detect/finding.ts';
import { number } from './wording-parts.ts';

/** Kinds that rest on what was seen and how often, not on what was missing. */
const COUNTED = new Set<IncidentKind>([
  ...(['mail_started', 'submission_started', 'mail_lookup', 'exposed'] as const),
  ...(['port_mapping', 'mac_flood', 'symptom', 'backend_new', 'outbreak'] as const),
]);

/** The finding, with the share that was being lost as `lossPercent` in its evidence where some certainly was. */
export function withLoss(finding: Finding, recent: () => LossEstimate | undefined): Finding {
  if (finding.effect !== 'opens' || !COUNTED.has(finding.kind)) return finding;
  const loss = recent();
  if (loss?.isCertain !== true) return finding;
  const lossPercent = Math.max(1, Math.round((loss.missed / loss.samples) * 100));
  return { ...finding, evidence: { ...finding.evidence, lossPercent } };
}

/** A sentence that begins with a space; empty where nothing was lost. */
export function lossSentence({ lossPercent }: Record<string, unknown>): string {
  if (lossPercent === undefined) return '';
  return ` The capture was losing about ${number(lossPercent)} % of packets then: counts may be too low.`;
}
