// Many behind one MAC, where a table of incidents does not show it: names, IPv6, expectations, floods.
import { expect, test } from 'vitest';
import { answered, asks, datagram, dhcpAck, dhcpRequest, mail, mdns, visit } from '../support/name-frames.ts';
import { type CapturedFrame, dhcpv6 } from '../support/packet-builder.ts';
import { broadcast, routed, through } from '../support/shared-macs.ts';
import { CAMERA, GATEWAY, HOUR, MAIL_SERVER, MAIL_SERVER6, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const REPEATER = { mac: '3c:37:86:00:00:02', ip: '192.168.1.40' };
const HALL = { mac: '5c:cf:7f:00:00:11', ip: '192.168.1.61', name: 'hall-cam' };
const PORCH = { mac: '5c:cf:7f:00:00:12', ip: '192.168.1.62', name: 'porch-cam' };
const CLIENTS = [HALL, PORCH];

const joins = ({ ip, mac, name }: typeof HALL, time: number) => [
  dhcpRequest(mac, [[12, name]], time),
  dhcpAck({ mac, ip }, time + 10),
];
const behind = (client: { mac: string }, frames: readonly CapturedFrame[]) => through(REPEATER, client, frames);

/** The router is known, and two clients are behind the repeater. */
function home(): Stage {
  const clients = CLIENTS.map((client, i) => behind(client, joins(client, START + i * SECOND)));
  return new Stage({ recorded: true }).play(visit(CAMERA, '203.0.113.80', START - MINUTE), ...clients);
}

test('each client behind a repeater names its destinations by its own lookups', () => {
  const stage = home();
  stage.play(
    behind(HALL, [asks(HALL, 'hall.example', 'A', START + MINUTE)]),
    behind(HALL, [answered(HALL, 'hall.example', ['203.0.113.30'], START + MINUTE + 5)]),
    behind(PORCH, [answered(PORCH, 'porch.example', ['203.0.113.30'], START + MINUTE + 6)]),
    behind(HALL, visit(HALL, '203.0.113.30', START + 2 * MINUTE)),
    behind(PORCH, visit(PORCH, '203.0.113.30', START + 2 * MINUTE)),
  );
  stage.finish();
  expect(stage.device(HALL).backends).toMatchObject([{ hosts: ['hall.example'], otherDevice: false }]);
  expect(stage.device(PORCH).backends).toMatchObject([{ hosts: ['porch.example'], otherDevice: false }]);
});

test('what a client behind a repeater announces is its own name, and not the repeater’s', () => {
  const stage = home();
  const record = { type: 'A' as const, name: 'hallway.local', ttl: 120, data: HALL.ip };
  stage.play(behind(HALL, [mdns(HALL, [record], START + MINUTE)]));
  expect(stage.device(HALL).hostnames).toEqual(['hall-cam', 'hallway']);
  expect(stage.device(REPEATER).hostnames).toEqual([]);
});

test('IPv6 behind a repeater: an address made from a client’s MAC, or that DHCPv6 gave it, is the client’s; others nobody’s', () => {
  const stage = home();
  const madeOf = '2001:db8:1::5ecf:7fff:fe00:11';
  const sends = (ip: string, time: number) => behind(HALL, mail({ mac: HALL.mac, ip }, MAIL_SERVER6, time));
  const given = '2001:db8:1::7';
  const reply = dhcpv6({ messageType: 7, clientMac: PORCH.mac, addresses: [given] });
  stage.play(
    behind(HALL, visit(HALL, '203.0.113.30', START + MINUTE)),
    behind(PORCH, visit(PORCH, '203.0.113.30', START + MINUTE)),
    sends(madeOf, START + HOUR),
    behind(PORCH, [fromServer(reply, START + HOUR + SECOND)]),
    sends(given, START + HOUR + MINUTE),
    sends('2001:db8:1::99', START + HOUR + 2 * MINUTE),
  );
  stage.finish();
  const told = stage.incidents('mail_started').map(({ device, summary }) => [device, summary.split(' is ')[0]]);
  expect(told).toEqual([
    [REPEATER.mac, 'NETGEAR (…:00:02), or a device behind it,'],
    [HALL.mac, `hall-cam, behind the repeater ${REPEATER.mac},`],
    [PORCH.mac, `porch-cam, behind the repeater ${REPEATER.mac},`],
  ]);
});

const fromServer = (reply: Buffer, time: number) =>
  datagram({ mac: GATEWAY.mac, ip: 'fe80::1', port: 547 }, { mac: PORCH.mac, ip: 'fe80::62', port: 546 }, reply, time);

test('mail that is expected of one address behind a router is not expected of another', () => {
  const router = { mac: '52:54:00:12:34:56', ip: '192.168.1.20' };
  const inner = (host: number) => ({ mac: router.mac, ip: `192.168.36.${host}` });
  const stage = home();
  const submits = (host: number, time: number) =>
    routed(router, mail(inner(host), MAIL_SERVER, time, { outcome: 'connected', port: 587 }));
  stage.play(
    [150, 151, 152].flatMap((host) => routed(router, visit(inner(host), '203.0.113.30', START + MINUTE))),
    submits(152, START + HOUR),
  );
  const { id } = stage.incident('submission_started');
  stage.run({ type: 'expect', incident: id, until: null });
  stage.play(submits(152, START + 2 * HOUR), submits(151, START + 3 * HOUR));
  const { incidents } = stage.finish();
  expect(incidents.map(({ evidence, findings, state }) => [evidence.innerAddress, state, findings])).toEqual([
    ['192.168.36.152', 'expected', 1],
    ['192.168.36.151', 'open', 1],
  ]);
});

test('a camera that mails from a thousand addresses it makes up is a bounded number of incidents, all its own', () => {
  const stage = home().play(dhcpAck(CAMERA, START + SECOND));
  for (let i = 0; i < 1000; i++)
    stage.play(mail({ mac: CAMERA.mac, ip: `10.1.${i >> 8}.${i & 255}` }, MAIL_SERVER, START + HOUR + i * 10));
  const { incidents } = stage.finish();
  expect(incidents.length).toBeLessThanOrEqual(33);
  expect(new Set(incidents.map(({ device }) => device))).toEqual(new Set([CAMERA.mac]));
  expect(incidents.reduce((sum, { findings }) => sum + findings, 0)).toBe(1000);
});

test('a flood of clients that one MAC makes up is told as made-up addresses, and the camera is watched on', () => {
  const stage = home();
  stage.play(visit(CAMERA, '203.0.113.80', START + HOUR));
  for (let i = 0; i < 1000; i++) {
    const client = { mac: `02:77:00:00:${hex(i >> 8)}:${hex(i)}`, ip: '192.168.1.99' };
    stage.play(behind(client, [dhcpRequest(client.mac, [], START + 2 * HOUR + i * 5)]));
  }
  stage.play(mail(CAMERA, MAIL_SERVER, START + 3 * HOUR));
  const { devices, incidents } = stage.finish();
  expect(incidents.map(({ device, kind }) => [device, kind])).toEqual([
    [null, 'mac_flood'],
    [CAMERA.mac, 'mail_started'],
  ]);
  expect(devices.length).toBeLessThan(10);
});

test('clients by the hundred, acknowledged behind one MAC: what is kept is bounded, and mail is theirs or the MAC’s', () => {
  const stage = home();
  for (let i = 0; i < 300; i++) {
    const client = { mac: `02:78:00:00:${hex(i >> 8)}:${hex(i)}`, ip: `10.7.${i >> 8}.${i & 255}`, name: `c${i}` };
    const time = START + HOUR + i * 10 * MINUTE;
    stage.play(behind(client, joins(client, time)), behind(client, visit(client, '203.0.113.30', time + SECOND)));
    stage.play(behind(client, mail(client, MAIL_SERVER, time + MINUTE)));
  }
  const behindIt = stage.devices().filter((device) => device.behind !== null);
  expect(behindIt.length).toBeLessThanOrEqual(64);
  stage.finish();
  const owners = new Set(stage.incidents('mail_started').map(({ device }) => device ?? ''));
  expect([...owners].filter((mac) => mac !== REPEATER.mac && !mac.startsWith('02:78:'))).toEqual([]);
});

test('an acknowledgement that only the carrier itself sent, or that nobody who is known sent, makes nobody’s client', () => {
  const liar = { mac: CAMERA.mac, ip: '192.168.1.70' };
  for (const server of [CAMERA.mac, '02:99:00:00:00:01']) {
    const stage = home();
    stage.play(
      through(liar, HALL, [dhcpRequest(HALL.mac, [], START + HOUR)]),
      through({ mac: server }, GATEWAY, broadcast(HALL, [dhcpAck({ ...HALL, ip: liar.ip }, START + HOUR + 5)])),
      mail(liar, MAIL_SERVER, START + HOUR + MINUTE),
    );
    expect(stage.incident('mail_started').device).toBe(CAMERA.mac);
  }
});

function hex(value: number): string {
  return (value & 255).toString(16).padStart(2, '0');
}
