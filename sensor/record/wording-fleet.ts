// What is said of a warning that came from other homes: whose word it is, and what was seen here.
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { entry, number, text } from './wording-parts.ts';

/**
 * `Your fleet warns: in 37 of 41 homes with such a device, mail began after contact with cdn.example. Camera has contacted it 2
 * times, last on 2026-11-30; it has not been seen to send mail.`
 */
export function fleetSummary(words: Words, who: string, { evidence }: Incident): string {
  const { fleet } = words.incidents;
  const warns = entry(fleet.warns, evidence.among) ?? fleet.warns.things;
  const said = warns({
    mailed: number(evidence.homesMailed),
    exposed: number(evidence.homesExposed),
    backend: text(words, evidence.backend),
  });
  const here = fleet.contacts({
    who,
    n: number(evidence.contacts),
    day: words.date(text(words, evidence.lastContact).slice(0, 10)),
    mail: number(evidence.ownMail) === 0 ? fleet.noMail : fleet.mail,
  });
  return `${said} ${here}`;
}

/** `renewal`: how its firmware is put on anew. */
export function fleetAdvice({ advice }: Words, renewal: readonly string[]): string[] {
  return [...advice.fleetFirst, ...renewal, ...advice.fleetLast];
}
