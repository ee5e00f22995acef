// What goes on in a made-up home, as flows of frames: downloads, video, calls, uploads, lookups, announcements, mail.
// Which flow is how frequent is decided in generate.ts.
import {
  arp,
  dhcp,
  type Endpoint,
  ethernet,
  ipv4,
  ipv6,
  neighborAdvertisement,
  neighborSolicitation,
  routerAdvertisement,
  tcpConversation,
  udp,
} from '../support/packet-builder.ts';
import { dnsAnswer, dnsQuery, mdnsAnnouncement, quicHello, tlsHello } from './openings.ts';
import type { Random } from './random.ts';
import { TcpTalk } from './tcp-talk.ts';

export type Flow = Generator<Buffer, void>;

interface Thing {
  mac: string;
  ip: string;
  ip6: string;
}

interface Host {
  name: string;
  ip: string;
  ip6: string;
}

const GATEWAY: Thing = { mac: '00:0d:b9:44:55:66', ip: '192.168.1.1', ip6: 'fe80::1' };
const THINGS = 24;
const HOSTS = 400;
const FIRST_FREE_PORT = 32_768;
/** One connection in this many goes over IPv6; one hello in two is post-quantum, as in homes with current browsers. */
const IPV6_EVERY = 3;

export class Traffic {
  readonly #random: Random;
  readonly #things: Thing[] = [];
  readonly #hosts: Host[] = [];
  /** Full-size segments from a device to port 443, which part of the filter keeps. */
  uploadSegments = 0;

