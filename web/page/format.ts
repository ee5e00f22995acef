// Times, spans, sizes and figures in the phone's own zone and locale. No words of its own: those are in words.ts.

export type Time = string | number;

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const dayTimeFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const numberFormat = new Intl.NumberFormat();
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export function clockTime(time: Time): string {
  return clockFormat.format(new Date(time));
}

export function day(time: Time): string {
  return dayFormat.format(new Date(time));
}

export function fullTime(time: Time): string {
  return fullFormat.format(new Date(time));
}

/** `03:12` today, `4 Jan, 03:12` before. */
export function shortTime(time: Time, now: number): string {
  const date = new Date(time);
  return new Date(now).toDateString() === date.toDateString() ? clockFormat.format(date) : dayTimeFormat.format(date);
}

/** `5 minutes ago`, `yesterday`. */
export function relativeTime(time: Time, now: number): string {
  const seconds = Math.round((new Date(time).getTime() - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return relativeFormat.format(seconds, 'second');
  if (size < 5400) return relativeFormat.format(Math.round(seconds / 60), 'minute');
  if (size < 129_600) return relativeFormat.format(Math.round(seconds / 3600), 'hour');
  return relativeFormat.format(Math.round(seconds / 86_400), 'day');
}

export function figure(value: number): string {
  return numberFormat.format(value);
}

export function percent(value: number): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: value < 1 ? 2 : 1 }).format(value);
}

export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const format = new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    maximumFractionDigits: step === 0 ? 0 : 1,
  });
  return format.format(value / 1000 ** step);
}
