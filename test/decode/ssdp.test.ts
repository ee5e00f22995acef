import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSsdp } from '../../sensor/decode/ssdp.ts';

const message = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');

const NOTIFY = message(
  'NOTIFY * HTTP/1.1',
  'HOST: 239.255.255.250:1900',
  'LOCATION: http://192.168.1.30:49152/description.xml',
  'NT: urn:schemas-upnp-org:device:MediaRenderer:1',
  'NTS: ssdp:alive',
  'Server: Linux/5.4 UPnP/1.0 SpeakerOS/11.3.2',
  'USN: uuid:1234::urn:schemas-upnp-org:device:MediaRenderer:1',
);

describe('SSDP', () => {
  it('tells what a device is, on its own', () => {
    expect(decodeSsdp(NOTIFY)).toEqual({
      kind: 'notify',
      server: 'Linux/5.4 UPnP/1.0 SpeakerOS/11.3.2',
      target: 'urn:schemas-upnp-org:device:MediaRenderer:1',
      usn: 'uuid:1234::urn:schemas-upnp-org:device:MediaRenderer:1',
      deviceType: 'MediaRenderer',
      locationHost: '192.168.1.30',
      leaving: false,
    });
  });

  it('tells it in answer to a search', () => {
    const answer = message(
      'HTTP/1.1 200 OK',
      'ST:upnp:rootdevice',
      'USN:uuid:9::upnp:rootdevice',
      'LOCATION: http://[fe80::1]/x',
    );
    expect(decodeSsdp(answer)).toMatchObject({
      kind: 'response',
      server: null,
      deviceType: null,
      locationHost: 'fe80::1',
    });
  });

  it('does not take the search itself for what the searcher is', () => {
    const search = message(
      'M-SEARCH * HTTP/1.1',
      'ST: urn:schemas-upnp-org:device:MediaServer:1',
      'USER-AGENT: App/2.0',
    );
    expect(decodeSsdp(search)).toMatchObject({ kind: 'search', server: 'App/2.0', deviceType: null });
  });

  it('says goodbye', () => {
    expect(decodeSsdp(message('NOTIFY * HTTP/1.1', 'NT: upnp:rootdevice', 'NTS: ssdp:byebye'))).toMatchObject({
      leaving: true,
    });
  });

  it.each([
    ['a location without a host', 'LOCATION: http:///x', null],
    ['a location of another kind', 'LOCATION: file://host/x', null],
    ['a hostile location', 'LOCATION: http://<b>.example/', '~3cb~3e.example'],
  ])('gives from %s', (_, line, host) => {
    expect(decodeSsdp(message('HTTP/1.1 200 OK', line))).toMatchObject({ locationHost: host });
  });

  it('reads whole lines of a datagram cut short', () => {
    expect(decodeSsdp(NOTIFY.subarray(0, 120))).toMatchObject({
      kind: 'notify',
      locationHost: '192.168.1.30',
      server: null,
    });
    expect(decodeSsdp(NOTIFY.subarray(0, 9))).toMatchObject({ reason: 'truncated' });
  });

  it.each([
    ['a folded line', message('NOTIFY * HTTP/1.1', 'SERVER: a', ' folded'), 'malformed'],
    ['an error response', message('HTTP/1.1 500 No'), 'unsupported'],
    ['something else', Buffer.from('hello\r\n'), 'unsupported'],
    ['binary without a line', Buffer.alloc(50, 7), 'unsupported'],
  ])('refuses %s', (_, bytes, reason) => {
    expect(decodeSsdp(bytes)).toMatchObject({ reason, layer: 'ssdp' });
  });

  it('never throws and keeps no long text', () => {
    const long = decodeSsdp(message('NOTIFY * HTTP/1.1', `SERVER: ${'x'.repeat(5000)}`));
    expect(long).toMatchObject({ server: 'x'.repeat(511) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(NOTIFY.length - 1), fc.nat(255))), (changes) => {
        const bytes = Buffer.from(NOTIFY);
        for (const [at, value] of changes) bytes[at] = value;
        decodeSsdp(bytes);
      }),
    );
  });
});
