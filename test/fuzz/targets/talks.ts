// What is said once a connection stands: SOAP to a router, proxies, logins; and the texts that are made of it.
import { ipv4Text, ipv6Text, parseIp } from '../../../sensor/decode/bytes.ts';
import { escapeLabel, hostOf, hostText, unescapeLabel } from '../../../sensor/decode/host-text.ts';
import { decodeIgdRequest, decodeIgdResponse, igdRequestByHeader } from '../../../sensor/decode/igd.ts';
import { IgdExchange } from '../../../sensor/decode/igd-exchange.ts';
import { asksForLogin, carriesHttpLogin, spokenService } from '../../../sensor/decode/login.ts';
import { productVersions } from '../../../sensor/decode/product-version.ts';
import { hostAndPort, hostOrAddress } from '../../../sensor/decode/proxy-host.ts';
import { helloClass, speaksOfBlockList } from '../../../sensor/decode/smtp-facts.ts';
import { soapElements } from '../../../sensor/decode/soap.ts';
import { decodeSocksReply, decodeSocksRequest, startsSocks } from '../../../sensor/decode/socks.ts';
import { cleanHostName, cleanText, decodeText } from '../../../sensor/decode/text.ts';
import { TunnelOpening, tunnelAnswerOf, tunnelOf } from '../../../sensor/decode/tunnel.ts';
import { decodeWireName } from '../../../sensor/decode/wire-name.ts';
import { connect, socks4, socks4a, socks5 } from '../../support/packet-builder.ts';
import { cutUp, joinPieces, splitPieces } from '../pieces.ts';
import { mustBeShort, mustHold, type Target, textOf } from '../target.ts';

import { all, HTTP } from './openings.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

