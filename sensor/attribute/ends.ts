// Both ends of a packet in one text: what tables of connections and flows are keyed by. Each text is made once a packet, since
// most packets are looked up in several of them.
import type { IpAddress, Packet } from '../decode/packet.ts';

/** From the first address and port to the second: a pair of sockets tells a connection (RFC 9293, section 3.3.1). */
export function endsFrom(fromIp: IpAddress, fromPort: number, toIp: IpAddress, toPort: number): string {
  return `${fromIp} ${fromPort} ${toIp} ${toPort}`;
}

/** From the packet's sender to its receiver; empty without ports. */
export function endsOf(packet: Packet): string {
  packet.ends ??= textOf(packet, false);
  return packet.ends;
}

/** From its receiver to its sender: as the other side's packets have them. */
export function turnedEndsOf(packet: Packet): string {
  packet.turnedEnds ??= textOf(packet, true);
  return packet.turnedEnds;
}

function textOf({ ip, tcp, udp }: Packet, isTurned: boolean): string {
  const ports = tcp ?? udp;
  if (ip === null || ports === null) return '';
  const { destination, source } = ip;
  const { destinationPort, sourcePort } = ports;
  return isTurned
    ? endsFrom(destination, destinationPort, source, sourcePort)
    : endsFrom(source, sourcePort, destination, destinationPort);
}
