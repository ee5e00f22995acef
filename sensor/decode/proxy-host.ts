// The host and port that a client names to a proxy, as text in which nothing hostile survives.
import { ipv4Text, ipv6Text, parseIp } from './bytes.ts';
import { hostText } from './host-text.ts';

/** An address in its canonical form, or a host name escaped as in host-text.ts; null for what is neither. */
export function hostOrAddress(octets: Buffer): string | null {
  const text = octets.toString('latin1');
  const parsed = parseIp(text);
  if (parsed !== null) return parsed.version === 4 ? ipv4Text(parsed.bytes, 0) : ipv6Text(parsed.bytes, 0);
  return hostText(octets);
}

/** `host:port` or `[IPv6]:port` with a port from 1 to 65535; null for anything else. */
export function hostAndPort(authority: string): { host: string; port: number } | null {
  const parts = /^(?:\[([^\]]{2,45})\]|([^:@/?#]{1,254})):(\d{1,5})$/.exec(authority);
  const port = Number(parts?.[3] ?? 0);
  if (parts === null || port < 1 || port > 65535) return null;
  const isBracketed = parts[1] !== undefined;
  const host = hostOrAddress(Buffer.from(parts[1] ?? parts[2] ?? '', 'latin1'));
  if (host === null || (isBracketed && parseIp(host)?.version !== 6)) return null;
  return { host, port };
}
