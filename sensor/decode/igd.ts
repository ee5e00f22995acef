// UPnP Internet Gateway Device control: a device asks the router to open a port (WANIPConnection:1 and :2,
// WANPPPConnection:1) or its IPv6 firewall to let something in (WANIPv6FirewallControl:1), and what the router answers.
import { parseIp } from './bytes.ts';
import { type Decoded, unsupported } from './outcome.ts';
import type { IpAddress } from './packet.ts';
import { hostOrAddress } from './proxy-host.ts';
import { soapElements } from './soap.ts';
import { cleanText } from './text.ts';

/** SOAP actions by name; the others of these services open nothing. */
const ACTIONS = {
  AddPortMapping: 'add',
  AddAnyPortMapping: 'add-any',
  DeletePortMapping: 'delete',
  DeletePortMappingRange: 'delete-range',
  AddPinhole: 'add-pinhole',
  UpdatePinhole: 'update-pinhole',
  DeletePinhole: 'delete-pinhole',
} as const;

export type IgdAction = (typeof ACTIONS)[keyof typeof ACTIONS];

/** What a device asks for. A field that the action does not have, or that cannot be read, is null. */
export interface IgdRequest {
  readonly action: IgdAction;
  /** 0 in a mapping is every port; null for a pinhole. First of a range. */
  readonly externalPort: number | null;
  /** Last port of a range. */
  readonly externalPortEnd: number | null;
  readonly internalPort: number | null;
  /** An address in canonical form, or a name escaped as in host-text.ts: for whom the port is opened. */
  readonly internalClient: string | IpAddress | null;
  /** Null also for "all protocols". */
  readonly protocol: 'tcp' | 'udp' | null;
  /** Seconds; 0 is for ever in a mapping. */
  readonly lease: number | null;
  /** False where a mapping is only noted down and not in force. */
  readonly enabled: boolean;
  /** Cleaned, at most 64 characters; may be empty. Still the device's own words. */
  readonly description: string;
  /** The one host outside that may come in; null is everyone. */
  readonly remoteHost: string | IpAddress | null;
  readonly remotePort: number | null;
  /** Of the pinhole that is changed or closed. */
  readonly uniqueId: number | null;
}

export interface IgdResponse {
  /** Null for a fault and for answers to questions. */
  readonly action: IgdAction | null;
  /** UPnP error code, such as 718 for a mapping that another has; null where it went well. */
  readonly errorCode: number | null;
  /** The port given, which may not be the one asked for (AddAnyPortMapping). */
  readonly reservedPort: number | null;
  /** Of a new pinhole. */
  readonly uniqueId: number | null;
  /** The home's public address (GetExternalIPAddress). */
  readonly externalAddress: IpAddress | null;
}

const MAX_DESCRIPTION = 64;
const MAX_PORT = 0xffff;
const MAX_SECONDS = 0xffffffff;
const TCP = '6';
const UDP = '17';

type Elements = ReadonlyMap<string, string>;

/** Reads the body of a request. */
export function decodeIgdRequest(body: Buffer): Decoded<IgdRequest> {
  const elements = soapElements(body);
  const action = actionNamed(elements, '');
  if (action === null) return unsupported('igd', 'action');
  const port = (...names: string[]) => number(elements, MAX_PORT, names);
  return {
    action,
    externalPort: port('NewExternalPort', 'NewStartPort'),
    externalPortEnd: port('NewEndPort'),
    internalPort: port('NewInternalPort', 'InternalPort'),
    internalClient: host(elements, 'NewInternalClient', 'InternalClient'),
    protocol: protocol(elements),
    lease: number(elements, MAX_SECONDS, ['NewLeaseDuration', 'NewLeaseTime', 'LeaseTime']),
    enabled: !/^(?:0|false|no)$/i.test(elements.get('NewEnabled') ?? ''),
    description: cleanText(elements.get('NewPortMappingDescription') ?? '', MAX_DESCRIPTION),
    remoteHost: host(elements, 'NewRemoteHost', 'RemoteHost'),
    remotePort: port('RemotePort'),
    uniqueId: port('UniqueID'),
  };
}

/** A request of which only the header was seen: SOAPAction `"urn:…:service:WANIPConnection:1#AddPortMapping"`. */
export function igdRequestByHeader(soapAction: string): Decoded<IgdRequest> {
  const name = /#(\w{1,64})"?\s*$/.exec(soapAction)?.[1] ?? '';
  return decodeIgdRequest(Buffer.from(`<${name}>`, 'latin1'));
}

/** Reads the body of an answer, a fault included. */
export function decodeIgdResponse(body: Buffer): Decoded<IgdResponse> {
  const elements = soapElements(body);
  const address = parseIp(elements.get('NewExternalIPAddress') ?? '');
  const response: IgdResponse = {
    action: actionNamed(elements, 'Response'),
    errorCode: number(elements, MAX_PORT, ['errorCode']),
    reservedPort: number(elements, MAX_PORT, ['NewReservedPort']),
    uniqueId: number(elements, MAX_PORT, ['UniqueID']),
    externalAddress: address === null ? null : host(elements, 'NewExternalIPAddress'),
  };
  const tells = response.action !== null || response.errorCode !== null || response.externalAddress !== null;
  return tells ? response : unsupported('igd', 'answer');
}

function actionNamed(elements: Elements, suffix: string): IgdAction | null {
  for (const [name, action] of Object.entries(ACTIONS)) if (elements.has(name + suffix)) return action;
  return null;
}

/** The first of `names` that is there; null where it is no whole number up to `max`. */
function number(elements: Elements, max: number, names: readonly string[]): number | null {
  const text = names.map((name) => elements.get(name)).find((content) => content !== undefined) ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  return value >= 0 && value <= max ? value : null;
}

/** Null for an empty element and for `*`, which some clients send for everyone. */
function host(elements: Elements, ...names: string[]): string | null {
  const text = names.map((name) => elements.get(name)).find((content) => content !== undefined) ?? '';
  return text === '' || text === '*' ? null : hostOrAddress(Buffer.from(text, 'utf8'));
}

/** `TCP` or `UDP` in a mapping, an IANA number in a pinhole. */
function protocol(elements: Elements): 'tcp' | 'udp' | null {
  const text = (elements.get('NewProtocol') ?? elements.get('Protocol') ?? '').toUpperCase();
  if (text === 'TCP' || text === TCP) return 'tcp';
  return text === 'UDP' || text === UDP ? 'udp' : null;
}