const SOAP = [
  [
    'AddPortMapping',
    '<NewRemoteHost></NewRemoteHost><NewExternalPort>8080</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>80</NewInternalPort><NewInternalClient>192.168.1.50</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>a &amp; &#x41;</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration>',
  ],
  [
    'AddPinhole',
    '<RemoteHost>2001:db8::9</RemoteHost><RemotePort>0</RemotePort><InternalClient>2001:db8::50</InternalClient><InternalPort>23</InternalPort><Protocol>6</Protocol><LeaseTime>60</LeaseTime>',
  ],
  ['AddAnyPortMappingResponse', '<NewReservedPort>61000</NewReservedPort>'],
  ['Fault', '<UPnPError><errorCode>718</errorCode></UPnPError>'],
].map(
  ([action, inner]) =>
    `<?xml version="1.0"?><s:Envelope><s:Body><u:${action} xmlns:u="urn:x">${inner}</u:${action}></s:Body></s:Envelope>`,
);
const asRequest = (body: string) =>
  latin1(
    `POST /ctl HTTP/1.1\r\nSOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
const asAnswer = (body: string) => latin1(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

const igdExchange: Target = {
  inPieces: true,
  longest: 20_000,
  run(input, frame) {
    const exchange = new IgdExchange();
    for (const { bytes, kind } of splitPieces(input)) {
      const made = (kind & 1) === 0 ? exchange.request(bytes) : exchange.response(bytes);
      mustBeShort([made, (kind & 2) === 0 ? null : exchange.unfinished()], 1100);
      frame();
    }
  },
  seeds: () =>
    SOAP.map((body) =>
      joinPieces([
        ...cutUp(asRequest(body), 0, 120, 300),
        { kind: 2, bytes: latin1('x') },
        ...cutUp(asAnswer(body), 1, 200),
      ]),
    ),
};

/** With a name and a password, all of the client's at once. */
const SOCKS_LOGIN = { bytes: latin1('\x05\x02\x00\x02\x01\x04user\x06secret\x05\x01\x00\x03\x0cmail.example\x00\x19') };

const tunnel: Target = {
  inPieces: true,
  run(input) {
    const opening = new TunnelOpening();
    const said = [Buffer.alloc(0), Buffer.alloc(0)];
    for (const { bytes, kind } of splitPieces(input)) {
      const side = kind & 1;
      const answer = side === 0 ? opening.client(bytes) : opening.server(bytes);
      said[side] = Buffer.concat([said[side] ?? bytes, bytes]);
      if (answer !== null && answer !== 'more')
        mustHold(
          answer.payloadAt <= (said[side]?.length ?? 0),
          `payload at ${answer.payloadAt} of ${said[side]?.length}`,
        );
    }
  },
  seeds: () =>
    [
      socks5('mail.example', 25),
      socks4('203.0.113.25', 25),
      socks4a('mail.example', 587),
      connect('mail.example', 465),
    ].map((said) => joinPieces(said.map(({ bytes, from }) => ({ kind: from === 'C' ? 0 : 1, bytes })))),
};

function readTexts(bytes: Buffer): unknown {
  const text = decodeText(bytes);
  const raw = bytes.toString('latin1');
  const clean = cleanText(raw);
  mustHold([...text].length <= 255 && [...clean].length <= 255, 'a text of more than 255 characters');
  mustHold(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(cleanText(text)), 'an unprintable character is left');
  const address = parseIp(raw);
  if (address !== null) {
    const canonical = address.version === 4 ? ipv4Text(address.bytes, 0) : ipv6Text(address.bytes, 0);
    mustHold(parseIp(canonical)?.bytes.equals(address.bytes) === true, `${canonical} is another address`);
  }
  const label = escapeLabel(bytes.subarray(0, 63));
  mustHold(/^[!-~]*$/.test(label), `a label with ${JSON.stringify(label)}`);
  return [
    ...[
      text,
      clean,
      cleanHostName(raw),
      hostText(bytes),
      unescapeLabel(label),
      hostOrAddress(bytes),
      hostAndPort(raw),
      hostOf(raw),
    ],
    ...[
      decodeWireName(bytes),
      productVersions(raw),
      helloClass(raw, ['kitchencam']),
      speaksOfBlockList(raw.slice(0, 512)),
    ],
  ];
}

export const TALKS: Readonly<Record<string, () => Target>> = {
  igd: all(
    (bytes) => [
      soapElements(bytes),
      decodeIgdRequest(bytes),
      decodeIgdResponse(bytes),
      igdRequestByHeader(bytes.toString('latin1')),
    ],
    8200,
    () => [...SOAP.map(latin1), latin1('"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"')],
    [5000, 49152],
  ),
  'igd-exchange': () => igdExchange,
  socks: all(
    (bytes) => [
      startsSocks(bytes),
      decodeSocksRequest(bytes),
      decodeSocksReply(bytes, 4),
      decodeSocksReply(bytes, 5),
      textOf(tunnelOf(bytes)),
      textOf(tunnelAnswerOf(bytes)),
    ],
    2000,
    () =>
      [...socks5('mail.example', 25), ...socks4('203.0.113.25', 25), ...socks4a('mail.example', 587), SOCKS_LOGIN].map(
        ({ bytes }) => bytes,
      ),
    [1080],
  ),
  tunnel: () => tunnel,
  login: all(
    (bytes) => [spokenService(bytes), carriesHttpLogin(bytes), asksForLogin(bytes)],
    64,
    () => [
      ...HTTP,
      ...[
        'SSH-2.0-x\r\n',
        'RFB 003.008\n',
        '220 ftp FTP ready\r\n',
        '\xff\xfd\x18login: ',
        'CNXN\0\0\0\x01\0\0\x04\0\x1b\0\0\0\xbc\xb1\xa7\xb1host::',
        '\x10\x10\0\x04MQTT\x04\x02\0\x3c',
        '\0\0\0\x54\xffSMBr',
        '\x03\0\0\x13\x0e\xe0',
        'GET / HTTP/1.1\r\nAuthorization: Basic x\r\n\r\n',
        'RTSP/1.0 401 Unauthorized\r\n\r\n',
        '\x05\x01\0',
      ].map(latin1),
    ],
    [23, 22, 80],
  ),
  texts: all(readTexts, 2000, () =>
    [
      'vendor.example',
      '[2001:db8::1]:443',
      '192.0.2.1:25',
      '\x03www\x07example\0',
      'Acme-TV/10.1 (x) Linux/5.4',
      'fe80::1%eth0',
      '::ffff:192.0.2.1',
      'Küche‮',
      '550 listed by zen.spamhaus.org',
      '[192.0.2.1]',
    ].map((text) => Buffer.from(text)),
  ),
};
