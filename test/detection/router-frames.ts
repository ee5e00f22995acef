// What devices ask the router for: UPnP over SOAP, NAT-PMP (RFC 6886) and PCP (RFC 6887), with the router's answers.
import { datagram } from '../support/name-frames.ts';
import { type CapturedFrame, u16, u32 } from '../support/packet-builder.ts';
import { at, GATEWAY } from '../support/stage.ts';
import { bytes, type Resident, talks } from './household.ts';

const CONTROL = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const ROUTER = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 5351 };

/** A SOAP action with its arguments, and what the router's answer holds. */
export function soap(
  from: Resident,
  action: string,
  given: Readonly<Record<string, string | number>>,
  time: number,
  answer: Readonly<Record<string, string | number>> = {},
): CapturedFrame[] {
  const body = envelope(action, given);
  const head = [
    'POST /ctl/IPConn HTTP/1.1',
    `Host: ${GATEWAY.ip}:49000`,
    `Content-Length: ${body.length}`,
    `SOAPAction: "${CONTROL}#${action}"`,
  ];
  const said = envelope(`${action}Response`, answer);
  const dialogue = bytes(
    ['C', `${head.join('\r\n')}\r\n\r\n${body}`],
    ['S', `HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}`],
  );
  return talks(from, GATEWAY.ip, 49_000, time, dialogue, { server: at(GATEWAY, GATEWAY.ip, 49_000) });
}

function envelope(action: string, fields: Readonly<Record<string, string | number>>): string {
  const inside = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<s:Envelope><s:Body><u:${action} xmlns:u="${CONTROL}">${inside.join('')}</u:${action}></s:Body></s:Envelope>`;
}

export interface Mapping {
  external: number;
  internal: number;
  protocol?: 'TCP' | 'UDP';
  /** Seconds; 0 is for good. */
  lease?: number;
  description?: string;
}

export function addsMapping(
  from: Resident,
  { description = 'remote', external, internal, lease = 3600, protocol = 'TCP' }: Mapping,
  time: number,
  action: 'AddPortMapping' | 'AddAnyPortMapping' = 'AddPortMapping',
  answer: Readonly<Record<string, number>> = {},
): CapturedFrame[] {
  const given = {
    ...{ NewRemoteHost: '', NewExternalPort: external, NewProtocol: protocol, NewInternalPort: internal },
    ...{ NewInternalClient: from.ip, NewEnabled: 1, NewPortMappingDescription: description, NewLeaseDuration: lease },
  };
  return soap(from, action, given, time, answer);
}

export function deletesMapping(from: Resident, external: number, time: number): CapturedFrame[] {
  const given = { NewRemoteHost: '', NewExternalPort: external, NewProtocol: 'TCP' };
  return soap(from, 'DeletePortMapping', given, time);
}

/** An opening in the IPv6 firewall (WANIPv6FirewallControl:1). */
export function addsPinhole(from: Resident & { ip6: string }, internal: number, time: number): CapturedFrame[] {
  const given = {
    ...{ RemoteHost: '', RemotePort: 0, InternalClient: from.ip6, InternalPort: internal },
    ...{ Protocol: 6, LeaseTime: 86_400 },
  };
  return soap(from, 'AddPinhole', given, time, { UniqueID: 42 });
}

/** NAT-PMP for TCP: asked and granted, or ended by a lifetime of 0. */
export function natPmp(from: Resident, internal: number, time: number, lifetime = 7200): CapturedFrame[] {
  const client = { mac: from.mac, ip: from.ip, port: 40_100 };
  const asked = Buffer.concat([Buffer.from([0, 2]), u16(0, internal, internal), u32(lifetime)]);
  const given = Buffer.concat([Buffer.from([0, 130]), u16(0), u32(99), u16(internal, internal), u32(lifetime)]);
  return [datagram(client, ROUTER, asked, time), datagram(ROUTER, client, given, time + 10)];
}

/** NAT-PMP's question for the home's address on the Internet, and its answer. */
export function asksAddress(from: Resident, address: string, time: number): CapturedFrame[] {
  const client = { mac: from.mac, ip: from.ip, port: 40_100 };
  const octets = Buffer.from(address.split('.').map(Number));
  const given = Buffer.concat([Buffer.from([0, 128]), u16(0), u32(99), octets]);
  return [datagram(client, ROUTER, Buffer.from([0, 0]), time), datagram(ROUTER, client, given, time + 10)];
}

/** A PCP MAP request; `protocol` as IANA numbers it. */
export function pcp(from: Resident, internal: number, time: number, protocol = 6, lifetime = 3600): CapturedFrame {
  const client = { mac: from.mac, ip: from.ip, port: 40_100 };
  const mapped = Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff, ...from.ip.split('.').map(Number)])]);
  const head = Buffer.concat([Buffer.from([2, 1, 0, 0]), u32(lifetime), mapped]);
  const map = Buffer.concat([Buffer.alloc(12, 7), Buffer.from([protocol, 0, 0, 0]), u16(internal, internal)]);
  return datagram(client, ROUTER, Buffer.concat([head, map, Buffer.alloc(16)]), time);
}
