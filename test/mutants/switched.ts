// A source with all its mutants inside, each behind a switch: one load of a file serves them all.
import type { Mutant } from './operators.ts';

/** The switch, told the number of a mutant: whether it is on. The runner puts it there before any source is loaded. */
export const SWITCH = '__mutantIsOn';

export interface Numbered extends Mutant {
  number: number;
}

interface Span {
  start: number;
  end: number;
  mutants: Numbered[];
  inside: Span[];
}

/** `source` with `mutants` built in; with all switches off it does what it did. */
export function switched(source: string, mutants: readonly Numbered[]): string {
  const top: Span = { start: 0, end: source.length, mutants: [], inside: [] };
  const ordered = [...mutants].sort((left, right) => left.start - right.start || right.end - left.end);
  for (const mutant of ordered) place(top, mutant);
  return rendered(top, source);
}

function place(into: Span, mutant: Numbered): void {
  const last = into.inside.at(-1);
  if (last !== undefined && last.start <= mutant.start && mutant.end <= last.end) {
    if (last.start === mutant.start && last.end === mutant.end) last.mutants.push(mutant);
    else place(last, mutant);
  } else into.inside.push({ start: mutant.start, end: mutant.end, mutants: [mutant], inside: [] });
}

function rendered(span: Span, source: string): string {
  let text = '';
  let at = span.start;
  for (const inner of span.inside) {
    text += source.slice(at, inner.start) + rendered(inner, source);
    at = inner.end;
  }
  text += source.slice(at, span.end);
  return span.mutants.reduce(withSwitch, text);
}

/** A statement stays one for an `else` that follows; an expression keeps its place among operators. */
function withSwitch(text: string, { form, number, text: other }: Numbered): string {
  const isOn = `globalThis.${SWITCH}(${number})`;
  return form === 'statement' ? `{ if (!${isOn}) { ${text} } }` : `(${isOn} ? ${other} : ${text})`;
}
