// What must be the same in every language, and what must not be left of the English.
import type { Words } from '../../sensor/language/words.ts';

/** Words that no sentence of another of our languages has. */
const ENGLISH =
  /\b(?:the|of|is|are|its?|this|that|which|with|from|to|for|on|by|or|not|no|only|mail servers?|attempts?|device|devices|address|addresses|connections?|since|after|while|seen|connected|refused|accepted|unknown|messages?|answers?|questions?|hours?|minutes?|days?|packets?|router's|sensor|and)\b/g;

/** Words that both have, and names of things. */
const IN_BOTH = /\b(?:Sensor|Router|of-\S+)\b|„[^“]*“/g;

/** English words in a text that should have none; names of hosts and devices are no words. */
export function leftovers(text: string): string[] {
  const words = text.replace(IN_BOTH, ' ').replace(/\S*[\d.:_/-]\S*\w/g, ' ');
  return words.match(ENGLISH) ?? [];
}

/** Numbers, addresses and names that the English has and the other text has not, also not as its language writes them. */
export function lostIn(before: string, after: string, words: Words): string[] {
  const there = new Set(tokensOf(after));
  return tokensOf(before).filter(
    (token) => ![token, words.number(Number(token)), ...tokensOf(words.date(token))].some((one) => there.has(one)),
  );
}

/** Numbers, and what has a dot, a colon or a dash within. */
function tokensOf(text: string): string[] {
  return text.match(/[\w-]+(?:[.:,][\w-]+)+|\d[\w-]*/g) ?? [];
}
