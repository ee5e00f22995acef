// How the Internet reaches into a home: connections from outside, and what devices ask of the router for that (UPnP, NAT-PMP
// and PCP).
import { type ConversationFields, tcpConversation } from './conversation.ts';
import { at, CAMERA, GATEWAY, outside } from './home.ts';
import { ipBytes, u16, u32 } from './link-layers.ts';
import type { CapturedFrame } from './pcap-file.ts';
import { datagram, type Host } from './traffic.ts';

/** Where the router listens for NAT-PMP and PCP. */
export const PORT_MAPPER = at(GATEWAY, GATEWAY.ip, 5351);
const STRANGER = '198.51.100.77';

let port = 40_000;

/** A host on the Internet opens a connection to `device`; the frames come out of the gateway. */
export function reaches(
  device: Host,
  to: number,
  time: number,
  options: { outcome?: ConversationFields['outcome']; from?: string; dialogue?: readonly string[] } = {},
): CapturedFrame[] {
  const { dialogue = [], from = STRANGER, outcome = 'connected' } = options;
  port = port >= 60_000 ? 40_000 : port + 1;
  const [client, server] = [outside(from, port), at(device, device.ip, to)];
  return tcpConversation({ client, server, time, isn: port * 3571, outcome, dialogue });
}

export interface Mapped {
  action?: string;
  external?: number;
  internal?: number;
  protocol?: string;
  lease?: number;
  description?: string;
}

function soap(action: string, { description = 'video', external = 8080, internal = 80, ...mapped }: Mapped): string {
  const { lease = 3600, protocol = 'TCP' } = mapped;
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:${action} xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1"><NewRemoteHost></NewRemoteHost><NewExternalPort>${external}</NewExternalPort><NewProtocol>${protocol}</NewProtocol><NewInternalPort>${internal}</NewInternalPort><NewInternalClient>${CAMERA.ip}</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>${description}</NewPortMappingDescription><NewLeaseDuration>${lease}</NewLeaseDuration></u:${action}></s:Body></s:Envelope>`;
}

/** The camera's request by UPnP, in one segment or two, and the router's answer; `AddPortMapping` unless told. */
export function upnp(
  mapped: Mapped,
  time: number,
  options: { split?: boolean; answer?: string } = {},
): CapturedFrame[] {
  const { action = 'AddPortMapping' } = mapped;
  const { answer = `<s:Envelope><s:Body><u:${action}Response/></s:Body></s:Envelope>`, split = false } = options;
  const body = soap(action, mapped);
  const header = `POST /ctl/IPConn HTTP/1.1\r\nHost: 192.168.1.1:49000\r\nContent-Length: ${body.length}\r\nSOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#${action}"\r\n\r\n`;
  const said = `HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`;
  port = port >= 60_000 ? 40_000 : port + 1;
  return tcpConversation({
    client: at(CAMERA, CAMERA.ip, port),
    server: at(GATEWAY, GATEWAY.ip, 49_000),
    time,
    isn: port * 31,
    outcome: 'connected',
    dialogue: [
      ...(split ? [header, body] : [header + body]).map((text) => ({ from: 'C' as const, bytes: Buffer.from(text) })),
      { from: 'S', bytes: Buffer.from(said) },
    ],
  });
}

const camera = at(CAMERA, CAMERA.ip, 40_100);

/** The camera's request by NAT-PMP (RFC 6886, section 3.3); TCP unless told, and ended by a lifetime of 0. */
export function natPmp(internal: number, external: number, lifetime: number, time: number, opcode = 2): CapturedFrame {
  const payload = [Buffer.from([0, opcode]), u16(0, internal, external), u32(lifetime)];
  return datagram(camera, PORT_MAPPER, Buffer.concat(payload), time);
}

/** The router's answer to one for TCP. */
export function natPmpAnswer(result: number, internal: number, external: number, time: number): CapturedFrame {
  const payload = [Buffer.from([0, 130]), u16(result), u32(99), u16(internal, external), u32(7200)];
  return datagram(PORT_MAPPER, camera, Buffer.concat(payload), time);
}

/** The router tells the camera its address on the Internet (RFC 6886, section 3.2). */
export function natPmpAddress(address: string, time: number): CapturedFrame {
  const payload = [Buffer.from([0, 128]), u16(0), u32(99), ipBytes(address)];
  return datagram(PORT_MAPPER, camera, Buffer.concat(payload), time);
}

/** The camera's request by PCP (RFC 6887, section 11.1); `protocol` as IANA numbers it. */
export function pcp(internal: number, external: number, lifetime: number, time: number, protocol = 6): CapturedFrame {
  const payload = [
    Buffer.from([2, 1, 0, 0]),
    u32(lifetime),
    ipBytes(`::ffff:${CAMERA.ip}`),
    Buffer.alloc(12, 7),
    Buffer.from([protocol, 0, 0, 0]),
    u16(internal, external),
    Buffer.alloc(16),
  ];
  return datagram(camera, PORT_MAPPER, Buffer.concat(payload), time);
}
