// What names hosts in datagrams: DNS and its relatives, NetBIOS, SSDP.
import { decodeDns, splitDnsTcp } from '../../../sensor/decode/dns.ts';
import { decodeLlmnr } from '../../../sensor/decode/llmnr.ts';
import { decodeMdns } from '../../../sensor/decode/mdns.ts';
import { decodeNbns } from '../../../sensor/decode/nbns.ts';
import { Failure } from '../../../sensor/decode/outcome.ts';
import { productVersions } from '../../../sensor/decode/product-version.ts';
import { decodeSsdp } from '../../../sensor/decode/ssdp.ts';
import { u16, u32, wireName } from '../../support/packet-builder.ts';
import { decodedAlike, mustBeShort, mustHold, type Target } from '../target.ts';

/** A name of 255 octets of which each is escaped. */
const LONGEST_NAME = 1024;

const record = (name: Buffer, type: number, data: Buffer) =>
  Buffer.concat([name, u16(type, 1), u32(120), u16(data.length), data]);

/** A message with a record of each type that is read, names compressed. */
function everyType(): Buffer {
  const pointer = u16(0xc00c);
  const records = [
    record(pointer, 1, Buffer.from([192, 0, 2, 1])),
    record(pointer, 28, Buffer.alloc(16, 0x20)),
    record(pointer, 5, Buffer.concat([Buffer.from('\x03www'), pointer])),
    record(pointer, 2, pointer),
    record(pointer, 12, wireName('thing._http._tcp.local')),
    record(pointer, 15, Buffer.concat([u16(10), pointer])),
    record(pointer, 33, Buffer.concat([u16(0, 0, 8080), pointer])),
    record(pointer, 16, Buffer.from('\x0amodel=ac-1\x07fv=1.23')),
    record(
      pointer,
      65,
      Buffer.concat([
        u16(1),
        Buffer.from([0]),
        u16(4, 4),
        Buffer.from([192, 0, 2, 2]),
        u16(6, 16),
        Buffer.alloc(16, 1),
      ]),
    ),
  ];
  return Buffer.concat([
    u16(1, 0x8400, 1, 7, 0, records.length - 7),
    wireName('vendor.example'),
    u16(255, 1),
    ...records,
  ]);
}

function bytesTarget(decode: (bytes: Buffer) => unknown, most: number, seeds: Target['seeds']): () => Target {
  return () => ({
    run(input) {
      mustBeShort(decodedAlike(input, decode), most);
    },
    seeds,
  });
}

function readDns(bytes: Buffer): unknown {
  const made = [decodeDns(bytes), decodeDns(bytes, { keepCase: true, layer: 'mdns' })];
  const [message] = made;
  if (message === undefined || message instanceof Failure) return made;
  const records = message.answers.length + message.additionals.length;
  mustHold(
    records <= 256 && message.questions.length <= 32,
    `${records} records, ${message.questions.length} questions`,
  );
  return made;
}

const NETBIOS_NAME = Buffer.from(`\x20${'CACACACACACACACACACACACACACACACA'}\0`, 'latin1');
const NETBIOS_ADDRESS = Buffer.concat([u16(6, 0), Buffer.from([192, 168, 1, 9])]);
/** Two names of a node: its own and its group's. */
const NETBIOS_STATUS = Buffer.concat([
  Buffer.from([2]),
  Buffer.from('KITCHEN-PC     \0\x04\0', 'latin1'),
  Buffer.from('WORKGROUP      \0\x84\0', 'latin1'),
]);
const SSDP = [
  'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: urn:schemas-upnp-org:device:MediaRenderer:1\r\nNTS: ssdp:alive\r\nSERVER: Linux/3.4 UPnP/1.0 Acme/1.2.3\r\nUSN: uuid:1::upnp:rootdevice\r\nLOCATION: http://192.168.1.5:80/d.xml\r\n\r\n',
  'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\nUSER-AGENT: Acme-TV/10.1 (x; y)\r\n\r\n',
  'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:2::urn:x:device:Y:1\r\nSERVER: FreeRTOS/10.4, Acme/v2024-1\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

export const NAMES: Readonly<Record<string, () => Target>> = {
  dns: bytesTarget(readDns, LONGEST_NAME, (material) => [everyType(), ...material.datagrams(53)]),
  'dns-tcp': () => ({
    run(input) {
      decodedAlike(input, (bytes) => {
        const { consumed, messages } = splitDnsTcp(bytes);
        mustHold(consumed <= bytes.length, `${consumed} of ${bytes.length} octets`);
        return messages.slice(0, 64).map(readDns);
      });
    },
    seeds: (material) => {
      const prefixed = [everyType(), ...material.datagrams(53).slice(0, 20)].map((bytes) =>
        Buffer.concat([u16(bytes.length), bytes]),
      );
      return [...prefixed, Buffer.concat(prefixed.slice(0, 4)), ...material.segments(53)];
    },
  }),
  mdns: bytesTarget(decodeMdns, LONGEST_NAME, (material) => [everyType(), ...material.datagrams(5353)]),
  llmnr: bytesTarget(decodeLlmnr, LONGEST_NAME, (material) => [everyType(), ...material.datagrams(5355)]),
  nbns: bytesTarget(decodeNbns, LONGEST_NAME, (material) => [
    Buffer.concat([u16(1, 0x2910, 1, 0, 0, 1), NETBIOS_NAME, u16(32, 1, 0xc00c, 32, 1), u32(300), NETBIOS_ADDRESS]),
    Buffer.concat([u16(1, 0x8500, 0, 1, 0, 0), NETBIOS_NAME, u16(32, 1), u32(300), NETBIOS_ADDRESS]),
    Buffer.concat([u16(1, 0x8400, 0, 1, 0, 0), NETBIOS_NAME, u16(33, 1), u32(0), u16(37), NETBIOS_STATUS]),
    ...material.datagrams(137),
  ]),
  ssdp: bytesTarget(
    (bytes) => {
      const message = decodeSsdp(bytes);
      const versions = message instanceof Failure ? [] : productVersions(message.server ?? '');
      return { message, versions };
    },
    LONGEST_NAME * 2,
    (material) => [...SSDP, ...material.datagrams(1900)],
  ),
};
