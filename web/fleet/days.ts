// Days and weeks in UTC as the fleet's tables and the desk's answers write them: `2026-11-30`, a week by its Monday.

export const DAY_MS = 86_400_000;

export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The last `count` days, oldest first, the day of `now` last. */
export function lastDays(now: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => dayOf(now - (count - 1 - index) * DAY_MS));
}

/** The Mondays of the last `count` weeks, oldest first, the week of `now` last. */
export function lastWeeks(now: number, count: number): string[] {
  const sinceMonday = (new Date(now).getUTCDay() + 6) % 7;
  const monday = now - sinceMonday * DAY_MS;
  return Array.from({ length: count }, (_, index) => dayOf(monday - (count - 1 - index) * 7 * DAY_MS));
}
