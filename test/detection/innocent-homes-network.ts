// Homes with a lively network: every kind of link, floods of names and addresses, scans from inside, restarts. No alarm.
import { encode } from 'dns-packet';
import { answered, asks, datagram, dhcpAck, dhcpRequest, mdns, tlsHello } from '../support/name-frames.ts';
import {
  arp,
  type CapturedFrame,
  ethernet,
  icmpUnreachable,
  ipv4,
  ipv6,
  routerAdvertisement,
  tcp,
} from '../support/packet-builder.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  SECOND,
  START,
  TELEVISION,
} from '../support/stage.ts';
import type { Case } from './case.ts';
import {
  browses,
  bytes,
  fetches,
  IPHONE,
  joins,
  MACBOOK,
  morning,
  NAS,
  PI,
  PIXEL,
  PRINTER,
  type Resident,
  talks,
  usual,
  visits,
  WINDOWS,
} from './household.ts';
import { day, isFromRouter, later, NOTED } from './innocent-homes-links.ts';

/** RA of the router: the home's prefix. */
function advertised(time: number): CapturedFrame {
  const message = routerAdvertisement({ sourceMac: GATEWAY.mac, prefixes: [{ prefix: '2001:db8:1::', length: 64 }] });
  const packet = ipv6({ source: 'fe80::1', destination: 'ff02::1', hopLimit: 255 }, message);
  return { time, data: ethernet({ source: GATEWAY.mac, destination: '33:33:00:00:00:01' }, packet) };
}

const at6 = (resident: Resident, host: number): Resident => ({ mac: resident.mac, ip: `2001:db8:1::${host}` });

function announces6(from: Resident, service: string, time: number): CapturedFrame {
  const answers = [{ type: 'PTR' as const, name: `${service}.local`, ttl: 120, data: `x.${service}.local` }];
  const group = { mac: '33:33:00:00:00:fb', ip: 'ff02::fb', port: 5353 };
  return datagram({ ...from, port: 5353 }, group, encode({ type: 'response', id: 0, answers }), time);
}

const tls = (host: string) => [{ from: 'C' as const, bytes: tlsHello(host) }];

