// In which language a request is answered: the one that it names, else what its browser would rather have, else the configured one.
import type { Request } from 'express';
import { LANGUAGES, languageOf, type Words, wordsIn } from '../sensor/language/words.ts';

/** Resolves at once but for the first request in a language. `configured`: what is not asked for in a language of ours. */
export async function wordsFor(request: Request, configured: Words): Promise<Words> {
  const others = LANGUAGES.filter((language) => language !== configured.language);
  const wanted =
    languageOf(request.query.language) ?? languageOf(request.acceptsLanguages(configured.language, ...others));
  return wanted === undefined || wanted === configured.language ? configured : wordsIn(wanted);
}
