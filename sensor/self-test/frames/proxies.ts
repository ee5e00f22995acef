// What a client and its proxy say before the connection that goes through: SOCKS (RFC 1928 and the memo on version 4) and HTTP
// CONNECT (RFC 9110, section 9.3.6). Each is the beginning of a dialogue.

/** Octets that one side sends; text is taken as Latin-1. */
export function octets(from: 'C' | 'S', ...parts: (number | string)[]): { from: 'C' | 'S'; bytes: Buffer } {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part])));
  return { from, bytes: Buffer.concat(bytes) };
}

/** By SOCKS 5, asked for by name and granted. */
export const socks5 = (host: string, port: number) => [
  octets('C', 5, 1, 0),
  octets('S', 5, 0),
  octets('C', 5, 1, 0, 3, host.length, host, port >> 8, port & 255),
  octets('S', 5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
];

/** By SOCKS 4, asked for by address. */
export const socks4 = (ip: string, port: number) => [
  octets('C', 4, 1, port >> 8, port & 255, ...ip.split('.').map(Number), 'u', 0),
  octets('S', 0, 0x5a, 0, 0, 0, 0, 0, 0),
];

/** By SOCKS 4a, asked for by name. */
export const socks4a = (host: string, port: number) => [
  octets('C', 4, 1, port >> 8, port & 255, 0, 0, 0, 1, 0, host, 0),
  octets('S', 0, 0x5a, 0, 0, 0, 0, 0, 0),
];

/** By HTTP. */
export const connect = (host: string, port: number) => [
  octets('C', `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`),
  octets('S', 'HTTP/1.1 200 Connection established\r\n\r\n'),
];
