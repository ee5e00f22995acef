// Quiet hours: whether it is one, and how long still. Times are local, so that they follow summer time.

const MINUTE_MS = 60_000;

/** `quiet` as `22:00-07:00`, which goes over midnight, or `13:00-15:00`. */
export function isQuiet(quiet: string, time: number): boolean {
  const [from, until] = bounds(quiet);
  const now = minutesOf(new Date(time));
  return from < until ? from <= now && now < until : now >= from || now < until;
}

/** Milliseconds until the next end of quiet hours. */
export function quietFor(quiet: string, time: number): number {
  const [, until] = bounds(quiet);
  const end = new Date(time);
  end.setHours(Math.floor(until / 60), until % 60, 0, 0);
  if (end.getTime() <= time) end.setDate(end.getDate() + 1);
  return Math.max(MINUTE_MS / 60, end.getTime() - time);
}

/** `07:00`. */
export function quietUntil(quiet: string): string {
  return quiet.slice(6);
}

/** Minutes of the day. */
function bounds(quiet: string): [from: number, until: number] {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  return [minutes(quiet.slice(0, 5)), minutes(quiet.slice(6))];
}

function minutesOf(date: Date): number {
  return date.getHours() * 60 + date.getMinutes();
}
