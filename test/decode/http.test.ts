import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHttpRequest, looksLikeHttpRequest } from '../../sensor/decode/http.ts';
import { Failure } from '../../sensor/decode/outcome.ts';

const REQUEST = Buffer.from(
  'GET /firmware/v2.bin?id=1 HTTP/1.1\r\nUser-Agent: CameraFW/2.8\r\nHost: Update.Camera.Example:8080\r\nAccept: */*\r\n\r\n',
);

const hostOfRequest = (text: string): string | null | undefined => {
  const request = decodeHttpRequest(Buffer.from(text, 'latin1'));
  return request instanceof Failure ? undefined : request.host;
};

describe('an HTTP request', () => {
  it('tells the host it means and what the client calls itself', () => {
    expect(decodeHttpRequest(REQUEST)).toEqual({
      method: 'GET',
      host: 'update.camera.example',
      userAgent: 'CameraFW/2.8',
      complete: true,
    });
  });

  it('may use bare line feeds', () => {
    expect(hostOfRequest('POST /x HTTP/1.0\nHost:  hub.example \n\n')).toBe('hub.example');
  });

  it.each([
    ['GET http://Proxy.Example:80/path HTTP/1.1\r\nHost: other.example\r\n\r\n', 'proxy.example'],
    ['CONNECT tunnel.example:443 HTTP/1.1\r\nHost: tunnel.example:443\r\n\r\n', 'tunnel.example'],
    ['GET / HTTP/1.1\r\nHost: [2001:DB8::7]:80\r\n\r\n', '2001:db8::7'],
    ['GET / HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n', '192.0.2.7'],
    ['GET / HTTP/1.1\r\nHost:\r\n\r\n', null],
    ['GET / HTTP/1.1\r\nHost: user@evil.example\r\n\r\n', null],
    ['GET / HTTP/1.1\r\nHost: <script>\r\n\r\n', '~3cscript~3e'],
    ['GET / HTTP/1.1\r\nAccept: */*\r\n\r\n', null],
    ['GET / HTTP/1.1\r\nHost: a.example\r\n folded.example\r\n\r\n', undefined],
    ['GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n', undefined],
    ['GET / HTTP/1.1\r\nHost : a.example\r\n\r\n', undefined],
    ['GET / HTTP/2.0\r\nHost: a.example\r\n\r\n', undefined],
    ['GET /a b HTTP/1.1\r\nHost: a.example\r\n\r\n', undefined],
  ])('%j is for %s', (text, host) => {
    expect(hostOfRequest(text)).toBe(host);
  });

  it('grows with its bytes: first nothing, then what is known, then all', () => {
    const known: (string | null | undefined)[] = [];
    for (let length = 0; length <= REQUEST.length; length++) {
      const request = decodeHttpRequest(REQUEST.subarray(0, length));
      const host = request instanceof Failure ? undefined : request.host;
      if (known.at(-1) !== host || length === 0) known.push(host);
      if (request instanceof Failure) expect(request.reason).toBe(length < 4 ? 'unsupported' : 'truncated');
      else expect(request.complete).toBe(length === REQUEST.length);
    }
    expect(known).toEqual([undefined, null, 'update.camera.example']);
  });

  it('is read for 8 KiB and no further', () => {
    const late = `GET / HTTP/1.1\r\n${`X-Pad: ${'x'.repeat(90)}\r\n`.repeat(100)}Host: late.example\r\n\r\n`;
    expect(hostOfRequest(late)).toBeNull();
    expect(decodeHttpRequest(Buffer.from(`GET /${'x'.repeat(9000)}`))).toMatchObject({ reason: 'malformed' });
  });

  it.each([
    ['GET / HTTP/1.1', true],
    ['RPC_OUT_DATA /rpc', true],
    ['get / HTTP/1.1', false],
    ['GETAWAY', false],
    ['HELO there', false],
    ['', false],
  ])('%j looks like one: %s', (text, expected) => {
    expect(looksLikeHttpRequest(Buffer.from(text))).toBe(expected);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(REQUEST.length - 1), fc.nat(255)), { maxLength: 20 }),
        fc.nat(200),
        (changes, length) => {
          const bytes = Buffer.from(REQUEST.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const request = decodeHttpRequest(bytes);
          if (!(request instanceof Failure)) expect(request.host ?? 'none').toMatch(/^[a-z0-9_~.:-]+$/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
