// Days as the desk tells them, `2026-11-30` in UTC: noon of that day here, so that no time zone makes another day of it.

export function noonOf(day: string): string {
  return `${day}T12:00:00`;
}
