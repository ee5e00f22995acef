// Whether plain data holds what a case expects of it, and in words where it does not.

/** Where `actual` differs from `wanted`, which may leave out keys of objects; a RegExp stands for any text that it matches. */
export function differences(actual: unknown, wanted: unknown, path: string): string[] {
  if (wanted instanceof RegExp)
    return typeof actual === 'string' && wanted.test(actual) ? [] : [`${path} is ${shown(actual)}`];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return [`${path} is ${shown(actual)}`];
    return wanted.flatMap((value, i) => differences(actual[i], value, `${path}[${i}]`));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return [`${path} is ${shown(actual)}`];
    const known = new Map<string, unknown>(Object.entries(actual));
    return Object.entries(wanted).flatMap(([key, value]) => differences(known.get(key), value, `${path}.${key}`));
  }
  return Object.is(actual, wanted) ? [] : [`${path} is ${shown(actual)}, not ${shown(wanted)}`];
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}
