// Who lives in the homes of the detection table, and what they do all day, as frames.
import { recordedHellos } from '../decode/fixtures/hellos.ts';
import { answered, asks, datagram, dhcpAck, dhcpRequest, mdns, tlsHello, visit } from '../support/name-frames.ts';
import {
  arp,
  type CapturedFrame,
  type ConversationFields,
  ethernet,
  tcpConversation,
} from '../support/packet-builder.ts';
import { CAMERA, GATEWAY, MAIL_SERVER, MINUTE, outside, SECOND } from '../support/stage.ts';

export interface Resident {
  mac: string;
  ip: string;
  /** What it tells the router when it joins. */
  name?: string;
  /** DHCP's parameter request list, and vendor class. */
  fingerprint?: readonly number[];
  system?: string;
}

const IOS = [1, 121, 3, 6, 15, 108, 114, 119, 252];
const ANDROID = [1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114];
const WINDOWS_LIST = [1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252];

export const IPHONE: Resident = {
  mac: '9e:11:22:33:44:55',
  ip: '192.168.1.77',
  name: 'Annas-iPhone',
  fingerprint: IOS,
};
export const IPAD: Resident = { mac: '8a:11:22:33:44:56', ip: '192.168.1.78', name: 'iPad-von-Ben', fingerprint: IOS };
export const PIXEL: Resident = {
  ...{ mac: 'd6:11:22:33:44:57', ip: '192.168.1.79', name: 'Pixel-7' },
  ...{ fingerprint: ANDROID, system: 'android-dhcp-14' },
};
export const MACBOOK: Resident = {
  ...{ mac: '3c:22:fb:12:34:56', ip: '192.168.1.80', name: 'Peters-MacBook-Pro' },
  fingerprint: [...IOS, 95, 44, 46],
};
export const WINDOWS: Resident = {
  ...{ mac: '02:24:d7:12:34:57', ip: '192.168.1.81', name: 'DESKTOP-7K3J2LQ' },
  ...{ fingerprint: WINDOWS_LIST, system: 'MSFT 5.0' },
};
/** Bears nothing that tells a computer from a thing but its name and its browser. */
export const THINKPAD: Resident = { mac: '02:90:a9:12:34:58', ip: '192.168.1.82', name: 'ThinkPad-X1' };
export const PRINTER: Resident = { mac: '00:80:77:31:01:07', ip: '192.168.1.30', name: 'BRN008077310107' };
export const NAS: Resident = { mac: '00:11:32:12:34:59', ip: '192.168.1.31', name: 'DiskStation' };
export const RECORDER: Resident = { mac: '44:19:b6:12:34:60', ip: '192.168.1.32', name: 'NVR' };
export const CONSOLE: Resident = { mac: '00:d9:d1:12:34:61', ip: '192.168.1.33', name: 'PS5-631' };
export const DOORBELL: Resident = { mac: '34:3e:a4:12:34:62', ip: '192.168.1.34', name: 'Ring-123456' };
export const SPEAKER: Resident = { mac: '00:0e:58:12:34:63', ip: '192.168.1.35', name: 'SonosZP' };
export const PI: Resident = { mac: 'b8:27:eb:00:00:53', ip: '192.168.1.53', name: 'raspberrypi' };
export const TV_BOX: Resident = { mac: '02:00:00:5a:95:10', ip: '192.168.1.36', name: 'T95', fingerprint: ANDROID };

/** The mail server of the provider that everybody here uses. */
export const PROVIDER = { ip: '198.51.100.25', name: 'smtp.provider.example' };
export const STRANGER = '198.51.100.77';

let port = 20_000;
const nextPort = () => {
  port = port >= 60_000 ? 20_001 : port + 1;
  return port;
};

/** DHCP and ARP of a device that joins. */
export function joins({ fingerprint, ip, mac, name, system }: Resident, time: number): CapturedFrame[] {
  const told = [
    ...(name === undefined ? [] : [[12, name] as const]),
    ...(fingerprint === undefined ? [] : [[55, Buffer.from(fingerprint)] as const]),
    ...(system === undefined ? [] : [[60, system] as const]),
  ];
  const router = Buffer.from(GATEWAY.ip.split('.').map(Number));
  const given = [[1, Buffer.from([255, 255, 255, 0])] as const, [3, router] as const, [6, router] as const];
  const announced = arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: GATEWAY.ip });
  return [
    dhcpRequest(mac, told, time),
    dhcpAck({ mac, ip }, time + 10, given),
    { time: time + 20, data: ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, announced) },
  ];
}

/** Looks a host up and visits it over TLS. */
export function browses(from: Resident, host: string, ip: string, time: number, down = 0): CapturedFrame[] {
  return [
    asks(from, host, 'A', time),
    answered(from, host, [ip], time + 5),
    ...visit(from, ip, time + 20, { host, down }),
  ];
}

/** A connection with all that is said on it. */
export function talks(
  from: Resident,
  to: string,
  serverPort: number,
  time: number,
  dialogue: ConversationFields['dialogue'] = [],
  more: Partial<ConversationFields> = {},
): CapturedFrame[] {
  const client = { mac: from.mac, ip: from.ip, port: nextPort() };
  const server = outside(to, serverPort);
  return tcpConversation({ client, server, time, isn: client.port * 7919, outcome: 'connected', dialogue, ...more });
}

/** A neighbour's port. */
export function visits(
  from: Resident,
  to: Resident,
  serverPort: number,
  time: number,
  dialogue: ConversationFields['dialogue'] = [],
): CapturedFrame[] {
  return talks(from, to.ip, serverPort, time, dialogue, { server: { mac: to.mac, ip: to.ip, port: serverPort } });
}

