// What the devices of a home say, as frames: DNS, TLS hellos in a connection, mail, multicast announcements, DHCP.
import { type Answer, encode } from 'dns-packet';
import { type Endpoint, tcpConversation } from './conversation.ts';
import { CAMERA, GATEWAY, MAIL_SERVER, MINUTE, outside, PHONE, START } from './home.ts';
import { ethernet, ipv4, ipv6 } from './link-layers.ts';
import { dhcp, icmpUnreachable, tcp, udp } from './messages.ts';
import type { CapturedFrame } from './pcap-file.ts';
import { clientHello, extension, serverNameExtension, tlsRecords } from './tls-hello.ts';

export interface Host {
  mac: string;
  ip: string;
}

/** A UDP datagram between two ends of the home's cable. */
export function datagram(from: Endpoint, to: Endpoint, payload: Buffer, time: number): CapturedFrame {
  const addresses = { source: from.ip, destination: to.ip };
  const upper = udp({ sourcePort: from.port, destinationPort: to.port }, payload);
  const packet = from.ip.includes(':') ? ipv6(addresses, upper) : ipv4(addresses, upper);
  return { time, data: ethernet({ source: from.mac, destination: to.mac }, packet) };
}

let transaction = 0;

/** A DNS answer as bytes: `ips` for the end of the CNAME chain that begins with `name`. */
export function dnsAnswer(name: string, ips: readonly string[], ttl = 300, chain: readonly string[] = []): Buffer {
  const names = [name, ...chain];
  const answers: Answer[] = chain.map((data, i) => ({ type: 'CNAME', name: names[i] ?? name, ttl, data }));
  const owner = names.at(-1) ?? name;
  for (const data of ips) answers.push({ type: data.includes(':') ? 'AAAA' : 'A', name: owner, ttl, data });
  const first = ips[0]?.includes(':') ? 'AAAA' : 'A';
  transaction = (transaction + 1) & 0xffff;
  return encode({ type: 'response', id: transaction, questions: [{ type: first, name }], answers });
}

/** The router's resolver answers `to`. */
export function answered(to: Host, name: string, ips: readonly string[], time: number, ttl?: number): CapturedFrame {
  const resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
  return datagram(resolver, { ...to, port: 40_000 }, dnsAnswer(name, ips, ttl), time);
}

/** A ClientHello record for `host`; `ech` adds an Encrypted Client Hello of the outer form. */
export function tlsHello(host: string | Buffer, options: { ech?: boolean } = {}): Buffer {
  const outer = Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 7, 0, 0, 0, 4]), Buffer.alloc(4, 0xee)]);
  const ech = options.ech === true ? [extension(0xfe0d, outer)] : [];
  return tlsRecords(clientHello(serverNameExtension(host), ...ech));
}

let port = 20_000;

/** A connection to port 443 (or `to`), closed in order; with a hello for `host` where one is named. */
export function visit(
  from: Host,
  to: string,
  time: number,
  options: { host?: string; down?: number; port?: number; ech?: boolean } = {},
): CapturedFrame[] {
  port = port >= 60_000 ? 20_000 : port + 1;
  const { down = 0, ech = false, host } = options;
  const hello = host === undefined ? [] : [{ from: 'C' as const, bytes: tlsHello(host, { ech }) }];
  const segments = Array.from({ length: Math.ceil(down / 1400) }, () => ({
    from: 'S' as const,
    bytes: Buffer.alloc(1400, 0x17),
  }));
  return tcpConversation({
    client: { ...from, port },
    server: outside(to, options.port ?? 443),
    time,
    step: 1,
    isn: port * 1009,
    outcome: 'connected',
    dialogue: [...hello, ...segments],
  });
}

/** What the camera says all day, by which the router is known. */
export const usual = () => visit(CAMERA, '203.0.113.80', START - MINUTE, { host: 'api.vendor.example' });

/** A mail server takes one message for one recipient; the client says hello in a name that is not its own. */
export const ONE_MESSAGE: readonly string[] = [
  'S: 220 mx ESMTP',
  'C: EHLO mail.bank.example',
  'S: 250 ok',
  'C: MAIL FROM:<a@b.example>',
  'S: 250 ok',
  'C: RCPT TO:<c@d.example>',
  'S: 250 ok',
  'C: DATA',
  'S: 354 go',
  'C: Subject: rent\r\n\r\nhello\r\n.',
  'S: 250 queued',
];

