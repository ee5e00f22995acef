// SSDP messages of UPnP devices (UPnP Device Architecture 2.0, section 1): what a device is and which software it runs.
// Descriptions behind LOCATION are never fetched; the sensor sends nothing.
import { MAX_HEADER_BYTES, readHeaders } from './headers.ts';
import { hostOf } from './host-text.ts';
import { type Decoded, malformed, truncated, unsupported } from './outcome.ts';

export interface SsdpMessage {
  /** `search` is a control point looking for others: it tells its own USER-AGENT, not what it is. */
  readonly kind: 'notify' | 'response' | 'search';
  /** Raw SERVER, or USER-AGENT of a search: hostile until cleaned. At most 512 characters, like the others. */
  readonly server: string | null;
  /** Raw NT or ST. */
  readonly target: string | null;
  /** Raw USN. */
  readonly usn: string | null;
  /** `MediaRenderer` of `urn:schemas-upnp-org:device:MediaRenderer:1`, letters, digits, `-` and `_` only; else null. */
  readonly deviceType: string | null;
  /** Host of LOCATION only: lower case, escaped as in host-text.ts. */
  readonly locationHost: string | null;
  /** NTS of a notify says goodbye. */
  readonly leaving: boolean;
}

const KINDS = new Map<string, SsdpMessage['kind']>([
  ['NOTIFY * HTTP/1.1', 'notify'],
  ['HTTP/1.1 200 OK', 'response'],
  ['M-SEARCH * HTTP/1.1', 'search'],
]);

/** Reads one datagram of UDP port 1900. A datagram cut after its first line gives the lines that are whole. */
export function decodeSsdp(payload: Buffer): Decoded<SsdpMessage> {
  const headers = readHeaders(payload);
  if (headers === null) return malformed('ssdp', 'header line');
  if (headers.firstLine === '') {
    return payload.length < MAX_HEADER_BYTES &&
      [...KINDS.keys()].some((line) => line.startsWith(payload.toString('latin1')))
      ? truncated('ssdp', 'first line', payload.length + 1, payload.length)
      : unsupported('ssdp', 'first line');
  }
  const kind = KINDS.get(headers.firstLine.trimEnd());
  if (kind === undefined) return unsupported('ssdp', 'first line');
  const field = (name: string): string | null => headers.fields.get(name) || null;
  const target = field(kind === 'notify' ? 'nt' : 'st');
  const usn = field('usn');
  return {
    kind,
    server: field(kind === 'search' ? 'user-agent' : 'server'),
    target,
    usn,
    deviceType: kind === 'search' ? null : (deviceType(target) ?? deviceType(usn)),
    locationHost: hostOf(/^https?:\/\/([^/?#]*)/i.exec(field('location') ?? '')?.[1] ?? ''),
    leaving: kind === 'notify' && field('nts')?.toLowerCase() === 'ssdp:byebye',
  };
}

function deviceType(text: string | null): string | null {
  return /urn:[^:]{1,64}:device:([A-Za-z0-9_-]{1,64})(?::|$)/.exec(text ?? '')?.[1] ?? null;
}
