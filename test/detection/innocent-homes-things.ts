// Homes full of things that are busy with what they are for: films, music, games, updates, backups, clouds. No alarm.
import { answered, asks, datagram, dhcpRequest, mdns, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, HOUR, MINUTE, outside, SECOND, START, TELEVISION } from '../support/stage.ts';
import type { Case } from './case.ts';
import {
  browses,
  bytes,
  CONSOLE,
  DOORBELL,
  IPHONE,
  joins,
  MACBOOK,
  morning,
  NAS,
  PIXEL,
  PRINTER,
  type Resident,
  requests,
  SPEAKER,
  speaksQuic,
  TV_BOX,
  talks,
  usual,
  visits,
  WINDOWS,
} from './household.ts';
import { asksAddress, soap } from './router-frames.ts';

const TV: Resident = { mac: TELEVISION.mac, ip: TELEVISION.ip, name: 'living-room-tv' };
const BRIDGE: Resident = { mac: '00:17:88:0a:0b:0c', ip: '192.168.1.60', name: 'Philips-hue' };
const host = (i: number) => `203.0.113.${(i % 250) + 1}`;

/** `count` visits, `every` so often, to hosts by number. */
const tour = (from: Resident, count: number, every: number, name: (i: number) => string, begin = START) =>
  Array.from({ length: count }, (_, i) => browses(from, name(i), host(i), begin + i * every));

const UDP = (from: Resident, to: string, port: number, payload: Buffer, time: number) =>
  datagram({ mac: from.mac, ip: from.ip, port: 41_234 }, outside(to, port), payload, time);

const news = (device: Resident, backend: string, role = 'unknown') => ({
  ...({ kind: 'backend_new', device, severity: 'info' } as const),
  evidence: { backend, role },
});

