// What devices say of themselves: which name counts, what a spoofed or reflected announcement achieves, firmware over time.
import { expect, test } from 'vitest';
import { datagram, dhcpRequest, dnsAnswer, mdns } from '../support/name-frames.ts';
import { dhcpv6, tcpConversation, wireName } from '../support/packet-builder.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, MINUTE, outside, START, Stage } from '../support/stage.ts';

const SSDP_GROUP = { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 };

function notify(from: { mac: string; ip: string }, server: string, time: number) {
  const type = 'urn:schemas-upnp-org:device:MediaRenderer:1';
  const lines = [
    'NOTIFY * HTTP/1.1',
    'HOST: 239.255.255.250:1900',
    `NT: ${type}`,
    'NTS: ssdp:alive',
    `SERVER: ${server}`,
  ];
  return datagram({ ...from, port: 1900 }, SSDP_GROUP, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), time);
}

test('the name given to the router goes before names for people; the user’s own before all', () => {
  const stage = new Stage();
  const local = 'Living-Room.local';
  stage.play(mdns(CAMERA, [{ type: 'A', name: local, ttl: 120, data: CAMERA.ip }], START));
  expect(stage.device(CAMERA)).toMatchObject({ name: 'living-room', nameFrom: 'mdns' });
  stage.play(dhcpRequest(CAMERA.mac, [[12, 'ipcam-7']], START + MINUTE));
  expect(stage.device(CAMERA)).toMatchObject({
    name: 'ipcam-7',
    nameFrom: 'dhcp',
    hostnames: ['ipcam-7', 'living-room'],
  });
  stage.run({ type: 'rename', device: CAMERA.mac, label: 'Hallway camera' });
  expect(stage.device(CAMERA)).toMatchObject({ name: 'Hallway camera', nameFrom: 'user' });
});

test('DHCP tells name, fingerprint and class; option 81 and DHCPv6 tell names too', () => {
  const stage = new Stage();
  const fqdn = Buffer.concat([Buffer.from([4, 0, 0]), wireName('cam.home.example')]);
  const options = [[81, fqdn] as const, [55, Buffer.from([1, 3, 6, 15])] as const, [60, 'udhcp 1.33'] as const];
  const solicit = dhcpv6({ messageType: 1, clientMac: FRIDGE.mac, fqdn: 'fridge.home.example' });
  const servers = { mac: '33:33:00:01:00:02', ip: 'ff02::1:2', port: 547 };
  stage.play(
    dhcpRequest(CAMERA.mac, options, START),
    datagram({ mac: FRIDGE.mac, ip: 'fe80::51', port: 546 }, servers, solicit, START),
  );
  expect(stage.device(CAMERA)).toMatchObject({ name: 'cam.home.example', nameFrom: 'dhcp' });
  expect(stage.spine.engine.devices.get(CAMERA.mac)?.identity).toMatchObject({
    dhcpFingerprint: '1,3,6,15',
    dhcpVendorClass: 'udhcp 1.33',
  });
  expect(stage.device(FRIDGE)).toMatchObject({ name: 'fridge.home.example', nameFrom: 'dhcpv6' });
});

test('a reflector that repeats the announcement of another device is not called by its name', () => {
  const stage = new Stage();
  const record = { type: 'A' as const, name: 'printer.local', ttl: 120, data: '192.168.9.9' };
  stage.play(mdns(GATEWAY, [record], START), mdns(FRIDGE, [{ ...record, data: FRIDGE.ip }], START));
  expect(stage.device(GATEWAY).name).toBeNull();
  expect(stage.device(FRIDGE).name).toBe('printer');
});

test('services and models from mDNS are kept for matching, and bounded', () => {
  const stage = new Stage();
  const instance = 'Hall._hap._tcp.local';
  stage.play(
    mdns(
      CAMERA,
      [
        { type: 'PTR', name: '_hap._tcp.local', ttl: 120, data: instance },
        { type: 'TXT', name: instance, ttl: 120, data: ['md=BSB002'] },
      ],
      START,
    ),
  );
  const identity = () => stage.spine.engine.devices.get(CAMERA.mac)?.identity;
  expect(identity()).toMatchObject({ mdnsServices: ['_hap._tcp'], mdnsModels: ['md=BSB002'] });
  for (let i = 0; i < 300; i++) {
    const type = `_s${i}._tcp.local`;
    stage.play(mdns(CAMERA, [{ type: 'PTR', name: type, ttl: 120, data: `x.${type}` }], START + i));
  }
  expect(identity()?.mdnsServices).toHaveLength(32);
});

