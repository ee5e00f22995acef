import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMdns, type MdnsAnnouncement } from '../../sensor/decode/mdns.ts';
import { Failure } from '../../sensor/decode/outcome.ts';
import { hex } from './fixtures/hellos.ts';

function announcement(bytes: Buffer): MdnsAnnouncement {
  const decoded = decodeMdns(bytes);
  if (decoded instanceof Failure) throw new Error(decoded.detail);
  return decoded;
}

const LAMP = dnsPacket.encode({
  type: 'response',
  flags: 0x0400,
  answers: [
    { type: 'PTR', name: '_hap._tcp.local', ttl: 4500, data: 'Lampe Küche._hap._tcp.local' },
    { type: 'SRV', name: 'Lampe Küche._hap._tcp.local', ttl: 120, data: { port: 80, target: 'Lamp-7F.local' } },
    {
      type: 'TXT',
      name: 'Lampe Küche._hap._tcp.local',
      ttl: 4500,
      data: ['md=LB-100', 'fv=1.4.2', 'id=aa:bb', 'sf=1'],
    },
  ],
  additionals: [
    { type: 'A', name: 'Lamp-7F.local', ttl: 120, flush: true, data: '192.168.1.7' },
    { type: 'AAAA', name: 'Lamp-7F.local', ttl: 120, flush: true, data: 'fe80::1' },
  ],
});

describe('an mDNS announcement', () => {
  it('tells services, names, addresses, model, firmware and identifier', () => {
    expect(announcement(LAMP)).toEqual({
      serviceTypes: ['_hap._tcp'],
      instances: [{ type: '_hap._tcp', name: 'Lampe Küche' }],
      hosts: [{ name: 'lamp-7f.local', addresses: ['192.168.1.7', 'fe80::1'] }],
      attributes: [
        { kind: 'model', key: 'md', value: 'LB-100', type: '_hap._tcp' },
        { kind: 'firmware', key: 'fv', value: '1.4.2', type: '_hap._tcp' },
        { kind: 'id', key: 'id', value: 'aa:bb', type: '_hap._tcp' },
      ],
    });
  });

  it('lists service types from their enumeration, and host names from reverse records', () => {
    const bytes = dnsPacket.encode({
      type: 'response',
      answers: [
        { type: 'PTR', name: '_services._dns-sd._udp.local', ttl: 10, data: '_googlecast._tcp.local' },
        { type: 'PTR', name: '7.1.168.192.in-addr.arpa', ttl: 10, data: 'TV.local' },
      ],
    });
    expect(announcement(bytes)).toMatchObject({
      serviceTypes: ['_googlecast._tcp'],
      instances: [],
      hosts: [{ name: 'tv.local', addresses: [] }],
    });
  });

  it('is not made of goodbyes', () => {
    const bytes = dnsPacket.encode({
      type: 'response',
      answers: [{ type: 'A', name: 'gone.local', ttl: 0, data: '192.168.1.9' }],
    });
    expect(announcement(bytes).hosts).toEqual([]);
  });

  it("is not made of queries, whose known answers are others' records", () => {
    const bytes = dnsPacket.encode({
      type: 'query',
      questions: [{ type: 'PTR', name: '_hap._tcp.local' }],
      answers: [{ type: 'PTR', name: '_hap._tcp.local', ttl: 100, data: 'Other._hap._tcp.local' }],
    });
    expect(decodeMdns(bytes)).toMatchObject({ reason: 'unsupported', layer: 'mdns' });
  });

  it('has a friendly name whose bytes are as sent, and host names in which nothing hostile is left', () => {
    const bytes = dnsPacket.encode({
      type: 'response',
      answers: [
        { type: 'PTR', name: '_http._tcp.local', ttl: 10, data: '<b>x</b>\u0007._http._tcp.local' },
        { type: 'A', name: '<script>.local', ttl: 10, data: '192.168.1.66' },
      ],
    });
    expect(announcement(bytes)).toMatchObject({
      instances: [{ name: '<b>x</b>\u0007' }],
      hosts: [{ name: '~3cscript~3e.local' }],
    });
  });

  it('is bounded', () => {
    const many = Array.from({ length: 200 }, (_, i) => i);
    const bytes = dnsPacket.encode({
      type: 'response',
      answers: many.flatMap((i) => [
        { type: 'PTR' as const, name: '_a._tcp.local', ttl: 10, data: `n${i}._t${i}._tcp.local` },
        { type: 'A' as const, name: `h${i}.local`, ttl: 10, data: '192.168.1.1' },
        { type: 'TXT' as const, name: `n${i}._t${i}._tcp.local`, ttl: 10, data: [`md=${'x'.repeat(200)}`] },
      ]),
    });
    const { serviceTypes, instances, hosts, attributes } = announcement(bytes);
    expect([serviceTypes, instances, hosts, attributes].map((list) => list.length)).toEqual([32, 32, 32, 32]);
    expect(attributes[0]?.value.length).toBe(128);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(LAMP.length - 1), fc.nat(255)), { maxLength: 12 }),
        fc.nat(400),
        (changes, length) => {
          const bytes = Buffer.from(LAMP.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const decoded = decodeMdns(bytes);
          if (decoded instanceof Failure) return;
          for (const host of decoded.hosts) expect(host.name).toMatch(/^[a-z0-9_~.-]+$/);
          for (const type of decoded.serviceTypes) expect(type).toMatch(/^_[a-z0-9_~-]+\._(tcp|udp)$/);
        },
      ),
      { numRuns: 1000 },
    );
    expect(decodeMdns(hex('0000'))).toMatchObject({ reason: 'truncated', layer: 'mdns' });
  });
});
