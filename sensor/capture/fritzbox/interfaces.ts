// Which of a box's interfaces a name means. FRITZ!OS lists them for its own capture page, as buttons in HTML or in JSON by
// version; an id is TYPE-NAME (1-lan, 1-eth0) or TYPE-NUMBER (2-1 for the Internet, 4-133 for a radio). Parses only.

export interface BoxInterface {
  /** As the capture wants it. */
  id: string;
  /** What the page shows; may be empty. */
  label: string;
}

const ID = /^\d{1,3}-[\w.:-]{1,32}$/;
const MOST = 200;
/** Of HTML, whose patterns are searched for in ways that take longer the longer it is. */
const LONGEST_PAGE = 131_072;

/** What the capture page lists, from either form of it. Empty when nothing is recognised. */
export function readInterfaces(answer: string): BoxInterface[] {
  const found = new Map<string, string>();
  const add = (id: string, label: string) => {
    if (ID.test(id) && !found.has(id) && found.size < MOST) found.set(id, label);
  };
  for (const [row] of answer.slice(0, LONGEST_PAGE).matchAll(/<tr\b[\s\S]{0,2000}?<\/tr>/gi)) {
    const button = /<button\b[^>]*\bname=\\?["']start\\?["'][^>]*>/i.exec(row)?.[0] ?? '';
    const id = /\bvalue=\\?["']([^"'\\]+)/i.exec(button)?.[1];
    if (id !== undefined) add(id, plain(/<th\b[^>]*>([\s\S]*?)<\\?\/th>/i.exec(row)?.[1] ?? ''));
  }
  visit(parsed(answer), 0, add);
  return [...found].map(([id, label]) => ({ id, label }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Of JSON only this is relied on: an object with an id among its texts, and names among the others. */
function visit(value: unknown, depth: number, add: (id: string, label: string) => void): void {
  if (typeof value !== 'object' || value === null || depth > 8) return;
  const inner: unknown[] = Object.values(value);
  const texts = inner.filter((text): text is string => typeof text === 'string' && text.length < 200);
  const id = texts.find((text) => ID.test(text));
  if (id !== undefined && !Array.isArray(value)) add(id, texts.filter((text) => text !== id).join(' '));
  for (const one of inner) visit(one, depth + 1, add);
}

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The id that `wanted` means: an id, its second part, what the page shows, or a part of that; null when none or several fit. */
export function pickInterface(wanted: string, list: readonly BoxInterface[]): string | null {
  const lower = wanted.toLowerCase();
  const ways: ((one: BoxInterface) => boolean)[] = [
    ({ id }) => id === wanted,
    ({ id }) => id.slice(id.indexOf('-') + 1).toLowerCase() === lower,
    ({ label }) => label.toLowerCase() === lower,
    ({ label }) => label.toLowerCase().includes(lower),
  ];
  for (const fits of ways) {
    const [first, ...more] = list.filter(fits);
    if (first !== undefined) return more.length === 0 ? first.id : null;
  }
  return null;
}

/** Where no list can be had: ids of network interfaces are made of their names. Null for what is no such name. */
export function guessInterface(wanted: string): string | null {
  if (ID.test(wanted)) return wanted;
  return /^[\w.-]{1,32}$/.test(wanted) ? `1-${wanted}` : null;
}
