// Whom the sensor speaks with for a phone: a paired browser that is in the wrong hands names whatever it likes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { callHttp } from '../../../sensor/publish/notify/http-call.ts';
import { lookupOutside, pushAddress } from '../../../sensor/publish/notify/push-services.ts';

it.each([
  'https://fcm.googleapis.com/fcm/send/abc:APA91',
  'https://updates.push.services.mozilla.com/wpush/v2/gAAAA',
  'https://push.services.mozilla.com/wpush/v2/gAAAA',
  'https://web.push.apple.com/QNGPTB2',
  'https://db5p.notify.windows.com/w/?token=BQYAAA',
  'https://FCM.googleapis.com:443/fcm/send/abc',
])('%s is where a browser’s push service is', (endpoint) => {
  expect(pushAddress(endpoint, [])).toMatchObject({ isBuiltIn: true });
});

it.each([
  'http://fcm.googleapis.com/fcm/send/abc',
  'https://fcm.googleapis.com:8443/fcm/send/abc',
  'https://fcm.googleapis.com.evil.example/',
  'https://evil.example/fcm.googleapis.com',
  'https://evilfcm.googleapis.com/',
  'https://evilpush.apple.com/',
  'https://fcm.googleapis.com@192.168.1.1/',
  'https://me:pass@fcm.googleapis.com/fcm/send/abc',
  'https://fcm.googleapis.com./fcm/send/abc',
  'https://192.168.1.1/',
  'https://[fd00::1]/',
  'https://0x7f000001/',
  'https://localhost/',
  'https://127.0.0.1:8443/push/1',
  'https://ｆｃｍ.googleapis.com.local/',
  'file:///etc/passwd',
  'ftp://fcm.googleapis.com/',
  'no address',
  `https://fcm.googleapis.com/${'x'.repeat(2000)}`,
  '',
])('%s is not spoken with', (endpoint) => {
  expect(pushAddress(endpoint, ['push.example.net', '127.0.0.1:9443'])).toBeNull();
});

it('what the configuration adds is, at that port and over TLS alone', () => {
  const added = ['Push.example.net', '127.0.0.1:9443', 'localhost:9443'];
  expect(pushAddress('https://push.example.net/a?b=c', added)).toMatchObject({ isBuiltIn: false });
  expect(pushAddress('https://127.0.0.1:9443/push/1', added)).toMatchObject({ isBuiltIn: false });
  expect(pushAddress('https://127.0.0.1:9444/push/1', added)).toBeNull();
  expect(pushAddress('https://push.example.net:9443/', added)).toBeNull();
  expect(pushAddress('http://push.example.net/', added)).toBeNull();
});

it('a name that a name server puts into the home or onto this machine is not asked', async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const url = new URL(`http://localhost:${(server.address() as AddressInfo).port}/`);
  const question = { method: 'POST' as const, url, headers: {}, body: '', ca: null, wantsText: false };
  const { signal } = new AbortController();
  await expect(callHttp({ ...question, signal, lookup: lookupOutside })).rejects.toMatchObject({
    code: 'NOTIFY_INSIDE',
  });
  expect(asked).toBe(0);
  await callHttp({ ...question, signal });
  expect(asked).toBe(1);
  await new Promise((resolve) => server.close(resolve));
});
