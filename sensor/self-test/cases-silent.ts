// What happens in a home where nothing is wrong. Each of these must stay silent.
import type { Case } from './case.ts';
import { tcpConversation } from './frames/conversation.ts';
import { reaches, upnp } from './frames/doors.ts';
import {
  at,
  BRIDGE,
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  PHONE,
  RESOLVER,
  SECOND,
  START,
  TELEVISION,
} from './frames/home.ts';
import { ethernet } from './frames/link-layers.ts';
import { arp } from './frames/messages.ts';
import type { CapturedFrame } from './frames/pcap-file.ts';
import { connect } from './frames/proxies.ts';
import {
  answered,
  asks,
  datagram,
  dhcpAck,
  dhcpRequest,
  dnsAnswer,
  type Host,
  mail,
  mdns,
  phoneJoins,
  refusal,
  usual,
  visit,
} from './frames/traffic.ts';

const CLOUD = '203.0.113.80';
const UPDATE_HOST = 'firmware.meethue.com';
const resolver = at(RESOLVER, RESOLVER.ip, 53);
const upstream = { mac: '02:00:5e:00:00:01', ip: '9.9.9.9', port: 53 };
const SSDP = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
const SEARCH = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n';
let port = 52_000;
/** Two devices of the home, one connection. */
const between = (from: Host, to: Host, service: number, time: number, dialogue: readonly string[] = []) => {
  const [client, server] = [at(from, from.ip, ++port), at(to, to.ip, service)];
  return tcpConversation({ client, server, time, isn: port * 811, outcome: 'connected', dialogue });
};
const daily = (days: number, each: (time: number) => CapturedFrame[]) =>
  Array.from({ length: days }, (_, day) => each(START + day * DAY)).flat();