/** A mail connection of a plain kind. */
export function mail(
  from: Host,
  to: string,
  time: number,
  options: { outcome?: 'unanswered' | 'refused' | 'connected'; port?: number; dialogue?: readonly string[] } = {},
): CapturedFrame[] {
  port = port >= 60_000 ? 20_000 : port + 1;
  return tcpConversation({
    client: { ...from, port },
    server: outside(to, options.port ?? 25),
    time,
    isn: port * 7919,
    outcome: options.outcome ?? 'unanswered',
    ...(options.dialogue === undefined ? {} : { dialogue: options.dialogue }),
  });
}

/** Initial sequence number and ports of the SYN that `refusal` quotes. */
export const REFUSED_SYN = { sourcePort: 50_000, destinationPort: 25, sequence: 7000 } as const;

/** Somebody on the way, a firewall, says that a SYN to the mail server does not get through (RFC 1812, section 5.2.7.1). */
export function refusal(
  fields: { code: number; by: string; source?: string; sequence?: number },
  time: number,
): CapturedFrame {
  const { by, code, sequence = REFUSED_SYN.sequence, source = CAMERA.ip } = fields;
  const quoted = ipv4({ source, destination: MAIL_SERVER }, tcp({ ...REFUSED_SYN, sequence, flags: 'S' }));
  const packet = ipv4({ source: by, destination: CAMERA.ip }, icmpUnreachable(code, quoted));
  return { time, data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet) };
}

/** An mDNS announcement to everybody. */
export function mdns(from: Host, answers: Answer[], time: number): CapturedFrame {
  const group = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
  return datagram({ ...from, port: 5353 }, group, encode({ type: 'response', id: 0, answers }), time);
}

/** A DHCP request, broadcast, with the options given. */
export function dhcpRequest(
  mac: string,
  options: readonly (readonly [number, string | Buffer])[],
  time: number,
): CapturedFrame {
  const message = dhcp({ operation: 'request', messageType: 3, clientMac: mac, options });
  const everybody = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255', port: 67 };
  return datagram({ mac, ip: '0.0.0.0', port: 68 }, everybody, message, time);
}

/** The telephone asks for an address and says what it is: a host name and the parameter list of its system. */
export function phoneJoins(time: number): CapturedFrame {
  const parameters = Buffer.from([1, 121, 3, 6, 15, 108, 114, 119, 252]);
  return dhcpRequest(
    PHONE.mac,
    [
      [12, 'Annas-iPhone'],
      [55, parameters],
    ],
    time,
  );
}

/** The router hands out an address. */
export function dhcpAck(
  to: Host,
  time: number,
  options: readonly (readonly [number, string | Buffer])[] = [],
): CapturedFrame {
  const message = dhcp({ operation: 'reply', messageType: 5, clientMac: to.mac, yourIp: to.ip, options });
  return datagram({ mac: GATEWAY.mac, ip: GATEWAY.ip, port: 67 }, { ...to, port: 68 }, message, time);
}

/** A DNS question to the router's resolver, or to another. Each has an id of its own unless told. */
export function asks(
  from: Host,
  name: string,
  type: 'MX' | 'A' | 'AAAA' | 'TXT',
  time: number,
  options: { id?: number; resolver?: Endpoint } = {},
): CapturedFrame {
  transaction = (transaction + 1) & 0xffff;
  const { id = transaction, resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 } } = options;
  const query = encode({ type: 'query', id, questions: [{ type, name }] });
  return datagram({ ...from, port: 40_001 }, resolver, query, time);
}

/** The `i`th device that is none. */
export function madeUpHost(i: number): Host {
  const [high, low] = [(i >> 8) & 255, i & 255];
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return { mac: `02:5e:00:00:${hex(high)}:${hex(low)}`, ip: `10.0.${high}.${low}` };
}

/** A SYN from each of `count` MAC addresses that nobody has, `gap` ms apart; all from `ip` where that is given. */
export function madeUp(
  count: number,
  destinationPort: number,
  time: number,
  options: { from?: number; gap?: number; ip?: string } = {},
): CapturedFrame[] {
  const { from = 0, gap = 5 } = options;
  return Array.from({ length: count }, (_, n) => {
    const { ip, mac } = { ...madeUpHost(from + n), ...(options.ip === undefined ? {} : { ip: options.ip }) };
    const syn = tcp({ sourcePort: 1024 + n, destinationPort, sequence: 1000, flags: 'S' });
    const packet = ipv4({ source: ip, destination: MAIL_SERVER }, syn);
    return { time: time + n * gap, data: ethernet({ source: mac, destination: GATEWAY.mac }, packet) };
  });
}
