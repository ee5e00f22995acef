// UPnP port mappings: SOAP bodies as clients write them, beside the record; then whole dialogues, cut as TCP cuts them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIgdRequest, decodeIgdResponse } from '../../sensor/decode/igd.ts';
import { IgdExchange } from '../../sensor/decode/igd-exchange.ts';
import { Failure } from '../../sensor/decode/outcome.ts';

const IP_SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const FIREWALL = 'urn:schemas-upnp-org:service:WANIPv6FirewallControl:1';

const soap = (inside: string) =>
  `<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${inside}</s:Body></s:Envelope>\r\n`;
const ADD = soap(
  `<u:AddPortMapping xmlns:u="${IP_SERVICE}"><NewRemoteHost></NewRemoteHost><NewExternalPort>2323</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>23</NewInternalPort><NewInternalClient>192.168.1.50</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>remote support</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping>`,
);
const NOTHING = {
  externalPort: null,
  externalPortEnd: null,
  internalPort: null,
  internalClient: null,
  protocol: null,
  lease: null,
  enabled: true,
  description: '',
  remoteHost: null,
  remotePort: null,
  uniqueId: null,
};
const ADDED = {
  ...NOTHING,
  action: 'add',
  externalPort: 2323,
  internalPort: 23,
  internalClient: '192.168.1.50',
  protocol: 'tcp',
  lease: 3600,
  description: 'remote support',
};

const request = (body: string) => decodeIgdRequest(Buffer.from(body, 'utf8'));
const response = (body: string) => decodeIgdResponse(Buffer.from(body, 'utf8'));