test('NBNS and LLMNR name the host that claims its own address', () => {
  const stage = new Stage();
  const encoded = [...'KITCHEN-PC'.padEnd(15).concat('\0')].flatMap((letter) => {
    const code = letter.charCodeAt(0);
    return [0x41 + (code >> 4), 0x41 + (code & 15)];
  });
  const name = Buffer.from([32, ...encoded, 0]);
  const address = Buffer.from(CAMERA.ip.split('.').map(Number));
  const registration = Buffer.concat([
    Buffer.from([0, 1, 0x29, 0x10, 0, 1, 0, 0, 0, 0, 0, 1]),
    name,
    Buffer.from([0, 0x20, 0, 1, 0xc0, 12, 0, 0x20, 0, 1, 0, 4, 0x93, 0xe0, 0, 6, 0, 0]),
    address,
  ]);
  const broadcast = { mac: 'ff:ff:ff:ff:ff:ff', ip: '192.168.1.255', port: 137 };
  stage.play(datagram({ ...CAMERA, port: 137 }, broadcast, registration, START));
  expect(stage.device(CAMERA)).toMatchObject({ name: 'KITCHEN-PC', nameFrom: 'nbns' });
  const asker = { ...CAMERA, port: 50_000 };
  stage.play(
    datagram({ ...FRIDGE, port: 5355 }, asker, dnsAnswer('someone-else', ['192.168.1.99']), START + 1),
    datagram({ ...FRIDGE, port: 5355 }, asker, dnsAnswer('fridge-pc', [FRIDGE.ip]), START + 2),
  );
  expect(stage.device(FRIDGE)).toMatchObject({ hostnames: ['fridge-pc'], nameFrom: 'llmnr' });
});

test('a changed version of the device’s own software is a change with its time; other products are none', () => {
  const stage = new Stage();
  const agent = (version: string, time: number) =>
    tcpConversation({
      client: { ...CAMERA, port: 42_000 + (time % 1000) },
      server: outside('198.51.100.7', 80),
      time,
      isn: time % 1_000_000,
      outcome: 'connected',
      dialogue: ['C: GET / HTTP/1.1', `C: Host: h.example\r\nUser-Agent: IpCam/${version} libcurl/8.1\r\n`],
    });
  stage.play(
    notify(CAMERA, 'Linux/5.4 UPnP/1.0 AcmeCam/1.2.3', START),
    notify(CAMERA, 'Linux/5.10 UPnP/1.0 AcmeCam/1.2.3', START + DAY),
    notify(CAMERA, 'Linux/5.10 UPnP/1.0 AcmeCam/1.3.0', START + 2 * DAY),
    agent('7.0', START + 3 * DAY),
  );
  const { firmware } = stage.device(CAMERA);
  expect(firmware.map(({ from, version }) => `${from} ${version}`)).toEqual([
    'ssdp AcmeCam 1.2.3',
    'ssdp AcmeCam 1.3.0',
    'http IpCam 7.0',
  ]);
  const changes = stage.spine.engine.devices.get(CAMERA.mac)?.timeline.filter(({ kind }) => kind === 'firmware_change');
  expect(changes).toMatchObject([{ time: START + 2 * DAY, detail: { from: 'AcmeCam 1.2.3', to: 'AcmeCam 1.3.0' } }]);
});

test('a device that claims a new version every second washes nothing else out of its history', () => {
  const stage = new Stage();
  stage.play(notify(CAMERA, 'AcmeCam/1.0', START));
  const device = stage.spine.engine.devices.get(CAMERA.mac);
  device?.timeline.push({
    time: START,
    kind: 'firmware_download',
    name: 'fw.example',
    nameFrom: 'sni',
    ip: '198.51.100.7',
    role: 'update',
    detail: { bytes: 1_000_000 },
  });
  for (let i = 0; i < 1000; i++) stage.play(notify(CAMERA, `AcmeCam/1.${i + 1}`, START + i * 1000));
  expect(device?.timeline).toHaveLength(256);
  expect(device?.timeline.filter(({ kind }) => kind === 'firmware_download')).toHaveLength(1);
  expect(device?.firmware).toHaveLength(32);
});