export const NETWORKS: readonly Case[] = [
  {
    name: 'a home with IPv6 alone, mail of a telephone included',
    home: (stage) => {
      const [phone, camera, storage] = [at6(IPHONE, 77), at6(CAMERA, 50), at6(NAS, 31)];
      const server = { mac: NAS.mac, ip: storage.ip, port: 22 };
      stage.play(
        advertised(START),
        announces6(phone, '_apple-mobdev2._tcp', START + SECOND),
        talks(camera, '2001:db8:c10d::1', 443, START + MINUTE, tls('p2p.cam.example')),
        talks(phone, '2001:db8:ffff::25', 587, START + HOUR, ['S: 220 smtp ESMTP', 'C: EHLO phone']),
        talks(phone, storage.ip, 22, START + 2 * HOUR, [], { server }),
        talks(phone, storage.ip, 25, START + 2 * HOUR, [], { server: { ...server, port: 25 } }),
      );
    },
    expect: [NOTED],
  },
  {
    name: 'guests with made-up addresses, twenty a day for a week',
    home: (stage) => {
      for (let i = 0; i < 140; i++) {
        const mac = `d6:00:00:00:0${i >> 8}:${(i & 255).toString(16).padStart(2, '0')}`;
        const guest: Resident = { ...PIXEL, mac, ip: `192.168.1.${100 + (i % 150)}` };
        stage.play(joins(guest, START + i * 72 * MINUTE), fetches(guest, START + i * 72 * MINUTE + MINUTE));
      }
    },
  },
  {
    name: 'a resolver that warms its cache: a thousand names at once',
    home: (stage) => {
      const names = Array.from({ length: 1000 }, (_, i) => [
        asks(PI, `host-${i}.example`, 'A', START + i * 20, { resolver: outside('9.9.9.9', 53) }),
        datagram(outside('9.9.9.9', 53), { ...PI, port: 40_001 }, Buffer.alloc(12), START + i * 20 + 5),
      ]);
      stage.play(usual(START), ...names);
    },
  },
  {
    name: 'a device that asks for an address a thousand times',
    home: (stage) =>
      stage.play(
        usual(START),
        Array.from({ length: 1000 }, (_, i) => dhcpRequest(FRIDGE.mac, [[12, 'fridge']], START + i * 100)),
      ),
  },
  {
    name: 'an app that looks for everybody in the home (ARP)',
    home: (stage) => {
      const scan = Array.from({ length: 254 }, (_, i) => {
        const asked = arp({
          operation: 'request',
          senderMac: IPHONE.mac,
          senderIp: IPHONE.ip,
          targetIp: `192.168.1.${i + 1}`,
        });
        return {
          time: START + i * 10,
          data: ethernet({ source: IPHONE.mac, destination: 'ff:ff:ff:ff:ff:ff' }, asked),
        };
      });
      stage.play(joins(IPHONE, START - MINUTE), scan);
    },
  },
  {
    name: 'a port scan inside the home, port 25 included',
    home: (stage) => {
      const ports = [21, 22, 23, 25, 80, 443, 445, 465, 587, 2323, 2525, 5555, 8080];
      for (const host of [CAMERA, FRIDGE, TELEVISION, PRINTER])
        stage.play(...ports.map((port, i) => visits(MACBOOK, host, port, START + i * 50)));
    },
  },
  {
    name: "the router's own questions, time and updates",
    home: (stage) => {
      const upstream = (ip: string, port: number) => ({ mac: '02:00:5e:00:00:01', ip, port });
      const client = { ...GATEWAY, port: 34_000 };
      stage.play(
        morning(START),
        asks(GATEWAY, 'example.net', 'MX', START + MINUTE, { resolver: upstream('9.9.9.9', 53) }),
        asks(GATEWAY, '9.100.51.198.zen.spamhaus.org', 'A', START + MINUTE, { resolver: upstream('9.9.9.9', 53) }),
        datagram({ ...GATEWAY, port: 123 }, upstream('203.0.113.123', 123), Buffer.alloc(48, 0x1b), START + MINUTE),
        talks(CAMERA, '203.0.113.60', 443, START + HOUR, tls('update.router.example'), {
          client,
          server: upstream('203.0.113.60', 443),
        }),
      );
    },
    shows: [{ device: GATEWAY, report: { role: 'gateway', lookups: { mx: 0, dnsbl: 0 } } }],
  },
  {
    name: "the sensor's own traffic: its messages, updates and pages",
    settings: { sensorMac: PI.mac },
    home: (stage) =>
      stage.play(
        morning(START),
        browses(PI, 'ntfy.example', '203.0.113.61', START + MINUTE),
        browses(PI, 'registry.npmjs.org', '203.0.113.62', START + 9 * DAY, 400_000),
        visits(IPHONE, PI, 8080, START + 9 * DAY, ['C: GET / HTTP/1.1', 'S: HTTP/1.1 200 OK']),
        visits(NAS, PI, 1883, START + 9 * DAY),
      ),
    expect: [{ kind: 'backend_new', device: PI, severity: 'info', evidence: { backend: 'npmjs.org', role: 'store' } }],
    shows: [{ device: PI, report: { role: 'sensor' } }],
  },
  {
    name: 'a restart in the middle of everything that is open',
    home: [
      (stage) => stage.play(day(START).slice(0, 60)),
      (stage) => stage.play(day(START).slice(60), later(day(START), DAY)),
    ],
    expect: [NOTED],
  },
  {
    name: 'a clock that is set back by an hour',
    home: (stage) => {
      stage.play(day(START));
      for (const frame of day(START - HOUR)) stage.send(frame);
      stage.play(later(day(START), DAY));
    },
    expect: [NOTED],
  },
  {
    name: 'a mesh of access points, each handing on packets under its own address',
    home: (stage) => {
      const mesh = '3c:37:86:2b:11:99';
      const through = (frames: CapturedFrame[]) =>
        frames.map(({ data, time }) => ({
          time,
          data: Buffer.concat([Buffer.from(mesh.replaceAll(':', ''), 'hex'), data.subarray(6)]),
        }));
      const up = through(
        browses(MACBOOK, 'shop.example', '203.0.113.14', START + MINUTE).filter((f) => !isFromRouter(f)),
      );
      stage.play(morning(START), up);
    },
  },
  {
    name: 'everybody announces names: mDNS, SSDP, NetBIOS, LLMNR',
    home: (stage) => {
      const hosts = [CAMERA, FRIDGE, TELEVISION, PRINTER, NAS].map(({ mac, ip }) => ({ mac, ip }));
      for (const [i, host] of hosts.entries()) {
        const group = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
        const text = `NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nSERVER: Linux/4.4 UPnP/1.0 device/1.${i}\r\n\r\n`;
        const query = encode({ type: 'query', id: i, questions: [{ type: 'A', name: 'wpad' }] });
        stage.play(
          mdns(host, [{ type: 'A', name: `device-${i}.local`, data: host.ip, ttl: 120 }], START + i),
          datagram({ ...host, port: 1900 }, group, Buffer.from(text), START + i),
          datagram(
            { ...host, port: 5355 },
            { mac: '01:00:5e:00:00:fc', ip: '224.0.0.252', port: 5355 },
            query,
            START + i,
          ),
          datagram(
            { ...host, port: 137 },
            { mac: 'ff:ff:ff:ff:ff:ff', ip: '192.168.1.255', port: 137 },
            query,
            START + i,
          ),
        );
      }
    },
  },
  {
    name: 'two devices that are called the same, and neither does anything',
    home: (stage) =>
      stage.play(
        joins({ ...CAMERA, name: 'plug' }, START),
        joins({ ...FRIDGE, name: 'plug' }, START + SECOND),
        browses(CAMERA, 'api.plugs.example', '203.0.113.63', START + MINUTE),
      ),
    shows: [{ device: CAMERA, report: { displayName: 'plug (…:be:ef)' } }],
  },
  {
    name: 'errors of routers about what is no mail, and one that quotes what nobody sent',
    home: (stage) => {
      const error = (destinationPort: number, source: string) => {
        const quoted = ipv4(
          { source, destination: MAIL_SERVER },
          tcp({ sourcePort: 50_000, destinationPort, flags: 'S' }),
        );
        const packet = ipv4({ source: '192.168.1.66', destination: CAMERA.ip }, icmpUnreachable(13, quoted));
        return { time: START + SECOND, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet) };
      };
      const others = browses({ mac: FRIDGE.mac, ip: FRIDGE.ip }, 'api.fridge.example', '203.0.113.64', START - MINUTE);
      stage.play(usual(START), others, error(443, CAMERA.ip), error(25, FRIDGE.ip));
    },
  },
  {
    name: 'a home whose owner has listed the company’s network as inside',
    settings: { homeNet: ['192.168.1.0/24', '203.0.113.0/24'] },
    home: (stage) =>
      stage.play(joins(WINDOWS, START), talks(WINDOWS, '203.0.113.25', 25, START + MINUTE, ['S: 220 mx ESMTP'])),
  },
  {
    name: 'an address that wanders from one device to another',
    home: (stage) =>
      stage.play(
        usual(START),
        dhcpAck({ mac: PRINTER.mac, ip: '192.168.1.99' }, START),
        answered({ ...PRINTER, ip: '192.168.1.99' }, 'print.example', ['203.0.113.65'], START + MINUTE),
        dhcpAck({ mac: FRIDGE.mac, ip: '192.168.1.99' }, START + HOUR),
        talks(
          { mac: FRIDGE.mac, ip: '192.168.1.99' },
          '203.0.113.66',
          443,
          START + 2 * HOUR,
          tls('api.fridge.example'),
        ),
      ),
  },
  {
    name: 'octets that mean nothing on every port that is listened to',
    home: (stage) => {
      const noise = String.fromCharCode(...Array.from({ length: 200 }, (_, i) => (i * 73 + 19) & 255));
      const ports = [80, 443, 8080, 1080, 53, 143, 6667, 8025];
      stage.play(
        usual(START),
        ...ports.map((port, i) =>
          talks(CAMERA, '203.0.113.80', port, START + i * MINUTE, bytes(['C', noise], ['S', noise])),
        ),
      );
    },
  },
];
