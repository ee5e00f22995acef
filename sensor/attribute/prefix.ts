// Address prefixes as text, `address/length`.
import { ipVersion } from '../decode/ip-version.ts';

/** Parses `address/length`; null when it is no prefix. */
export function parsePrefix(text: string): { address: string; length: number; family: 'ipv4' | 'ipv6' } | null {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1];
  if (address === undefined) return null;
  const version = ipVersion(address);
  const length = Number(match?.[2]);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return null;
  return { address, length, family: version === 4 ? 'ipv4' : 'ipv6' };
}
