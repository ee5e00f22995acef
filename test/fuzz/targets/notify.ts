// What a target of alerts answers: whether it took one, what is said of that, and how long it is left alone; and what a browser hands
// over so that its phone is told.
import { answerFault, pauseAfter } from '../../../sensor/publish/notify/faults.ts';
import { pushAddress } from '../../../sensor/publish/notify/push-services.ts';
import { isTaken } from '../../../sensor/publish/notify/questions.ts';
import { TARGET_KINDS } from '../../../sensor/publish/notify/shapes.ts';
import { encrypted, readPhoneKeys } from '../../../sensor/publish/notify/web-push.ts';
import { mustHold, type Target } from '../target.ts';

const NOW = Date.parse('2026-02-05T10:00:00Z');
const HOUR = 60 * 60_000;
const url = new URL('https://push.example.net');

/** The status in the first two octets, then the answer, which stands for a header as well. */
const answer: Target = {
  longest: 4000,
  run(input) {
    const status = input.length < 2 ? 200 : 100 + (input.readUInt16BE(0) % 500);
    const text = input.subarray(2).toString('utf8');
    for (const kind of TARGET_KINDS) {
      const answered = { status, headers: { 'retry-after': text.slice(0, 80) }, text };
      const taken = isTaken({ kind }, answered);
      mustHold(
        !taken || (status >= 200 && status < 300),
        `${kind} is said to have taken what it answered with ${status}`,
      );
      const fault = answerFault({ kind, name: 'phone', token: 'tk', url }, answered, NOW);
      mustHold(/^[\x20-\x7e]{10,200}$/.test(fault.text), 'what is told of a target holds what it wrote');
      const pause = pauseAfter(fault, 1 + (input[0] ?? 0), 0.5);
      mustHold(pause >= 5000 && pause <= 1.2 * HOUR, `a target is left alone for ${pause} ms`);
    }
  },
  seeds: () => [
    seed(200, '{"id":"m1","event":"message","topic":"home"}'),
    seed(200, '{"id":7,"appid":1,"message":"x"}'),
    seed(429, '120'),
    seed(503, 'Wed, 05 Feb 2026 10:10:00 GMT'),
  ],
};

const SERVICES = ['push.example.net', '127.0.0.1:9443'];
const HOST = /(?:^|\.)(?:fcm\.googleapis\.com|push\.services\.mozilla\.com|push\.apple\.com|notify\.windows\.com)$/;

/** The address of a push service, and behind line ends the two keys. */
const subscription: Target = {
  longest: 3000,
  run(input) {
    const [endpoint = '', p256dh = '', auth = ''] = input.toString('utf8').split('\n');
    const address = pushAddress(endpoint, SERVICES);
    if (address !== null) {
      const { isBuiltIn, url: asked } = address;
      mustHold(asked.protocol === 'https:', 'a phone is told without TLS');
      mustHold(asked.username === '' && asked.password === '', 'a push service is shown a password');
      const isKnown = isBuiltIn ? asked.port === '' && HOST.test(asked.hostname) : SERVICES.includes(asked.host);
      mustHold(isKnown, 'a stranger is asked');
    }
    const keys = readPhoneKeys({ p256dh, auth });
    if (keys !== null)
      mustHold(encrypted(Buffer.from('x'), keys).length === 16 + 5 + 65 + 2 + 16, 'a message has another length');
  },
  seeds: () => [
    Buffer.from('https://fcm.googleapis.com/fcm/send/abc\n'),
    Buffer.from('https://updates.push.services.mozilla.com/wpush/v2/gAAA\n'),
    Buffer.from('https://127.0.0.1:9443/push/1\n'),
    Buffer.from(
      `https://push.example.net/\nBCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4\nBTBZMqHH6r4Tts7J_aSIgg`,
    ),
  ],
};

function seed(status: number, text: string): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(status - 100);
  return Buffer.concat([head, Buffer.from(text)]);
}

export const NOTIFY: Readonly<Record<string, () => Target>> = {
  'notify-answer': () => answer,
  'push-subscription': () => subscription,
};