  constructor(random: Random) {
    this.#random = random;
    for (let i = 1; i <= THINGS; i++) {
      const hex = i.toString(16).padStart(2, '0');
      this.#things.push({ mac: `24:0a:c4:10:00:${hex}`, ip: `192.168.1.${20 + i}`, ip6: `2001:db8:1::${hex}` });
    }
    for (let i = 0; i < HOSTS; i++) {
      const last = (i % 250) + 1;
      this.#hosts.push({
        name: `${['cdn', 'api', 'video', 'update'][i % 4]}${i}.service${i % 60}.example.com`,
        ip: i < 250 ? `203.0.113.${last}` : `198.51.100.${last}`,
        ip6: `2001:db8:ffff::${i.toString(16)}`,
      });
    }
  }

  /** TLS: `down` and `up` full-size segments, with an acknowledgement for every two. */
  *https({ down, up }: { down: number; up: number }): Flow {
    const { device, host, ends } = yield* this.#contact(443);
    const talk = new TcpTalk(this.#random, ends.client, ends.server);
    yield* talk.open();
    yield* talk.send('client', tlsHello(this.#random, host.name, this.#random.below(2) === 0));
    yield* talk.send('server', Buffer.concat([Buffer.from('160303007a', 'hex'), this.#random.bytes(3000)]));
    yield* talk.send('client', Buffer.concat([Buffer.from('140303000101170303', 'hex'), this.#random.bytes(60)]));
    yield* talk.send('client', Buffer.concat([Buffer.from('17030301', 'hex'), this.#random.bytes(250)]));
    yield* this.#bulk(talk, 'server', down);
    yield* this.#bulk(talk, 'client', up);
    this.uploadSegments += up;
    yield* talk.close();
    if (this.#random.below(4) === 0) yield* this.arp(device);
  }

  /** What passes the filter of a TLS connection: its lookup, its hello, and how it begins and ends. */
  *tlsOpening(): Flow {
    const { host, ends } = yield* this.#contact(443);
    const talk = new TcpTalk(this.#random, ends.client, ends.server);
    yield* talk.handshake();
    yield* talk.message('client', tlsHello(this.#random, host.name, this.#random.below(2) === 0));
    yield* this.#random.below(8) === 0 ? talk.reset('client') : talk.finish();
  }

  *quicOpening(): Flow {
    yield* this.quic(0);
  }

  /** A protocol whose payload nobody reads. */
  *plainConnection(): Flow {
    const { ends } = yield* this.#contact(8883);
    const talk = new TcpTalk(this.#random, ends.client, ends.server);
    yield* talk.handshake();
    yield* talk.finish();
  }

  *refusedConnection(): Flow {
    const { ends } = yield* this.#contact(8080);
    const talk = new TcpTalk(this.#random, ends.client, ends.server);
    yield* talk.refused();
  }

  /** Files over the LAN, from a store in the home: no hello, nothing to name. */
  *lanFiles(segments: number): Flow {
    const [client, server] = [this.#random.pick(this.#things.slice(1)), this.#things[0] ?? GATEWAY];
    const talk = new TcpTalk(this.#random, this.#end(client), { mac: server.mac, ip: server.ip, port: 445 });
    yield* talk.open();
    yield* this.#bulk(talk, 'server', segments);
    yield* talk.close();
  }

  /** Video over QUIC: Initials, then short-header packets. */
  *quic(packets: number): Flow {
    const { host, ends } = yield* this.#contact(443);
    for (const datagram of quicHello(this.#random, host.name, this.#random.below(2) === 0))
      yield this.#datagram(ends.client, ends.server, datagram);
    const answer = Buffer.concat([Buffer.from('c300000001', 'hex'), this.#random.bytes(1195)]);
    yield this.#datagram(ends.server, ends.client, answer);
    const down = this.#datagram(ends.server, ends.client, Buffer.concat([Buffer.from([0x41]), Buffer.alloc(1249)]));
    const up = this.#datagram(ends.client, ends.server, Buffer.concat([Buffer.from([0x42]), Buffer.alloc(34)]));
    for (let i = 0; i < packets; i++) yield i % 5 === 4 ? this.#scramble(up, 34) : this.#scramble(down, 1249);
  }

  /** A call or a game: datagrams of one size both ways, without a name. */
  *call(packets: number, size: number): Flow {
    const client = this.#end(this.#random.pick(this.#things));
    const server = { mac: GATEWAY.mac, ip: this.#random.pick(this.#hosts).ip, port: 3478 };
    const rtp = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(size - 1)]);
    const [up, down] = [this.#datagram(client, server, rtp), this.#datagram(server, client, rtp)];
    for (let i = 0; i < packets; i++) yield this.#scramble(i % 2 === 0 ? up : down, size - 1);
  }

  *http(): Flow {
    const { host, ends } = yield* this.#contact(80);
    const talk = new TcpTalk(this.#random, ends.client, ends.server);
    yield* talk.open();
    const request = `GET /firmware/info HTTP/1.1\r\nHost: ${host.name}\r\nUser-Agent: thing/1.${this.#random.below(4)}\r\n\r\n`;
    yield* talk.send('client', Buffer.from(request));
    yield* talk.send('server', Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), this.#random.bytes(2500)]));
    yield* talk.close();
  }

  *mail(): Flow {
    const device = this.#things.at(-1) ?? GATEWAY;
    const host = this.#random.pick(this.#hosts);
    const body = Array.from({ length: 20 }, () => ({ from: 'C' as const, bytes: this.#random.bytes(1200) }));
    const frames = tcpConversation({
      client: this.#end(device),
      server: { mac: GATEWAY.mac, ip: host.ip, port: 25 },
      time: 0,
      isn: this.#random.word(),
      outcome: 'connected',
      dialogue: [
        ...['S: 220 mx', 'C: EHLO thing', 'S: 250 mx', 'C: MAIL FROM:<a@example.net>', 'S: 250 ok'],
        ...['C: RCPT TO:<b@example.net>', 'S: 250 ok', 'C: DATA', 'S: 354 go on', ...body, 'C: .', 'S: 250 ok'],
        ...['C: QUIT', 'S: 221 bye'],
      ],
    });
    for (const { data } of frames) yield data;
  }

  *lookup(): Flow {
    yield* this.#resolve(this.#random.pick(this.#things), this.#random.pick(this.#hosts), false);
  }

  *arp(device: Thing = this.#random.pick(this.#things)): Flow {
    const fields = { senderMac: device.mac, senderIp: device.ip, targetIp: GATEWAY.ip };
    const request = arp({ operation: 'request', ...fields });
    yield ethernet({ source: device.mac, destination: 'ff:ff:ff:ff:ff:ff' }, request);
    const answer = { senderMac: GATEWAY.mac, senderIp: GATEWAY.ip, targetMac: device.mac, targetIp: device.ip };
    yield ethernet({ source: GATEWAY.mac, destination: device.mac }, arp({ operation: 'reply', ...answer }));
  }

  *neighbor(): Flow {
    const device = this.#random.pick(this.#things);
    const ask = neighborSolicitation({ target: GATEWAY.ip6, sourceMac: device.mac });
    const solicited = ipv6({ source: device.ip6, destination: GATEWAY.ip6, hopLimit: 255 }, ask);
    yield ethernet({ source: device.mac, destination: GATEWAY.mac }, solicited);
    const tell = neighborAdvertisement({ target: GATEWAY.ip6, targetMac: GATEWAY.mac, router: true, solicited: true });
    const advertised = ipv6({ source: GATEWAY.ip6, destination: device.ip6, hopLimit: 255 }, tell);
    yield ethernet({ source: GATEWAY.mac, destination: device.mac }, advertised);
  }

  /** The router tells the home's prefix: without it nobody can know that its addresses are inside. */
  *advertise(): Flow {
    const prefixes = [{ prefix: '2001:db8:1::', length: 64 }];
    const message = routerAdvertisement({ sourceMac: GATEWAY.mac, routerLifetime: 1800, prefixes });
    const packet = ipv6({ source: GATEWAY.ip6, destination: 'ff02::1', hopLimit: 255 }, message);
    yield ethernet({ source: GATEWAY.mac, destination: '33:33:00:00:00:01' }, packet);
  }

  *announce(): Flow {
    const device = this.#random.pick(this.#things);
    const from = { mac: device.mac, ip: device.ip, port: 5353 };
    const group = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
    const payload = mdnsAnnouncement(`thing-${device.ip.slice(10)}.local`, device.ip);
    yield this.#datagram(from, group, payload);
  }

  *search(): Flow {
    const device = this.#random.pick(this.#things);
    const search =
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n';
    const group = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };
    yield this.#datagram(this.#end(device), group, Buffer.from(search));
  }

  *lease(): Flow {
    const device = this.#random.pick(this.#things);
    const client = { mac: device.mac, ip: device.ip, port: 68 };
    const server = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 67 };
    const shared = { clientMac: device.mac, transactionId: this.#random.word() };
    const request = dhcp({
      ...shared,
      operation: 'request',
      messageType: 3,
      clientIp: device.ip,
      options: [[12, 'thing']],
    });
    yield this.#datagram(client, server, request);
    yield this.#datagram(server, client, dhcp({ ...shared, operation: 'reply', messageType: 5, yourIp: device.ip }));
  }

  *clock(): Flow {
    const device = this.#end(this.#random.pick(this.#things));
    const server = { mac: GATEWAY.mac, ip: this.#random.pick(this.#hosts).ip, port: 123 };
    const ask = Buffer.concat([Buffer.from([0x23]), this.#random.bytes(47)]);
    yield this.#datagram(device, server, ask);
    yield this.#datagram(server, device, ask);
  }

  *#bulk(talk: TcpTalk, from: 'client' | 'server', segments: number): Flow {
    const receiver = from === 'client' ? 'server' : 'client';
    for (let i = 1; i <= segments; i++) {
      yield talk.bulk(from);
      if (i % 2 === 0) yield talk.acknowledge(receiver);
    }
  }

  /** Picks who talks to whom, and shows the lookup before it. */
  *#contact(
    port: number,
  ): Generator<Buffer, { device: Thing; host: Host; ends: { client: Endpoint; server: Endpoint } }> {
    const device = this.#random.pick(this.#things);
    const host = this.#random.pick(this.#hosts);
    const v6 = this.#random.below(IPV6_EVERY) === 0;
    yield* this.#resolve(device, host, v6);
    const client = { ...this.#end(device), ip: v6 ? device.ip6 : device.ip };
    return { device, host, ends: { client, server: { mac: GATEWAY.mac, ip: v6 ? host.ip6 : host.ip, port } } };
  }

  *#resolve(device: Thing, host: Host, v6: boolean): Flow {
    const id = this.#random.below(0x10000);
    const resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
    const asker = this.#end(device);
    yield this.#datagram(asker, resolver, dnsQuery(id, host.name, v6 ? 'AAAA' : 'A'));
    yield this.#datagram(resolver, asker, dnsAnswer(id, host.name, v6 ? host.ip6 : host.ip));
  }

  #end({ mac, ip }: Thing): Endpoint {
    return { mac, ip, port: FIRST_FREE_PORT + this.#random.below(28_000) };
  }

  #datagram(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
    const upper = udp({ sourcePort: from.port, destinationPort: to.port }, payload);
    const addresses = { source: from.ip, destination: to.ip };
    const packet = from.ip.includes(':') ? ipv6(addresses, upper) : ipv4(addresses, upper);
    return ethernet({ source: from.mac, destination: to.mac }, packet);
  }

  /** New bytes at the end of a frame made before. */
  #scramble(frame: Buffer, length: number): Buffer {
    this.#random.bytes(length).copy(frame, frame.length - length);
    return frame;
  }
}