export type Said = readonly ['C' | 'S', string];

/** Octets as they go on the wire, a segment each. */
export function bytes(...said: readonly Said[]): { from: 'C' | 'S'; bytes: Buffer }[] {
  return said.map(([from, text]) => ({ from, bytes: Buffer.from(text, 'latin1') }));
}

/** A message of `recipients` addressees as a bot sends it to a mail server. */
export function message(recipients = 1, hello = 'mail.bank.example'): string[] {
  const named = Array.from({ length: recipients }, (_, i) => [`C: RCPT TO:<r${i}@d.example>`, 'S: 250 ok']).flat();
  const opening = ['S: 220 mx ESMTP', `C: EHLO ${hello}`, 'S: 250 mx', 'C: MAIL FROM:<a@b.example>', 'S: 250 ok'];
  return [...opening, ...named, 'C: DATA', 'S: 354 go', 'C: Subject: x\r\n\r\nhello\r\n.', 'S: 250 queued', 'C: QUIT'];
}

/** What a mail program says to its provider: TLS from the beginning on 465, after STARTTLS on the others. */
export function submits(from: Resident, time: number, to = PROVIDER, serverPort = 587): CapturedFrame[] {
  const tls = [
    { from: 'C' as const, bytes: tlsHello(to.name) },
    { from: 'S' as const, bytes: Buffer.alloc(1200, 0x16) },
    { from: 'C' as const, bytes: Buffer.alloc(900, 0x17) },
  ];
  const before = [
    'S: 220 smtp ESMTP',
    'C: EHLO [192.168.1.77]',
    'S: 250-smtp\r\n250 STARTTLS',
    'C: STARTTLS',
    'S: 220 go',
  ];
  const lookup = [asks(from, to.name, 'A', time), answered(from, to.name, [to.ip], time + 5)];
  return [...lookup, ...talks(from, to.ip, serverPort, time + 20, [...(serverPort === 465 ? [] : before), ...tls])];
}

/** Fetches mail. */
export function fetches(from: Resident, time: number, serverPort = 993): CapturedFrame[] {
  const host = 'imap.provider.example';
  const lookup = [asks(from, host, 'A', time), answered(from, host, ['198.51.100.26'], time + 5)];
  const tls = [
    { from: 'C' as const, bytes: tlsHello(host) },
    { from: 'S' as const, bytes: Buffer.alloc(4000, 0x16) },
  ];
  const plain = ['S: * OK IMAP4rev1', 'C: a LOGIN u p', 'S: a OK', 'C: b SELECT INBOX', 'S: b OK'];
  return [...lookup, ...talks(from, '198.51.100.26', serverPort, time + 20, serverPort === 143 ? plain : tls)];
}

/** An HTTP request in the clear. */
export function requests(from: Resident, host: string, ip: string, time: number, agent = 'app/1.0'): CapturedFrame[] {
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\n\r\n`;
  const said = bytes(['C', head], ['S', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']);
  return [answered(from, host, [ip], time), ...talks(from, ip, 80, time + 20, said)];
}

/** QUIC with a recorded hello, then short packets. */
export function speaksQuic(from: Resident, ip: string, time: number): CapturedFrame[] {
  const [hello] = recordedHellos('quic-hellos.json');
  const ends = [{ mac: from.mac, ip: from.ip, port: nextPort() }, outside(ip, 443)] as const;
  const opening = (hello?.bytes ?? []).map((data, i) => datagram(...ends, data, time + i));
  return [...opening, datagram(ends[1], ends[0], Buffer.alloc(1200, 0x45), time + 30)];
}

/** A host on the Internet opens a connection to a device. */
export function reaches(
  to: Resident,
  serverPort: number,
  time: number,
  more: Partial<ConversationFields> & { source?: string } = {},
): CapturedFrame[] {
  const { source = STRANGER, ...rest } = more;
  const client = outside(source, nextPort());
  const server = { mac: to.mac, ip: to.ip, port: serverPort };
  return tcpConversation({ client, server, time, isn: client.port * 3571, outcome: 'connected', ...rest });
}

/** The camera's usual traffic, by which the router is known. */
export const usual = (time: number): CapturedFrame[] =>
  visit(CAMERA, '203.0.113.80', time - MINUTE, { host: 'p2p.cam.example' });

/** Everybody's morning: a telephone, a laptop, a television and a camera, none of which does anything strange. */
export function morning(time: number): CapturedFrame[] {
  const tv: Resident = { mac: '64:1c:ae:aa:bb:cc', ip: '192.168.1.52', name: 'living-room-tv' };
  return [
    ...joins(IPHONE, time),
    ...joins(MACBOOK, time + SECOND),
    ...joins(tv, time + 2 * SECOND),
    ...browses(IPHONE, 'news.example', '203.0.113.10', time + 5 * SECOND, 14_000),
    ...browses(MACBOOK, 'www.work.example', '203.0.113.11', time + 6 * SECOND, 28_000),
    ...browses(tv, 'films.stream.example', '203.0.113.12', time + 7 * SECOND, 280_000),
    ...browses(CAMERA, 'p2p.cam.example', '203.0.113.80', time + 8 * SECOND),
    ...fetches(IPHONE, time + 9 * SECOND),
    mdns(tv, [{ type: 'A', name: 'living-room-tv.local', data: tv.ip, ttl: 120 }], time + 10 * SECOND),
  ];
}

export { CAMERA, MAIL_SERVER };
