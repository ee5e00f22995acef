// What people called normal: which findings an expectation covers, and how often it did. In memory; the recorder stores it.
import { createHash } from 'node:crypto';
import type { Mac } from '../decode/packet.ts';
import type { Finding } from '../detect/finding.ts';
import { byText } from './by-text.ts';
import { covers, type Scope } from './expectation-scope.ts';
import { Groups } from './groups.ts';
import type { Expectation } from './incident.ts';

export class ExpectationBook {
  readonly #expectations = new Map<string, Expectation>();
  readonly #byDevice = new Groups<Mac, Expectation>();

  load(expectations: Iterable<Expectation>): void {
    for (const expectation of expectations) this.#remember(expectation);
  }

  get(id: string): Expectation | undefined {
    return this.#expectations.get(id);
  }

  /** Newest first. */
  all(): Expectation[] {
    return [...this.#expectations.values()].sort(newestFirst);
  }

  /** Of one thing, which may have had several addresses; newest first. */
  ofDevice(macs: readonly Mac[]): Expectation[] {
    return macs.flatMap((mac) => [...this.#byDevice.of(mac)]).sort(newestFirst);
  }

  /** The expectation that covers a finding about the thing with these addresses, if one does at its time. */
  covering(finding: Finding, macs: readonly Mac[]): Expectation | null {
    for (const expectation of macs.flatMap((mac) => [...this.#byDevice.of(mac)])) {
      if (expectation.until !== null && finding.time > expectation.until) continue;
      if (covers(expectation, finding)) return expectation;
    }
    return null;
  }

  /** Whether some mail of the thing with these addresses, or of `inner` behind it, is expected at `time`. */
  allowsMail(macs: readonly Mac[], time: number, inner?: string): boolean {
    return this.ofDevice(macs).some(
      ({ covers: what, targets, until }) =>
        what === 'mail' && (until === null || time <= until) && targets.some(({ from }) => from === inner),
    );
  }

  /** Makes an expectation; the same scope for the same device is the same expectation. */
  add(from: {
    device: Mac;
    scope: Scope;
    until: number | null;
    by: string;
    time: number;
    incident: string | null;
  }): Expectation {
    const { device, scope } = from;
    const id = createHash('sha256')
      .update(JSON.stringify([device, scope.covers, scope.targets]))
      .digest('hex')
      .slice(0, 16);
    const known = this.#expectations.get(id);
    if (known !== undefined) {
      known.until = from.until;
      return known;
    }
    const expectation: Expectation = {
      id,
      device,
      ...scope,
      createdAt: from.time,
      createdBy: from.by,
      until: from.until,
      matches: 0,
      lastMatch: null,
      incident: from.incident,
    };
    this.#remember(expectation);
    return expectation;
  }

  remove(id: string): Expectation | null {
    const expectation = this.#expectations.get(id) ?? null;
    this.#expectations.delete(id);
    if (expectation !== null) this.#byDevice.delete(expectation.device, expectation);
    return expectation;
  }

  #remember(expectation: Expectation): void {
    this.#expectations.set(expectation.id, expectation);
    this.#byDevice.add(expectation.device, expectation);
  }
}

function newestFirst(a: Expectation, b: Expectation): number {
  return b.createdAt - a.createdAt || byText(a.id, b.id);
}