const QUIET: Record<string, Case['frames']> = {
  'a telephone with mail accounts, its web pages and its apps': () => [
    phoneJoins(START - MINUTE),
    asks(PHONE, 'provider.example', 'MX', START),
    ...daily(3, (time) => [
      ...mail(PHONE, MAIL_SERVER, time, { port: 587, outcome: 'connected' }),
      ...mail(PHONE, '198.51.100.7', time + HOUR, { port: 465, outcome: 'connected' }),
      ...visit(PHONE, MAIL_SERVER, time + 2 * HOUR, { port: 993, host: 'imap.provider.example' }),
      ...visit(PHONE, '198.51.100.40', time + 3 * HOUR, { host: 'play.google.com', down: 200_000 }),
    ]),
  ],
  'a light bridge with its cloud and its updates, for forty days': () => [
    dhcpRequest(BRIDGE.mac, [[12, 'bridge']], START - MINUTE),
    dhcpAck(BRIDGE, START - MINUTE + SECOND),
    ...daily(40, (time) => [
      answered(BRIDGE, 'api.meethue.com', [CLOUD], time),
      ...visit(BRIDGE, CLOUD, time + SECOND, { host: 'api.meethue.com', down: 3000 }),
      ...visit(BRIDGE, '198.51.100.41', time + HOUR, { host: UPDATE_HOST, down: 5000 }),
    ]),
  ],
  'a firmware update from where it always came': () =>
    [
      ...daily(20, (time) => visit(BRIDGE, CLOUD, time, { host: UPDATE_HOST })),
      visit(BRIDGE, CLOUD, START + 20 * DAY, { host: UPDATE_HOST, down: 400_000 }),
    ].flat(),
  'everything a device calls in its first week': () =>
    Array.from({ length: 20 }, (_, i) =>
      visit(CAMERA, `198.51.100.${i}`, START + i * 8 * HOUR, i % 4 === 0 ? {} : { host: `api${i}.maker${i}.example` }),
    ).flat(),
  'another host of a domain that the device knows': () => [
    visit(CAMERA, CLOUD, START, { host: 'api.vendor.example' }),
    visit(CAMERA, '198.51.100.42', START + 8 * DAY, { host: 'cdn-17.vendor.example' }),
  ],
  'a device that was switched off for forty days': () => [
    visit(BRIDGE, CLOUD, START, { host: UPDATE_HOST }),
    ...daily(40, (time) => [dhcpRequest(CAMERA.mac, [[12, 'camera']], time)]),
  ],
  'a device that is busy every day': () =>
    daily(12, (time) =>
      Array.from({ length: 80 }, (_, i) =>
        visit(CAMERA, `203.0.113.${i % 40}`, time + i * 30 * SECOND, { host: 'api.vendor.example' }),
      ).flat(),
    ),
  'a Pi-hole that asks for mail servers and block lists for others': () => [
    asks(CAMERA, 'a.example', 'A', START, { resolver }),
    datagram(resolver, at(CAMERA, CAMERA.ip, 40_001), dnsAnswer('a.example', [CLOUD]), START + 10),
    ...['zen.spamhaus.org', 'bl.spamcop.net', 'psbl.surriel.com'].map((zone, i) =>
      asks(RESOLVER, `9.100.51.198.${zone}`, 'A', START + MINUTE + i, { resolver: upstream }),
    ),
    asks(RESOLVER, 'example.net', 'MX', START + 2 * MINUTE, { resolver: upstream }),
  ],
  'a resolver that only DHCP names': () => [
    dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 53])]]),
    asks(RESOLVER, 'example.net', 'MX', START + MINUTE),
  ],
  'a port scan from the Internet that nobody answers': () => [
    usual(),
    ...[21, 22, 23, 25, 80, 443, 554, 2323, 5555, 8080].flatMap((scanned, i) =>
      reaches(CAMERA, scanned, START + i * SECOND, { outcome: i % 2 === 0 ? 'unanswered' : 'refused' }),
    ),
  ],
  'the router: its resolver, its clock, its own updates': () => [
    usual(),
    asks(GATEWAY, 'example.net', 'MX', START, { resolver: upstream }),
    datagram(at(GATEWAY, GATEWAY.ip, 123), { ...upstream, port: 123 }, Buffer.alloc(48, 0x1b), START + SECOND),
    tcpConversation({
      client: at(GATEWAY, GATEWAY.ip, 33_001),
      server: { ...upstream, ip: '198.51.100.43', port: 443 },
      time: START + MINUTE,
      outcome: 'connected',
    }),
    dhcpAck(TELEVISION, START + 2 * MINUTE),
  ],
  'mail, telnet, SSH and web between neighbours': () => [
    usual(),
    between(CAMERA, FRIDGE, 25, START, ['S: 220 nas ESMTP', 'C: EHLO camera', 'S: 250 ok']),
    between(TELEVISION, FRIDGE, 587, START + SECOND),
    between(TELEVISION, CAMERA, 23, START + 2 * SECOND),
    between(TELEVISION, CAMERA, 22, START + 3 * SECOND),
    between(PHONE, CAMERA, 80, START + 4 * SECOND, ['C: GET / HTTP/1.1\r\nHost: camera\r\n', 'S: HTTP/1.1 200 OK\r\n']),
  ],
  'announcements, ARP and multicast': () => [
    mdns(TELEVISION, [{ type: 'PTR', name: '_googlecast._tcp.local', data: 'tv._googlecast._tcp.local' }], START),
    mdns(CAMERA, [{ type: 'A', name: 'mx.local', data: CAMERA.ip, ttl: 120 }], START + SECOND),
    {
      time: START + 2 * SECOND,
      data: ethernet(
        { source: CAMERA.mac, destination: 'ff:ff:ff:ff:ff:ff' },
        arp({ operation: 'request', senderMac: CAMERA.mac, senderIp: CAMERA.ip, targetIp: GATEWAY.ip }),
      ),
    },
    datagram(at(TELEVISION, TELEVISION.ip, 50_000), SSDP, Buffer.from(SEARCH), START + 3 * SECOND),
  ],
  'active FTP, whose data connection comes from outside': () => [
    usual(),
    visit(CAMERA, '198.51.100.77', START, { port: 21 }),
    tcpConversation({
      client: outside('198.51.100.77', 20),
      server: at(CAMERA, CAMERA.ip, 51_111),
      time: START + SECOND,
      outcome: 'connected',
    }),
  ],
  'a web proxy that is asked for a web server': () =>
    tcpConversation({
      client: at(CAMERA, CAMERA.ip, 51_000),
      server: outside('198.51.100.10', 3128),
      time: START,
      outcome: 'connected',
      dialogue: [...connect('www.example.net', 443), 'C: hello', 'S: hello'],
    }),
  'an FTP server whose banner looks a little like mail': () =>
    mail(CAMERA, '198.51.100.50', START, {
      port: 2121,
      outcome: 'connected',
      dialogue: ['S: 220 ProFTPD ready', 'C: USER anonymous', 'S: 331 password'],
    }),
  "an ICMP error, made up by a neighbour, about another device's mail": () => [
    usual(),
    visit(FRIDGE, CLOUD, START - MINUTE, { host: 'api.vendor.example' }),
    refusal({ code: 13, by: '192.168.1.66', source: FRIDGE.ip }, START),
  ],
  'the closing of a mail connection that began before the sensor looked': () => [
    usual(),
    mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected' }).slice(2),
  ],
  'a question to the router about its state, by UPnP': () => [usual(), upnp({ action: 'GetStatusInfo' }, START)],
};

export const SILENT_CASES: readonly Case[] = Object.entries(QUIET).map(([name, frames]) => ({
  name: `silent: ${name}`,
  frames,
  expect: [],
}));
