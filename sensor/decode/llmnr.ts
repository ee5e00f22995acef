// Host names claimed by Link-Local Multicast Name Resolution responses (RFC 4795). Queries name others and are left alone.
import { decodeDns } from './dns.ts';
import { type Decoded, Failure, unsupported } from './outcome.ts';

export interface HostClaim {
  /** Lower case, escaped as in host-text.ts. */
  readonly name: string;
  readonly address: string;
}

const MAX_CLAIMS = 16;

/** The names a responder claims with their addresses; `unsupported` for a query. */
export function decodeLlmnr(payload: Buffer): Decoded<HostClaim[]> {
  const message = decodeDns(payload, { layer: 'llmnr' });
  if (message instanceof Failure) return message;
  if (!message.response || message.opcode !== 0 || message.rcode !== 0) return unsupported('llmnr', 'not an answer');
  const claims: HostClaim[] = [];
  for (const record of message.answers) {
    const isAddress = record.type === 'A' || record.type === 'AAAA';
    if (isAddress && record.name !== '' && claims.length < MAX_CLAIMS) {
      claims.push({ name: record.name, address: record.data });
    }
  }
  return claims;
}
