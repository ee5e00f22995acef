// Lookups that only senders of mail and mail servers make: MX records, and block lists asked about an address.
import type { Device } from '../attribute/device.ts';
import type { DnsMessage } from '../decode/dns.ts';
import type { Packet } from '../decode/packet.ts';
import { isBlockListQuery } from './block-lists.ts';
import type { Detector } from './detector.ts';

export class LookupDetector implements Detector {
  readonly name = 'lookups';

  dns(message: DnsMessage, _packet: Packet, device: Device | null): void {
    if (device === null || message.response || message.opcode !== 0) return;
    for (const { name, type } of message.questions) {
      if (type === 'MX') device.lookups.mx++;
      if (isBlockListQuery(name)) device.lookups.dnsbl++;
    }
  }
}
