// Times, spans, sizes and figures as the page's language writes them, in the phone's own zone. No words of its own: those are in words/.

export type Time = string | number;

/** How a language tells one from several, by the categories of `Intl.PluralRules`; `other` is what is left. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

let locale = 'en-GB';

/** From here on everything is written as people do there; `tag` is one of BCP 47, `de-AT`. */
export function setLocale(tag: string): void {
  locale = tag;
}

/** Made when it is first asked for, and anew after the language has changed: to make one costs a phone a millisecond. */
function kept<T>(make: (locale: string) => T): () => T {
  let last: { locale: string; format: T } | null = null;
  return () => {
    if (last?.locale !== locale) last = { locale, format: make(locale) };
    return last.format;
  };
}

const dateFormat = (options: Intl.DateTimeFormatOptions) => kept((tag) => new Intl.DateTimeFormat(tag, options));
const numberFormat = (options: Intl.NumberFormatOptions) => kept((tag) => new Intl.NumberFormat(tag, options));
const unitFormat = (unit: string, options: Intl.NumberFormatOptions) =>
  numberFormat({ style: 'unit', unit, ...options });

const clockFormat = dateFormat({ hour: '2-digit', minute: '2-digit' });
const hourFormat = dateFormat({ hour: '2-digit' });
const dayFormat = dateFormat({ weekday: 'short', day: 'numeric', month: 'short' });
const dateOnlyFormat = dateFormat({ day: 'numeric', month: 'numeric' });
const dayTimeFormat = dateFormat({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const fullFormat = dateFormat({ dateStyle: 'medium', timeStyle: 'medium' });
const plainFormat = numberFormat({});
const shareFormat = numberFormat({ maximumFractionDigits: 1 });
const smallShareFormat = numberFormat({ maximumFractionDigits: 2 });
const byteFormats = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'].map((unit) =>
  unitFormat(unit, { maximumFractionDigits: 1 }),
);
const [daysFormat, hoursFormat, minutesFormat] = [
  unitFormat('day', { unitDisplay: 'long' }),
  unitFormat('hour', { unitDisplay: 'long' }),
  unitFormat('minute', { unitDisplay: 'long' }),
];
const relativeFormat = kept((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));
const pluralRules = kept((tag) => new Intl.PluralRules(tag));

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export function clockTime(time: Time): string {
  return clockFormat().format(new Date(time));
}

/** As short as an axis needs it, without a word for the hour: `03`, `03 PM`. */
export function hour(time: Time): string {
  const parts = hourFormat().formatToParts(new Date(time));
  return parts.flatMap(({ type, value }) => (type === 'literal' ? [] : value)).join(' ');
}

export function day(time: Time): string {
  return dayFormat().format(new Date(time));
}

/** As short as an axis needs it: `04/01`, `4.1.`. */
export function date(time: Time): string {
  return dateOnlyFormat().format(new Date(time));
}

export function fullTime(time: Time): string {
  return fullFormat().format(new Date(time));
}

/** `03:12` today, `4 Jan, 03:12` before. */
export function shortTime(time: Time, now: number): string {
  const moment = new Date(time);
  const isToday = new Date(now).toDateString() === moment.toDateString();
  return (isToday ? clockFormat : dayTimeFormat)().format(moment);
}

/** `5 minutes ago`, `yesterday`. */
export function relativeTime(time: Time, now: number): string {
  const seconds = Math.round((new Date(time).getTime() - now) / 1000);
  const size = Math.abs(seconds);
  const format = relativeFormat();
  if (size < 60) return format.format(seconds, 'second');
  if (size < 5400) return format.format(Math.round(seconds / 60), 'minute');
  if (size < 129_600) return format.format(Math.round(seconds / 3600), 'hour');
  return format.format(Math.round(seconds / 86_400), 'day');
}

/** `12 days`, `8 hours`, `1 minute`: the largest unit alone, and no more of it than has passed. */
export function span(milliseconds: number): string {
  if (milliseconds >= 1.9 * DAY_MS) return daysFormat().format(Math.round(milliseconds / DAY_MS));
  if (milliseconds >= HOUR_MS) return hoursFormat().format(Math.floor(milliseconds / HOUR_MS));
  return minutesFormat().format(Math.max(1, Math.floor(milliseconds / 60_000)));
}

/** `3 hours 20 minutes`, `3 hours`, `20 minutes`. */
export function hoursAndMinutes(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const parts = [
    hours > 0 ? hoursFormat().format(hours) : '',
    minutes % 60 > 0 ? minutesFormat().format(minutes % 60) : '',
  ];
  return parts.filter(Boolean).join(' ');
}

export function figure(value: number): string {
  return plainFormat().format(value);
}

/** The figure alone. */
export function percent(value: number): string {
  return (value < 1 ? smallShareFormat : shareFormat)().format(value);
}

export function bytes(value: number): string {
  const step = Math.min(byteFormats.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return (byteFormats[step] ?? plainFormat)().format(value / 1000 ** step);
}

/** The one of `forms` that goes with this number. */
export function formOf(count: number, forms: Forms): string {
  return forms[pluralRules().select(count)] ?? forms.other;
}

/** `1 device`, `1,200 devices`. */
export function counted(count: number, forms: Forms): string {
  return `${figure(count)} ${formOf(count, forms)}`;
}

/** The same for a language that has two forms. */
export function plural(count: number, one: string, other: string): string {
  return counted(count, { one, other });
}
