// Why two addresses are suggested as one thing, as a sentence for people.
import type { Suggestion } from '../attribute/same-thing.ts';
import type { SameReason } from '../attribute/same-thing-keys.ts';

const FACTS: Record<Exclude<SameReason['kind'], 'name' | 'never-together' | 'seldom-together'>, string> = {
  'client-id': 'it gave the router the same identifier',
  id: 'it announces the same identifier in the home',
  adjacent: 'the two hardware addresses are neighbours',
  model: 'it is the same model',
  system: 'it asks for an address in the same way',
  note: 'it is of the same kind',
};

/** `It announced the name annas-phone as well, and fell silent before this address appeared.` */
export function sameReason({ kind, older, reasons }: Suggestion): string {
  const facts = reasons.flatMap((reason) => {
    if (reason.kind === 'name') return [`it announced the name ${reason.name} as well`];
    return reason.kind === 'never-together' || reason.kind === 'seldom-together' ? [] : [FACTS[reason.kind]];
  });
  const told = [...facts, ...whenOf(kind, reasons)];
  const last = told.pop() ?? '';
  const sentence = told.length === 0 ? last : `${told.join(', ')}, and ${last}`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.${furtherOf(older.length)}`;
}

function whenOf(kind: Suggestion['kind'], reasons: readonly SameReason[]): string[] {
  if (kind === 'new-address') return ['it fell silent before this address appeared'];
  if (reasons.some((reason) => reason.kind === 'never-together')) return ['the two were never active in the same hour'];
  if (reasons.some((reason) => reason.kind === 'seldom-together'))
    return ['the two are seldom active at the same time'];
  return [];
}

function furtherOf(count: number): string {
  if (count === 0) return '';
  return ` The same is true of ${count === 1 ? 'one more address' : `${count} more addresses`} before it: one yes joins them all.`;
}
