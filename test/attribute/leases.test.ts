// Who held which address when: ARP, DHCP, Neighbor Discovery and source addresses, and what their forgers achieve.
import { expect, test } from 'vitest';
import { datagram, dhcpAck, dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { advertised, ndp } from '../support/neighbor-frames.ts';
import {
  arp,
  type CapturedFrame,
  dhcpv6,
  ethernet,
  neighborAdvertisement,
  neighborSolicitation,
} from '../support/packet-builder.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const EVERYBODY = 'ff:ff:ff:ff:ff:ff';
const MASK_24 = [1, Buffer.from([255, 255, 255, 0])] as const;

function says(
  mac: string,
  ip: string,
  time: number,
  options: { sender?: string; target?: string } = {},
): CapturedFrame {
  const message = arp({
    operation: 'request',
    senderMac: options.sender ?? mac,
    senderIp: ip,
    targetIp: options.target ?? ip,
  });
  return { time, data: ethernet({ source: mac, destination: EVERYBODY }, message) };
}

function addresses(stage: Stage, host: { mac: string }): string[] {
  return stage.device(host).addresses.map(({ ip }) => ip);
}

test("an address changes hands: each one's interval and each one's mail is its own", () => {
  const fridge = { ...FRIDGE, ip: CAMERA.ip };
  const stage = new Stage();
  stage.play(
    dhcpAck(CAMERA, START, [MASK_24]),
    mail(CAMERA, MAIL_SERVER, START + MINUTE),
    dhcpAck(fridge, START + DAY, [MASK_24]),
    mail(fridge, MAIL_SERVER, START + DAY + MINUTE),
    mail(fridge, MAIL_SERVER, START + DAY + HOUR),
    says(CAMERA.mac, CAMERA.ip, START + 2 * DAY),
  );
  const { incidents } = stage.finish();
  expect(incidents.map(({ device, findings }) => [device, findings])).toEqual([
    [FRIDGE.mac, 2],
    [CAMERA.mac, 1],
  ]);
  const day = (days: number, minutes = 0) => new Date(START + days * DAY + minutes * MINUTE).toISOString();
  expect(stage.device(CAMERA).addresses).toEqual([
    { ip: CAMERA.ip, from: day(0), to: day(0, 1) },
    { ip: CAMERA.ip, from: day(2), to: day(2) },
  ]);
  expect(stage.device(FRIDGE).addresses).toEqual([{ ip: CAMERA.ip, from: day(1), to: day(1, 60) }]);
});

test('ARP: a gratuitous announcement claims an address; a probe, a foreign sender and an outside address claim none', () => {
  const stage = new Stage();
  stage.play(
    says(CAMERA.mac, CAMERA.ip, START),
    says(FRIDGE.mac, '0.0.0.0', START, { target: CAMERA.ip }),
    says(FRIDGE.mac, FRIDGE.ip, START, { sender: TELEVISION.mac }),
    says(FRIDGE.mac, '203.0.113.1', START),
  );
  expect(addresses(stage, CAMERA)).toEqual([CAMERA.ip]);
  expect(addresses(stage, FRIDGE)).toEqual([]);
});

test('two that fight over an address keep their other addresses', () => {
  const stage = new Stage();
  stage.play(says(CAMERA.mac, '192.168.1.77', START));
  for (let i = 1; i < 400; i++) stage.play(says(i % 2 ? CAMERA.mac : FRIDGE.mac, CAMERA.ip, START + i * SECOND));
  expect(addresses(stage, CAMERA).filter((ip) => ip === CAMERA.ip)).toHaveLength(8);
  expect(addresses(stage, CAMERA)).toContain('192.168.1.77');
});

test('made-up source addresses push out each other, not what the device was given', () => {
  const stage = new Stage();
  stage.play(dhcpAck(CAMERA, START, [MASK_24]));
  for (let i = 0; i < 1000; i++)
    stage.play(
      visit({ mac: CAMERA.mac, ip: `10.1.${i >> 8}.${i & 255}` }, '198.51.100.1', START + SECOND + i)[0] ?? [],
    );
  expect(addresses(stage, CAMERA)).toHaveLength(96);
  expect(addresses(stage, CAMERA)).toContain(CAMERA.ip);
});

test('DHCP: an acknowledgement gives the address to the client; a request alone gives none', () => {
  const stage = new Stage();
  stage.play(dhcpRequest(CAMERA.mac, [[12, 'cam']], START));
  expect(addresses(stage, CAMERA)).toEqual([]);
  stage.play(dhcpAck(CAMERA, START + 1, [MASK_24]));
  expect(addresses(stage, CAMERA)).toEqual([CAMERA.ip]);
});

test('DHCPv6: the frame tells the client, as its DUID may be made from another interface', () => {
  const reply = dhcpv6({ messageType: 7, clientMac: '02:00:00:00:00:99', addresses: [CAMERA.ip6] });
  const server = { mac: GATEWAY.mac, ip: GATEWAY.ip6, port: 547 };
  const stage = new Stage().play(datagram(server, { mac: CAMERA.mac, ip: 'fe80::50', port: 546 }, reply, START));
  expect(addresses(stage, CAMERA)).toEqual([CAMERA.ip6]);
  expect(stage.devices().map(({ mac }) => mac)).not.toContain('02:00:00:00:00:99');
});

test('duplicate address detection claims a free address, and not one that another holds', () => {
  const stage = new Stage();
  const asks = (mac: string, target: string, time: number) => ndp(mac, '::', neighborSolicitation({ target }), time);
  stage.play(asks(CAMERA.mac, CAMERA.ip6, START), asks(FRIDGE.mac, CAMERA.ip6, START + SECOND));
  expect(addresses(stage, CAMERA)).toEqual([CAMERA.ip6]);
  expect(addresses(stage, FRIDGE)).toEqual([]);
});

test('eighty privacy addresses of a device are all remembered', () => {
  const stage = new Stage();
  for (let i = 0; i < 80; i++) {
    const ip = `2001:db8:1::${(i + 0x100).toString(16)}`;
    stage.play(
      ndp(CAMERA.mac, ip, neighborSolicitation({ target: 'fe80::1', sourceMac: CAMERA.mac }), START + i * DAY),
    );
  }
  expect(new Set(addresses(stage, CAMERA)).size).toBe(80);
});

test('the gateway owns no address beyond it, whether it forwards packets or answers for them', () => {
  const stage = new Stage();
  stage.play(
    says(GATEWAY.mac, GATEWAY.ip, START),
    visit(CAMERA, '198.51.100.9', START + SECOND),
    visit(FRIDGE, '198.51.100.10', START + 2 * SECOND),
    ndp(
      GATEWAY.mac,
      GATEWAY.ip6,
      neighborAdvertisement({ target: '2001:db8:ffff::25', targetMac: GATEWAY.mac }),
      START + MINUTE,
    ),
  );
  expect(stage.device(GATEWAY)).toMatchObject({ role: 'gateway' });
  expect(addresses(stage, GATEWAY)).toEqual([GATEWAY.ip]);
});

test('prefixes are learned from router advertisements and DHCP; too wide ones are not, and their number is bounded', () => {
  const stage = new Stage();
  const prefixes = () => stage.spine.engine.memory().prefixes.map(({ prefix }) => prefix);
  const publicHost = { mac: CAMERA.mac, ip: '198.51.100.20' };
  stage.play(
    advertised(GATEWAY.mac, [{ prefix: '2001:db8:1::', length: 64 }], START),
    advertised(GATEWAY.mac, [{ prefix: '2000::', length: 3 }], START + 1),
    dhcpAck(publicHost, START + 2, [[1, Buffer.from([255, 255, 255, 240])]]),
    dhcpAck(publicHost, START + 3, [[1, Buffer.from([128, 0, 0, 0])]]),
    dhcpAck(publicHost, START + 4, [[1, Buffer.from([255, 0, 255, 0])]]),
  );
  expect(prefixes()).toEqual(['2001:db8:1::/64', '198.51.100.16/28']);
  for (let i = 0; i < 500; i++) {
    const forged = { prefix: `2001:db8:${(i + 16).toString(16)}::`, length: 64 };
    stage.play(advertised(FRIDGE.mac, [forged], START + SECOND + 2 * i));
    if (i % 20 === 0)
      stage.play(advertised(GATEWAY.mac, [{ prefix: '2001:db8:1::', length: 64 }], START + SECOND + 2 * i));
  }
  expect(prefixes()).toHaveLength(32);
  expect(prefixes()).toContain('2001:db8:1::/64');
});

test('one forged frame makes no device a gateway', () => {
  const stage = new Stage();
  stage.play(visit(CAMERA, '198.51.100.9', START), says(FRIDGE.mac, FRIDGE.ip, START + SECOND));
  // The camera hands the fridge a packet for the Internet, and the television calls itself a router.
  const [syn] = visit(CAMERA, '198.51.100.99', START + MINUTE);
  if (syn === undefined) throw new Error('no SYN');
  const toFridge = Buffer.from(syn.data);
  Buffer.from(FRIDGE.mac.replaceAll(':', ''), 'hex').copy(toFridge, 0);
  stage.play(
    { time: START + MINUTE, data: toFridge },
    advertised(TELEVISION.mac, [], START + MINUTE + 1),
    says(FRIDGE.mac, FRIDGE.ip, START + MINUTE + 2),
    says(GATEWAY.mac, GATEWAY.ip, START + MINUTE + 3),
  );
  const roles = Object.fromEntries(stage.finish().devices.map(({ mac, role }) => [mac, role]));
  expect(roles).toEqual({
    [CAMERA.mac]: 'device',
    [FRIDGE.mac]: 'device',
    [TELEVISION.mac]: 'device',
    [GATEWAY.mac]: 'gateway',
  });
});

test('one that forwards the DHCP of two others is marked as shared, one that asks for itself is not', () => {
  const stage = new Stage();
  const extender = '02:11:22:33:44:55';
  for (const [i, client] of [CAMERA.mac, FRIDGE.mac].entries()) {
    const frame = dhcpRequest(client, [[12, `client-${i}`]], START + i * SECOND);
    const forwarded = Buffer.from(frame.data);
    Buffer.from(extender.replaceAll(':', ''), 'hex').copy(forwarded, 6);
    stage.play({ ...frame, data: forwarded });
  }
  stage.play(dhcpRequest(TELEVISION.mac, [[12, 'tv']], START + MINUTE));
  expect(stage.device({ mac: extender })).toMatchObject({ sharedMac: true, randomizedMac: true, name: null });
  expect(stage.device(CAMERA)).toMatchObject({ sharedMac: false, name: 'client-0' });
  expect(stage.device(TELEVISION)).toMatchObject({ sharedMac: false, name: 'tv' });
});

test('a flood of MACs leaves known devices in place, and nothing to show or to store', () => {
  const stage = new Stage();
  stage.play(says(CAMERA.mac, CAMERA.ip, START), says(CAMERA.mac, CAMERA.ip, START + 2 * HOUR));
  for (let i = 0; i < 20_000; i++) {
    const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    // Half are only heard, half claim an address.
    stage.play(says(mac, i % 2 ? '0.0.0.0' : `10.9.${(i >> 8) & 255}.${i & 255}`, START + 3 * HOUR + i));
  }
  const { devices } = stage.spine.engine;
  expect(devices.size).toBe(1);
  expect(devices.takeChanged().map(({ mac }) => mac)).toEqual([CAMERA.mac]);
  expect(stage.finish().incidents).toMatchObject([{ kind: 'mac_flood', evidence: { addresses: 20_000 } }]);
  expect(stage.device(CAMERA).addresses).toMatchObject([{ ip: CAMERA.ip }]);
});
