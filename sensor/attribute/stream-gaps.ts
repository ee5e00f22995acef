// One direction of a TCP stream of which the capture filter keeps every segment: what of it was sent and acknowledged and never
// seen. Sequence numbers alone (RFC 9293, section 3.4); SYN and FIN count as the octet that they take.

/** Gaps that may still be filled by a late or repeated segment. */
const OPEN_GAPS = 16;
/** A step further than this is forged, or of another connection. */
const FARTHEST = 1024 * 1024;

interface Gap {
  from: number;
  to: number;
}

/** Of most streams: there are tens of thousands at once. */
const NO_GAPS: readonly Gap[] = [];

export class StreamGaps {
  #next: number | null = null;
  #gaps = NO_GAPS;
  #acknowledged: number | null = null;
  #largest = 1;
  #lost = 0;
  /** Frames seen, those without payload as well. */
  frames = 0;
  /** Segments seen that brought something new. */
  segments = 0;

  /** The first octet will have this sequence number. */
  start(sequence: number): void {
    this.#next ??= sequence >>> 0;
  }

  /** A segment of `length` octets; nothing new comes of a repetition. */
  sent(sequence: number, length: number): void {
    if (length === 0) return;
    this.#largest = Math.max(this.#largest, length);
    const next = this.#next ?? sequence;
    const step = (sequence - next) | 0;
    if (step > FARTHEST || step < -FARTHEST) return;
    const end = (sequence + length) >>> 0;
    if (step > 0) this.#open(next, sequence);
    const fills = step < 0 && this.#fill(sequence, end);
    const isNew = ((end - next) | 0) > 0;
    if (isNew) this.#next = end;
    if (isNew || fills) this.segments++;
  }

  /** The other side has received all octets before `sequence`. */
  acknowledged(sequence: number): void {
    const next = this.#next;
    if (next === null) return;
    const step = (sequence - next) | 0;
    if (step > FARTHEST || step < -FARTHEST) return;
    if (this.#acknowledged === null || ((sequence - this.#acknowledged) | 0) > 0) this.#acknowledged = sequence >>> 0;
    if (step <= 0) return;
    this.#open(next, sequence);
    this.#next = sequence >>> 0;
  }

  /** Segments that were received and never seen. A gap that nobody acknowledged may have been lost by the network itself. */
  lost(): number {
    return this.#lost + this.#gaps.reduce((sum, gap) => sum + this.#segmentsIn(gap), 0);
  }

  #open(from: number, to: number): void {
    const [oldest] = this.#gaps;
    const isFull = this.#gaps.length >= OPEN_GAPS;
    if (isFull && oldest !== undefined) this.#lost += this.#segmentsIn(oldest);
    this.#gaps = [...this.#gaps.slice(isFull ? 1 : 0), { from: from >>> 0, to: to >>> 0 }];
  }

  /** The octets from `from` to before `to` were seen after all. Returns whether any of them was missing. */
  #fill(from: number, to: number): boolean {
    let filled = false;
    this.#gaps = this.#gaps.flatMap((gap) => {
      if (((gap.to - from) | 0) <= 0 || ((to - gap.from) | 0) <= 0) return [gap];
      filled = true;
      const left = ((from - gap.from) | 0) > 0 ? [{ from: gap.from, to: from }] : [];
      const right = ((gap.to - to) | 0) > 0 ? [{ from: to, to: gap.to }] : [];
      return [...left, ...right];
    });
    return filled;
  }

  #segmentsIn({ from, to }: Gap): number {
    if (this.#acknowledged === null || ((this.#acknowledged - to) | 0) < 0) return 0;
    return Math.ceil(((to - from) >>> 0) / this.#largest);
  }
}
