// Both ends of a packet in one text: what tables of connections and flows are keyed by. Each text is made once a packet, since
// most packets are looked up in several of them.
import type { IpAddress, Packet } from '../decode/packet.ts';

/** From the first address and port to the second. */
export function endsFrom(fromIp: IpAddress, fromPort: number, toIp: IpAddress, toPort: number): string {
  return `${fromIp} ${fromPort} ${toIp} ${toPort}`;
}

/** From the packet's sender to its receiver; empty without ports (RFC 9293, section 3.3.1: a pair of sockets tells a connection). */
export function endsOf(packet: Packet): string {
  if (packet.ends !== undefined) return packet.ends;
  const { ip, tcp, udp } = packet;
  const ports = tcp ?? udp;
  packet.ends =
    ip === null || ports === null ? '' : endsFrom(ip.source, ports.sourcePort, ip.destination, ports.destinationPort);
  return packet.ends;
}

/** From its receiver to its sender: as the other side's packets have them. */
export function turnedEndsOf(packet: Packet): string {
  if (packet.turnedEnds !== undefined) return packet.turnedEnds;
  const { ip, tcp, udp } = packet;
  const ports = tcp ?? udp;
  packet.turnedEnds =
    ip === null || ports === null ? '' : endsFrom(ip.destination, ports.destinationPort, ip.source, ports.sourcePort);
  return packet.turnedEnds;
}
