// A tolerant, bounded scan of a SOAP body for elements that hold plain text. No XML parser: nothing is nested, resolved or
// fetched, and the first element of a name counts. Comments and CDATA are not understood: no client sends them here.
import { isUtf8 } from 'node:buffer';

/** Octets of a body that are looked at; real ones have 500 to 1,500. */
export const MAX_SOAP_BYTES = 8 * 1024;
/** Longest content that is text: a longer one is cut here. */
const MAX_TEXT = 1024;

/** An opening tag with or without a prefix and attributes, and the text up to the next tag. */
const ELEMENT = /<(?:[\w.-]{1,64}:)?([A-Za-z_][\w.-]{0,63})(?:[\s/][^<>]*)?>([^<]*)/g;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi;

/** Local element names, in order, each once, with the text behind their opening tag: raw, hostile, entities resolved. */
export function soapElements(body: Buffer): Map<string, string> {
  const octets = body.subarray(0, MAX_SOAP_BYTES);
  const text = octets.toString(isUtf8(octets) ? 'utf8' : 'latin1');
  const elements = new Map<string, string>();
  for (const [, name = '', content = ''] of text.matchAll(ELEMENT)) {
    if (!elements.has(name)) elements.set(name, resolveEntities(content.slice(0, MAX_TEXT)).trim());
  }
  return elements;
}

function resolveEntities(text: string): string {
  return text.replace(ENTITY, (whole, hexadecimal?: string, decimal?: string, named?: string) => {
    if (named !== undefined) return NAMED[named.toLowerCase()] ?? whole;
    const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
