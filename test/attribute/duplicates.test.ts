// A mirror delivers a packet twice within 20 ms; what comes later is a packet of its own.
import { expect, it } from 'vitest';
import { tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, MAIL_SERVER, outside, START, Stage } from '../support/stage.ts';

const [client, server] = [at(CAMERA, CAMERA.ip, 40_001), outside(MAIL_SERVER, 25)];
const copiesOfSyn = (gap: number): number => {
  const stage = new Stage();
  for (const time of [START, START + gap]) stage.play(tcpConversation({ client, server, time, outcome: 'unanswered' }));
  return stage.spine.engine.stats.duplicatesByKind.identical;
};

it.each([0, 1, 19, 20])('the same packet after %i ms is a copy of the first', (gap) => {
  expect(copiesOfSyn(gap)).toBe(1);
});

it.each([21, 30, 1000])('the same packet after %i ms is none: somebody sent it again', (gap) => {
  expect(copiesOfSyn(gap)).toBe(0);
});