describe('a request', () => {
  test('AddPortMapping with all its fields', () => {
    expect(request(ADD)).toEqual(ADDED);
  });

  test('with other prefixes, attributes, white space and arguments in another order', () => {
    const body = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">
      <SOAP-ENV:Body><m:AddPortMapping xmlns:m="${IP_SERVICE}">
        <NewExternalPort xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt="ui2"> 2323 </NewExternalPort>
        <NewRemoteHost dt:dt="string"/>
        <NewInternalPort
          dt:dt="ui2">23</NewInternalPort>
        <NewProtocol>tcp</NewProtocol><NewInternalClient>192.168.1.50</NewInternalClient>
        <NewLeaseDuration>3600</NewLeaseDuration><NewEnabled>True</NewEnabled>
        <NewPortMappingDescription>remote support</NewPortMappingDescription>
      </m:AddPortMapping></SOAP-ENV:Body></SOAP-ENV:Envelope>`;
    expect(request(body)).toEqual(ADDED);
    expect(request(body.replaceAll(/(SOAP-ENV|m):(?=[A-Z])/g, ''))).toEqual(ADDED);
  });

  test.each([
    ['AddAnyPortMapping', ADD.replaceAll('AddPortMapping', 'AddAnyPortMapping'), { ...ADDED, action: 'add-any' }],
    [
      'DeletePortMapping',
      soap(
        `<u:DeletePortMapping xmlns:u="${IP_SERVICE}"><NewRemoteHost></NewRemoteHost><NewExternalPort>2323</NewExternalPort><NewProtocol>UDP</NewProtocol></u:DeletePortMapping>`,
      ),
      { ...NOTHING, action: 'delete', externalPort: 2323, protocol: 'udp' },
    ],
    [
      'DeletePortMappingRange',
      soap(
        '<u:DeletePortMappingRange><NewStartPort>2000</NewStartPort><NewEndPort>2999</NewEndPort><NewProtocol>TCP</NewProtocol><NewManage>0</NewManage></u:DeletePortMappingRange>',
      ),
      { ...NOTHING, action: 'delete-range', externalPort: 2000, externalPortEnd: 2999, protocol: 'tcp' },
    ],
    [
      'AddPinhole',
      soap(
        `<u:AddPinhole xmlns:u="${FIREWALL}"><RemoteHost></RemoteHost><RemotePort>0</RemotePort><InternalClient>2001:DB8::50</InternalClient><InternalPort>5555</InternalPort><Protocol>6</Protocol><LeaseTime>86400</LeaseTime></u:AddPinhole>`,
      ),
      {
        ...NOTHING,
        action: 'add-pinhole',
        internalClient: '2001:db8::50',
        internalPort: 5555,
        protocol: 'tcp',
        lease: 86400,
        remotePort: 0,
      },
    ],
    [
      'UpdatePinhole',
      soap('<u:UpdatePinhole><UniqueID>42</UniqueID><NewLeaseTime>600</NewLeaseTime></u:UpdatePinhole>'),
      { ...NOTHING, action: 'update-pinhole', uniqueId: 42, lease: 600 },
    ],
    [
      'DeletePinhole',
      soap('<u:DeletePinhole><UniqueID>42</UniqueID></u:DeletePinhole>'),
      { ...NOTHING, action: 'delete-pinhole', uniqueId: 42 },
    ],
  ])('%s', (_, body, expected) => {
    expect(request(body)).toEqual(expected);
  });

  test('a description is resolved, cleaned and cut to 64 characters', () => {
    const described = (text: string) => request(ADD.replace('remote support', text));
    expect(described('Tom &amp; &lt;Ann&gt;&#39;s &#x41;')).toMatchObject({ description: "Tom & <Ann>'s A" });
    expect(described('&amp;lt;b&amp;gt;')).toMatchObject({ description: '&lt;b&gt;' });
    expect(described('\u202eevil\u0007&#0;&#x1b;[2J&#9999999;')).toMatchObject({ description: 'evil[2J' });
    expect(described('ä'.repeat(100))).toMatchObject({ description: 'ä'.repeat(64) });
  });

  test.each([
    ['NewExternalPort', '2323', '70000', { externalPort: null }],
    ['NewExternalPort', '2323', '-1', { externalPort: null }],
    ['NewExternalPort', '2323', '0', { externalPort: 0 }],
    ['NewProtocol', 'TCP', 'SCTP', { protocol: null }],
    ['NewInternalClient', '192.168.1.50', 'Cam.lan', { internalClient: 'cam.lan' }],
    ['NewInternalClient', '192.168.1.50', '&lt;img&gt;', { internalClient: '~3cimg~3e' }],
    ['NewEnabled', '1', '0', { enabled: false }],
    ['NewLeaseDuration', '3600', '0', { lease: 0 }],
    ['NewLeaseDuration', '3600', '99999999999', { lease: null }],
    ['NewRemoteHost', '', '198.51.100.9', { remoteHost: '198.51.100.9' }],
    ['NewRemoteHost', '', '*', { remoteHost: null }],
  ])('%s %j as %j', (name, from, to, expected) => {
    expect(request(ADD.replace(`<${name}>${from}<`, `<${name}>${to}<`))).toMatchObject(expected);
  });

  test.each([
    ['a question', soap(`<u:GetExternalIPAddress xmlns:u="${IP_SERVICE}"/>`)],
    ['an answer', soap('<u:AddPortMappingResponse/>')],
    ['something of Sonos', soap('<u:Play xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"/>')],
    ['the action’s name without a tag', 'AddPortMapping'],
    ['nothing', ''],
  ])('%s is none', (_, body) => {
    expect(request(body)).toMatchObject({ layer: 'igd', reason: 'unsupported' });
  });
});

describe('an answer', () => {
  const NO_ANSWER = { action: null, errorCode: null, reservedPort: null, uniqueId: null, externalAddress: null };
  test.each([
    ['done', soap(`<u:AddPortMappingResponse xmlns:u="${IP_SERVICE}"/>`), { action: 'add' }],
    [
      'another port',
      soap('<u:AddAnyPortMappingResponse><NewReservedPort>2324</NewReservedPort></u:AddAnyPortMappingResponse>'),
      { action: 'add-any', reservedPort: 2324 },
    ],
    [
      'a pinhole',
      soap('<u:AddPinholeResponse><UniqueID>42</UniqueID></u:AddPinholeResponse>'),
      { action: 'add-pinhole', uniqueId: 42 },
    ],
    [
      'a fault',
      soap(
        '<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>718</errorCode><errorDescription>ConflictInMappingEntry</errorDescription></UPnPError></detail></s:Fault>',
      ),
      { errorCode: 718 },
    ],
    [
      'the public address',
      soap(
        '<u:GetExternalIPAddressResponse><NewExternalIPAddress>203.0.113.7</NewExternalIPAddress></u:GetExternalIPAddressResponse>',
      ),
      { externalAddress: '203.0.113.7' },
    ],
  ])('%s', (_, body, expected) => {
    expect(response(body)).toEqual({ ...NO_ANSWER, ...expected });
  });

  test('to something else is none', () => {
    expect(response(soap('<u:PlayResponse/>'))).toBeInstanceOf(Failure);
    expect(response('<html>404</html>')).toBeInstanceOf(Failure);
  });
});

const post = (body: string, fields = `Content-Length: ${Buffer.byteLength(body)}\r\n`) =>
  Buffer.from(
    `POST /ctl/IPConn HTTP/1.1\r\nHost: 192.168.1.1:49000\r\nContent-Type: text/xml\r\n${fields}SOAPAction: "${IP_SERVICE}#AddPortMapping"\r\n\r\n${body}`,
    'utf8',
  );
const answer = (body: string, status = '200 OK', fields = `Content-Length: ${Buffer.byteLength(body)}\r\n`) =>
  Buffer.from(`HTTP/1.1 ${status}\r\nContent-Type: text/xml\r\n${fields}\r\n${body}`, 'utf8');
const DONE = soap(`<u:AddPortMappingResponse xmlns:u="${IP_SERVICE}"/>`);

describe('a dialogue', () => {
  test('header and body in one segment, as miniupnpc and libtorrent send them', () => {
    const exchange = new IgdExchange();
    expect(exchange.request(post(ADD))).toEqual(ADDED);
    expect(exchange.response(answer(DONE))).toMatchObject({ action: 'add', errorCode: null });
    expect(exchange.unfinished()).toBeNull();
  });

  test('header and body in segments of their own', () => {
    const exchange = new IgdExchange();
    const bytes = post(ADD);
    const header = bytes.length - Buffer.byteLength(ADD);
    expect(exchange.request(bytes.subarray(0, header))).toBeNull();
    expect(exchange.request(bytes.subarray(header))).toEqual(ADDED);
  });

  test('in chunks, with and without extensions', () => {
    const chunk = (text: string, extension = '') =>
      `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;
    const chunked = `${chunk(ADD.slice(0, 300), ';x=1')}${chunk(ADD.slice(300))}0\r\n\r\n`;
    expect(new IgdExchange().request(post(chunked, 'Transfer-Encoding: chunked\r\n'))).toEqual(ADDED);
    const byChunk = new IgdExchange();
    byChunk.request(post(chunk(ADD.slice(0, 300)), 'Transfer-Encoding: chunked\r\n'));
    expect(byChunk.request(Buffer.from(chunk(ADD.slice(300))))).toEqual(ADDED);
  });

  test('without a length, up to the end of the envelope', () => {
    expect(new IgdExchange().response(answer(DONE, '200 OK', ''))).toMatchObject({ action: 'add' });
  });

  test('several on one connection, between questions of another kind', () => {
    const exchange = new IgdExchange();
    expect(exchange.request(Buffer.from('GET /igd.xml HTTP/1.1\r\nHost: 192.168.1.1\r\n\r\n'))).toBeNull();
    expect(exchange.response(answer('<root/>'))).toBeNull();
    expect(exchange.request(post(ADD))).toEqual(ADDED);
    expect(exchange.response(answer(soap('<s:Fault><errorCode>718</errorCode></s:Fault>'), '500 Error'))).toMatchObject(
      {
        errorCode: 718,
      },
    );
    expect(exchange.request(post(ADD.replace('2323', '2324')))).toEqual({ ...ADDED, externalPort: 2324 });
    expect(exchange.response(answer(DONE))).toMatchObject({ action: 'add' });
  });

  test('a body that never comes: the header tells the action; one that comes in part tells what it has', () => {
    const headerOnly = new IgdExchange();
    expect(headerOnly.request(post('', 'Content-Length: 600\r\n'))).toBeNull();
    expect(headerOnly.unfinished()).toEqual({ ...NOTHING, action: 'add' });
    expect(headerOnly.unfinished()).toBeNull();
    const half = new IgdExchange();
    const bytes = post(ADD);
    half.request(bytes.subarray(0, bytes.indexOf('<NewEnabled>')));
    expect(half.unfinished()).toEqual({ ...ADDED, lease: null, description: '' });
  });

  test('the next request does away with one that lost its body', () => {
    const exchange = new IgdExchange();
    exchange.request(post('', 'Content-Length: 600\r\n'));
    expect(exchange.request(post(ADD))).toEqual(ADDED);
  });

  test('one of more than 16 KiB is read as far as that, and nothing more is kept', () => {
    const exchange = new IgdExchange();
    exchange.request(post('', 'Content-Length: 999999\r\n'));
    const told = Array.from({ length: 20 }, () => exchange.request(Buffer.alloc(1000, 0x20)));
    expect(told.filter((record) => record !== null)).toEqual([{ ...NOTHING, action: 'add' }]);
    expect(exchange.unfinished()).toBeNull();
  });
});

