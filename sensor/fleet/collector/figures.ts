// What a collector did, a line a minute: for the log, and for whoever wants to know whether one more is needed.

/** Of records unless told otherwise. */
export interface Figures {
  stored: number;
  /** Delivered again, or older than what was there. */
  known: number;
  dead: number;
  /** Of homes that sent more than they may. */
  limited: number;
  /** Of homes that had withdrawn. */
  left: number;
  withdrawals: number;
  batches: number;
  octets: number;
}

export const noFigures = (): Figures => ({
  ...{ stored: 0, known: 0, dead: 0, limited: 0, left: 0, withdrawals: 0, batches: 0, octets: 0 },
});

/** @param lag records that wait; null where nobody knows @param elapsed ms */
export function figuresLine(figures: Figures, floods: number, lag: number | null, elapsed: number): string {
  const { dead, known, left, limited, stored, withdrawals } = figures;
  const rate = (stored / Math.max(1, elapsed)) * 1000;
  const parts = [`${stored} records stored (${rate.toFixed(1)}/s)`];
  if (known > 0) parts.push(`${known} known before`);
  if (dead > 0) parts.push(`${dead} to the dead letters`);
  if (limited > 0) parts.push(`${limited} refused of ${floods} home${floods === 1 ? '' : 's'} that sent too much`);
  if (left > 0) parts.push(`${left} dropped of homes that had left`);
  if (withdrawals > 0) parts.push(`${withdrawals} withdrawn`);
  parts.push(lag === null ? 'how many wait is not known' : `${lag} wait`);
  return parts.join(', ');
}