export const THINGS: readonly Case[] = [
  {
    name: 'a television with sixty backends in its first week',
    home: (stage) => stage.play(joins(TV, START), ...tour(TV, 60, HOUR, (i) => `tv.service-${i}.example`)),
  },
  {
    name: 'a television that finds a new channel after weeks is noted',
    home: (stage) =>
      stage.play(
        joins(TV, START),
        ...tour(TV, 20, DAY, () => 'tv.channels.example'),
        browses(TV, 'a.new-channel.example', host(9), START + 20 * DAY),
      ),
    expect: [news(TV, 'new-channel.example')],
  },
  {
    name: 'a television box that looks for plugins every evening',
    home: (stage) =>
      stage.play(
        joins(TV_BOX, START),
        ...tour(TV_BOX, 30, DAY, () => 'mirrors.kodi.tv'),
        ...tour(TV_BOX, 30, DAY, () => 'films.box.example'),
      ),
    shows: [
      {
        device: TV_BOX,
        report: { backends: [{ name: 'box.example' }, { name: 'kodi.tv', role: 'store' }] },
      },
    ],
  },
  {
    name: 'a camera with a cloud and relays that have no names',
    home: (stage) => {
      const relays = Array.from({ length: 30 }, (_, i) => [
        UDP(CAMERA, host(i % 5), 32_100, Buffer.from('f1300000', 'hex'), START + i * HOUR),
        ...talks(CAMERA, host(i % 5), 32_100, START + i * HOUR + SECOND),
      ]);
      stage.play(usual(START), ...relays, talks(CAMERA, host(3), 32_100, START + 20 * DAY));
    },
  },
  {
    name: 'speakers that play from the Internet and find each other',
    home: (stage) => {
      const other = { ...SPEAKER, mac: '00:0e:58:12:34:64', ip: '192.168.1.36' };
      const group = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
      const search = Buffer.from(
        'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nST: urn:schemas-upnp-org:device:ZonePlayer:1\r\n\r\n',
      );
      stage.play(
        ...[SPEAKER, other].map((speaker) => joins(speaker, START)),
        datagram({ ...SPEAKER, port: 1900 }, group, search, START + SECOND),
        ...Array.from({ length: 20 }, (_, i) => visits(SPEAKER, other, 1400, START + i * MINUTE)),
        ...tour(SPEAKER, 30, 10 * MINUTE, () => 'stream.radio.example'),
      );
    },
  },
  {
    name: 'printers that announce themselves and print for everybody',
    home: (stage) =>
      stage.play(
        morning(START),
        joins(PRINTER, START),
        mdns(
          PRINTER,
          [{ type: 'PTR', name: '_ipp._tcp.local', data: 'Brother._ipp._tcp.local', ttl: 120 }],
          START + SECOND,
        ),
        ...[631, 9100, 515, 80].map((port, i) => visits(MACBOOK, PRINTER, port, START + i * MINUTE)),
        browses(PRINTER, 'update.brother.example', host(4), START + HOUR),
      ),
  },
  {
    name: 'a Chromecast that is cast to',
    home: (stage) => {
      const cast: Resident = { mac: '54:60:09:12:34:65', ip: '192.168.1.37', name: 'Chromecast' };
      stage.play(
        joins(cast, START),
        requests(cast, 'clients.cast.example', host(5), START + SECOND, 'Mozilla/5.0 (X11; Linux armv7l) CrKey/1.56'),
        visits(IPHONE, cast, 8009, START + MINUTE),
        speaksQuic(cast, host(6), START + 2 * MINUTE),
        browses(cast, 'films.stream.example', host(7), START + 3 * MINUTE, 500_000),
      );
    },
  },
  {
    name: 'a Zigbee bridge that asks for updates daily, and gets one',
    home: (stage) =>
      stage.play(
        joins(BRIDGE, START),
        ...tour(BRIDGE, 40, DAY, () => 'firmware.meethue.com'),
        browses(BRIDGE, 'firmware.meethue.com', host(8), START + 40 * DAY, 700_000),
      ),
    shows: [{ device: BRIDGE, report: { note: 'philips-hue', backends: [{ role: 'update' }] } }],
  },
  {
    name: 'ten plugs of one maker that share its cloud',
    home: (stage) => {
      for (let i = 0; i < 10; i++) {
        const plug: Resident = { mac: `a4:cf:12:00:00:0${i}`, ip: `192.168.1.14${i}`, name: 'plug' };
        stage.play(
          joins(plug, START + i * SECOND),
          ...tour(plug, 10, 12 * HOUR, () => 'mqtt.plugs.example', START + MINUTE),
        );
      }
    },
  },
  {
    name: 'a robot that keeps one connection to its cloud for weeks (MQTT over TLS)',
    home: (stage) => {
      const kept = talks(CAMERA, host(2), 8883, START, bytes(['C', '\x16\x03\x01\0\x05hello']), { close: false });
      stage.play(usual(START), kept);
      for (let day = 1; day <= 15; day++) stage.play(dhcpRequest(CAMERA.mac, [[12, 'robot']], START + day * DAY));
    },
  },
  {
    name: 'a storage that saves everything to a cloud every night',
    home: (stage) => {
      const nights = Array.from({ length: 14 }, (_, day) =>
        tour(NAS, 25, 20 * SECOND, (i) => `s3-${i % 4}.backup.example`, START + day * DAY),
      );
      stage.play(joins(NAS, START), ...nights.flat());
    },
  },
  {
    name: 'update day of Windows: many hosts, much data',
    home: (stage) =>
      stage.play(
        joins(WINDOWS, START),
        ...tour(WINDOWS, 60, SECOND, (i) => `dl-${i}.delivery.example`, START + 9 * DAY),
        browses(WINDOWS, 'download.windowsupdate.com', host(1), START + 9 * DAY, 900_000),
      ),
    expect: [news(WINDOWS, 'delivery.example'), news(WINDOWS, 'windowsupdate.com', 'update')],
    shows: [{ device: WINDOWS, report: { note: 'windows-pc', class: 'general-purpose' } }],
  },
  {
    name: 'a telephone that installs apps from a store after weeks is noted at most',
    home: (stage) =>
      stage.play(joins(PIXEL, START), browses(PIXEL, 'play.google.com', host(1), START + 20 * DAY, 400_000)),
    expect: [news(PIXEL, 'google.com', 'store')],
  },
  {
    name: 'a game that is downloaded from forty hosts, then played',
    home: (stage) =>
      stage.play(
        joins(CONSOLE, START),
        ...tour(CONSOLE, 40, SECOND, (i) => `cdn-${i}.games.example`),
        ...Array.from({ length: 20 }, (_, i) =>
          UDP(CONSOLE, host(i), 3659, Buffer.alloc(60, 9), START + HOUR + i * 20),
        ),
      ),
  },
  {
    name: 'a console that asks the router how it is, and maps nothing',
    home: (stage) => {
      const group = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
      const search = Buffer.from(
        'M-SEARCH * HTTP/1.1\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n',
      );
      stage.play(
        usual(START),
        joins(CONSOLE, START),
        datagram({ ...CONSOLE, port: 41_900 }, group, search, START + SECOND),
        soap(CONSOLE, 'GetExternalIPAddress', {}, START + MINUTE, { NewExternalIPAddress: '203.0.113.200' }),
        soap(CONSOLE, 'GetStatusInfo', {}, START + 2 * MINUTE, { NewUptime: 9 }),
        soap(CONSOLE, 'GetGenericPortMappingEntry', { NewPortMappingIndex: 0 }, START + 3 * MINUTE),
      );
    },
  },
  {
    name: 'a laptop that asks for the public address by NAT-PMP, and maps nothing',
    home: (stage) =>
      stage.play(usual(START), joins(MACBOOK, START), asksAddress(MACBOOK, '203.0.113.200', START + MINUTE)),
  },
  {
    name: 'a doorbell that rings all day',
    home: (stage) =>
      stage.play(joins(DOORBELL, START), ...tour(DOORBELL, 60, 10 * MINUTE, () => 'events.ring.example')),
  },
  {
    name: 'a device that speaks HTTP in the clear, with words of mail in it',
    home: (stage) =>
      stage.play(
        usual(START),
        answered(CAMERA, 'api.cam.example', [host(3)], START),
        talks(
          CAMERA,
          host(3),
          80,
          START + SECOND,
          bytes(
            [
              'C',
              'POST /alarm HTTP/1.1\r\nHost: api.cam.example\r\nContent-Length: 60\r\n\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nEHLO x\r\n',
            ],
            ['S', 'HTTP/1.1 250 OK\r\n\r\n'],
          ),
        ),
      ),
    shows: [{ device: CAMERA, report: { mail: { attempts: 0, messages: 0 } } }],
  },
  {
    name: 'a device that cannot reach its cloud: refused, unanswered, no such name',
    home: (stage) =>
      stage.play(
        usual(START),
        ...Array.from({ length: 50 }, (_, i) => [
          asks(CAMERA, `api-${i}.gone.example`, 'A', START + i * MINUTE),
          ...visit(CAMERA, host(i), START + i * MINUTE + SECOND).slice(0, i % 2 ? 1 : 2),
        ]),
      ),
  },
];
