// How a language pack is written, and what becomes of it. A pack is plain data: sentences with places for values, such as
// `{who} asked for {what}.`, and forms by count. Which values a sentence takes is part of its type, so that a translation without
// one of the sentences, or without one of the values, does not compile.
import { lazily } from '../lazily.ts';

/** A number is written as the language writes numbers; a text stays as it is, so ports are given as texts. */
export type Value = string | number;

/** By the plural rules of the language; which form is taken, the value `n` says. */
type Forms = { readonly other: string } & { readonly [F in Intl.LDMLPluralRule]?: string };

/** The values that a sentence has places for. */
type Places<T> = T extends `${string}{${infer Place}}${infer Rest}` ? Place | Places<Rest> : never;

type Values<P extends string> = { readonly [K in P]: K extends 'n' ? number : Value };

type Saying<P extends string> = [P] extends [never] ? string : (values: Values<P>) => string;

/** A pack as it is used: sentences without values are texts, the others functions of their values. */
export type Spoken<T> = T extends string
  ? Saying<Places<T>>
  : T extends { readonly other: infer O }
    ? Saying<Places<O> | 'n'>
    : T extends readonly string[]
      ? readonly string[]
      : { readonly [K in keyof T]: Spoken<T[K]> };

interface Amiss<What extends string, P> {
  readonly [amiss: symbol]: never;
  readonly what: What;
  readonly values: P;
}

/** `D`, where it has the same places as `E`; else what is amiss. `Loose`: may be left out, as `{n}` is in "one of them". */
type SamePlaces<E, D, Loose = never> = [Exclude<Places<E>, Places<D> | Loose>] extends [never]
  ? [Exclude<Places<D>, Places<E> | Loose>] extends [never]
    ? D
    : Amiss<'has places for values that there are not', Exclude<Places<D>, Places<E>>>
  : Amiss<'lacks places for values', Exclude<Places<E>, Places<D>>>;

/** What `D` has to be to stand for `E` in another language. */
export type Translated<E, D> = E extends string
  ? SamePlaces<E, D>
  : E extends { readonly other: infer O }
    ? D extends { readonly other: infer OD }
      ? { readonly [F in keyof D]: F extends 'other' ? SamePlaces<O, OD, 'n'> : SamePlaces<O, D[F], 'n'> }
      : Forms
    : { readonly [K in keyof E]: K extends keyof D ? Translated<E[K], D[K]> : E[K] } & {
        readonly [K in Exclude<keyof D, keyof E>]: Amiss<'is no part of the English pack', K>;
      };

/** A section of a pack in another language, checked against the English one. */
export function inPlaceOf<E>() {
  return <const D>(section: D & Translated<E, D>): D => section;
}

/**
 * How the language writes what is not a sentence. What most reports have, whole numbers and lists, is told here, as what Node knows of
 * languages takes it 15 ms and more to load; it writes them alike.
 */
export interface Manner {
  /** Of its numbers and plural rules: BCP 47. */
  readonly locale: string;
  /** Between three digits and the next three of a whole number; may be empty. */
  readonly thousands: string;
  /** Of other numbers. */
  readonly numbers: Intl.NumberFormatOptions;
  /** Between the last two of a list. */
  readonly and: string;
  readonly dates: { readonly locale: string } & Intl.DateTimeFormatOptions;
}

export interface Speech {
  number(value: number): string;
  /** Of a day (`2026-01-31…`, UTC); what is none stays as it is. */
  date(day: string): string;
  /** `a, b and c`. */
  list(items: readonly string[]): string;
}

/** Makes a pack one that speaks. Formats are made when they are first needed. */
export function speaking<T extends object>(pack: T, manner: Manner): Spoken<T> & Speech {
  const { and, dates, locale, numbers, thousands } = manner;
  const plurals = lazily(() => new Intl.PluralRules(locale));
  const counts = lazily(() => new Intl.NumberFormat(locale, numbers));
  const days = lazily(() => new Intl.DateTimeFormat(dates.locale, { ...dates, timeZone: 'UTC' }));
  const number = (value: number) => (isCount(value) ? grouped(value, thousands) : counts().format(value));

  function say(parts: readonly string[], values: Readonly<Record<string, Value>>): string {
    let said = parts[0] ?? '';
    for (let i = 1; i < parts.length; i += 2) {
      const value = values[parts[i] ?? ''] ?? '';
      said += `${typeof value === 'number' ? number(value) : value}${parts[i + 1] ?? ''}`;
    }
    return said;
  }

  function sentence(text: string): unknown {
    if (!text.includes('{')) return text;
    const parts = lazily(() => partsOf(text));
    return (values: Readonly<Record<string, Value>>) => say(parts(), values);
  }

  function forms(texts: object): unknown {
    const known = lazily(() => new Map(Object.entries(texts).map(([form, text]) => [form, partsOf(`${text}`)])));
    return (values: Readonly<Record<string, Value>>) => {
      const form = known().size === 1 ? 'other' : plurals().select(Number(values.n));
      return say(known().get(form) ?? known().get('other') ?? [], values);
    };
  }

  function spoken(part: unknown): unknown {
    if (typeof part === 'string') return sentence(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    if ('other' in part) return forms({ ...part });
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, spoken(inner)]));
  }

  const date = (day: string) => {
    const time = Date.parse(day);
    return Number.isNaN(time) ? day : days().format(time);
  };
  const list = (items: readonly string[]) =>
    items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')}${and}${items.at(-1)}`;
  return { ...(spoken(pack) as Spoken<T>), number, date, list };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function grouped(count: number, thousands: string): string {
  const digits = String(count);
  return thousands === '' ? digits : digits.replace(/\B(?=(?:\d{3})+$)/g, thousands);
}

/** Text, name of a value, text, and so on. */
function partsOf(text: string): string[] {
  return text.split(/\{(\w+)\}/);
}
