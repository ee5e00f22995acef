// Why two addresses are suggested as one thing, as a sentence for people.
import type { Suggestion } from '../attribute/same-thing.ts';
import type { SameReason } from '../attribute/same-thing-keys.ts';
import type { Words } from '../language/words.ts';

/** `It announced the name annas-phone as well, and it fell silent before this address appeared.` */
export function sameReason(words: Words, { kind, older, reasons }: Suggestion): string {
  const { same } = words;
  const facts = reasons.flatMap((reason) => {
    if (reason.kind === 'name') return [same.name({ name: reason.name })];
    return reason.kind === 'never-together' || reason.kind === 'seldom-together' ? [] : [same.facts[reason.kind]];
  });
  const told = [...facts, ...whenOf(words, kind, reasons)];
  const last = told.pop() ?? '';
  const sentence = told.length === 0 ? last : same.several({ facts: told.join(', '), last });
  const said = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
  return older.length === 0 ? said : `${said} ${same.older({ n: older.length })}`;
}

function whenOf({ same }: Words, kind: Suggestion['kind'], reasons: readonly SameReason[]): string[] {
  if (kind === 'new-address') return [same.fellSilent];
  if (reasons.some((reason) => reason.kind === 'never-together')) return [same.neverTogether];
  return reasons.some((reason) => reason.kind === 'seldom-together') ? [same.seldomTogether] : [];
}
