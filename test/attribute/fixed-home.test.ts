// Where the user said what is inside, it is exactly that: who holds an address, or whose router hands it on, decides nothing.
import { expect, test } from 'vitest';
import { usual } from '../support/name-frames.ts';
import { advertised } from '../support/neighbor-frames.ts';
import { arp, ethernet, tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, FRIDGE, GATEWAY, outside, SECOND, START, Stage } from '../support/stage.ts';

/** A public address that the fridge answers for on the home's own cable. */
const HELD = { mac: FRIDGE.mac, ip: '198.51.100.9' };
const claimed = {
  time: START,
  data: ethernet(
    { source: HELD.mac, destination: 'ff:ff:ff:ff:ff:ff' },
    arp({ operation: 'reply', senderMac: HELD.mac, senderIp: HELD.ip, targetIp: HELD.ip }),
  ),
};
const [toHeld, fromOutside] = [
  { client: at(CAMERA, CAMERA.ip, 40_001), server: at(HELD, HELD.ip, 25) },
  { client: outside('203.0.113.7', 40_002), server: at(CAMERA, CAMERA.ip, 25) },
].map((ends) => tcpConversation({ ...ends, time: START + SECOND, outcome: 'connected' }));

const mailers = (homeNet: readonly string[], frames: ReturnType<typeof tcpConversation> = []) => {
  const stage = new Stage({ homeNet }).play(usual(), advertised(GATEWAY.mac, [], START), claimed, frames);
  return stage.devices().flatMap(({ mac, mail }) => (mail.attempts > 0 ? [mac] : []));
};

test('an address that a neighbour holds is outside all the same, unless the user named it', () => {
  expect(mailers(['192.168.1.0/24'], toHeld)).toEqual([CAMERA.mac]);
  expect(mailers(['192.168.1.0/24', '198.51.100.0/24'], toHeld)).toEqual([]);
});

test('what the router hands to a device comes from outside, unless nothing is inside: then the router itself sends it', () => {
  expect(mailers([], fromOutside)).toEqual([]);
  expect(mailers(['255.255.255.255/32'], fromOutside)).toEqual([GATEWAY.mac]);
});