test('any octets, any change and any cut: a record within its bounds, or nothing', () => {
  const mutation = fc.array(fc.tuple(fc.nat(1400), fc.constantFrom(0, 10, 34, 38, 47, 58, 59, 60, 62, 255)), {
    maxLength: 8,
  });
  const whole = fc.constantFrom(post(ADD), answer(DONE), Buffer.from(ADD));
  fc.assert(
    fc.property(whole, mutation, fc.array(fc.nat(1400), { maxLength: 4 }), (message, changes, cuts) => {
      const bytes = Buffer.from(message);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const exchange = new IgdExchange();
      const ends = [...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
      ends.forEach((end, index) => {
        const piece = bytes.subarray(ends[index - 1] ?? 0, end);
        exchange.response(piece);
        const told = exchange.request(piece);
        if (told === null) return;
        expect(told.description.length).toBeLessThanOrEqual(64);
        expect(told.externalPort ?? 0).toBeLessThan(65536);
        expect(told.internalClient ?? 'none').toMatch(/^[a-z0-9_~.:-]+$/);
      });
      exchange.unfinished();
    }),
    { numRuns: 3000 },
  );
});

test('hostile markup costs no time', () => {
  // Of the processor: what else the machine does is not the markup's cost.
  const started = process.cpuUsage();
  for (const text of ['<', '<a ', '<a:', '&#', '<!--', `<${'a'.repeat(64)}:`, '</', '<a>']) {
    request(text.repeat(20_000));
    response(text.repeat(20_000));
  }
  const { system, user } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(2000);
});
