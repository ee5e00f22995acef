// A new thing that tries to send mail while somebody makes up hundreds of addresses between any two of its attempts: it is pushed out
// of memory as one of them, comes back as a new one each time, and keeps all that it did once it is answered.
import { expect, test } from 'vitest';
import { dhcpAck, madeUp, mail, visit } from '../support/name-frames.ts';
import { CAMERA, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const FLOOD = START + HOUR;
const EACH = 2000;

function besieged(attempts: number, last: 'connected' | 'unanswered'): Stage {
  const stage = new Stage({});
  stage.play(dhcpAck(CAMERA, START), visit(CAMERA, '203.0.113.80', START + SECOND, { host: 'api.vendor.example' }));
  for (let n = 0; n < attempts; n++) {
    const time = FLOOD + n * MINUTE;
    for (const frame of madeUp(EACH, 443, time, { gap: 1, from: n * EACH })) stage.send(frame);
    const outcome = n === attempts - 1 ? last : 'unanswered';
    stage.play(mail(FRIDGE, MAIL_SERVER, time + 30 * SECOND, { outcome }));
  }
  stage.finish();
  return stage;
}

test('what it did is in its own books, and no longer in those of the flood', () => {
  const stage = besieged(4, 'connected');
  expect(stage.incidents('mail_started')).toMatchObject([{ device: FRIDGE.mac, evidence: { attempts: 4 } }]);
  const fridge = stage.devices().find(({ mac }) => mac === FRIDGE.mac);
  expect(fridge?.mail).toMatchObject({ attempts: 4, destinations: [{ ip: MAIL_SERVER, attempts: 4 }] });
  expect(fridge?.firstSeen).toBe(new Date(FLOOD + 30 * SECOND).toISOString());
  expect(stage.incident('mac_flood').evidence).toMatchObject({
    addresses: 4 * EACH,
    connections: 4 * EACH,
    mailAttempts: 0,
  });
});

test('never answered, it stays one of the flood, whose attempts they are', () => {
  const stage = besieged(4, 'unanswered');
  expect(stage.incidents('mail_started')).toEqual([]);
  expect(stage.devices().filter(({ mac }) => mac === FRIDGE.mac)).toEqual([]);
  expect(stage.incident('mac_flood').evidence).toMatchObject({ addresses: 4 * EACH + 4, mailAttempts: 4 });
});
