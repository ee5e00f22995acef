// Small words and safe readers that the sentence files share. Evidence is plain data that may be from an older version.

export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : 'unknown';
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}
