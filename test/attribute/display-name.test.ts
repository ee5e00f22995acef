// What people are shown as a device's name: two that announce the same one, and names that say nothing, are told apart.

import { describe, expect, it } from 'vitest';
import { type Device, newDevice } from '../../sensor/attribute/device.ts';
import { displayName, type NamedBy, NameIndex, saysNothing } from '../../sensor/attribute/display-name.ts';
import { english } from '../../sensor/language/words.ts';
import { dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { CAMERA, FRIDGE, GATEWAY, MAIL_SERVER, MINUTE, START, Stage, TELEVISION } from '../support/stage.ts';

const NOWHERE = { mac: '02:00:00:00:12:34', ip: '192.168.1.77' };

function named(stage: Stage, host: { mac: string }, name: string, time = START): Stage {
  return stage.play(dhcpRequest(host.mac, [[12, name]], time));
}

function shown(stage: Stage, host: { mac: string }): string {
  return stage.device(host).displayName;
}

describe('a name that one device bears', () => {
  it('is shown as it is, and the user’s own before it', () => {
    const stage = named(new Stage(), CAMERA, 'hallway-cam');
    expect(shown(stage, CAMERA)).toBe('hallway-cam');
    stage.run({ type: 'rename', device: CAMERA.mac, label: 'localhost' });
    expect(shown(stage, CAMERA)).toBe('localhost');
  });
});

describe('a name that two devices bear', () => {
  it('gets the end of their addresses, in whatever case, until one is named by the user or forgotten', () => {
    const stage = named(named(new Stage(), CAMERA, 'plug'), FRIDGE, 'Plug');
    expect(stage.device(CAMERA).name).toBe('plug');
    expect(shown(stage, CAMERA)).toBe('plug (…:be:ef)');
    expect(shown(stage, FRIDGE)).toBe('Plug (…:02:03)');
    stage.run({ type: 'rename', device: FRIDGE.mac, label: 'plug' });
    expect(shown(stage, FRIDGE)).toBe('plug');
    expect(shown(stage, CAMERA)).toBe('plug (…:be:ef)');
    stage.run({ type: 'forget', device: FRIDGE.mac });
    expect(shown(stage, CAMERA)).toBe('plug');
  });

  it('is no shared one where both are the same thing under two addresses', () => {
    const stage = named(named(new Stage(), NOWHERE, 'phone'), CAMERA, 'phone', START + MINUTE);
    stage.run({ type: 'merge', device: CAMERA.mac, into: NOWHERE.mac });
    expect(shown(stage, CAMERA)).toBe('phone');
    expect(shown(stage, NOWHERE)).toBe('phone');
  });

  it('is told by its new name in the sentence of an incident that stands', () => {
    const stage = named(new Stage(), CAMERA, 'plug').play(mail(CAMERA, MAIL_SERVER, START + MINUTE));
    expect(stage.incident('mail_started').summary).toMatch(/^plug is /);
    const heard: string[] = [];
    stage.spine.events.on('device', ({ mac }) => heard.push(mac));
    named(stage, FRIDGE, 'plug', START + 2 * MINUTE);
    expect(stage.incident('mail_started').summary).toMatch(/^plug \(…:be:ef\) is /);
    expect(heard).toContain(CAMERA.mac);
    named(stage, TELEVISION, 'plug', START + 3 * MINUTE);
    stage.incidents();
    expect(heard).toContain(TELEVISION.mac);
  });
});

describe('a name that says nothing', () => {
  it.each(['localhost', 'unknown', '*', '192.168.1.50', 'ip-192-168-1-50', 'A4-CF-12-99-BE-EF', 'Espressif', 'ESP'])(
    '%s gives way to the maker and the end of the address',
    (name) => {
      expect(shown(named(new Stage(), CAMERA, name), CAMERA)).toBe('Espressif Inc. (…:be:ef)');
    },
  );

  it('gives way to a lesser one that tells the device', () => {
    expect(saysNothing('living-room', null)).toBe(false);
    const stage = named(new Stage(), CAMERA, 'localhost');
    expect(stage.device(CAMERA)).toMatchObject({ name: 'localhost', nameFrom: 'dhcp' });
  });

  it('stands for the whole address where no maker is known, and for the router', () => {
    const stage = named(new Stage(), NOWHERE, 'android');
    expect(shown(stage, NOWHERE)).toBe(`Device ${NOWHERE.mac}`);
    stage.play(visit(CAMERA, '198.51.100.7', START)).wait(START + MINUTE);
    expect(shown(stage, CAMERA)).toBe('Espressif Inc. (…:be:ef)');
    expect(shown(stage, GATEWAY)).toBe('Router (…:11:00)');
  });
});

describe('what says nothing', () => {
  const words = [
    'localhost localhost.localdomain unknown none null undefined nil default generic',
    'host hostname myhost new-host client device my-device computer pc user home',
    'android linux debian ubuntu raspberrypi openwrt lede buildroot yocto busybox',
    'espressif esp esp32 esp8266 esp32-s2 esp32-s3 esp32-c3 lwip lwip0 wiznet realtek',
    'tasmota tuya wlan0 eth0 dhcp udhcp udhcpc dhcpcd bogon ipcam ipcamera camera',
  ].flatMap((line) => line.split(' '));

  it('is what systems and modules are called by their makers, in whatever case and domain', () => {
    for (const word of words) {
      expect(saysNothing(word, null), word).toBe(true);
      expect(saysNothing(`${word}-hall`, null), word).toBe(false);
      for (const end of ['local', 'lan', 'home', 'fritz.box', 'localdomain'])
        expect(saysNothing(` ${word.toUpperCase()}.${end} `, null), `${word}.${end}`).toBe(true);
    }
  });

  it.each([
    ['', true],
    ['*', true],
    ['-a-', true],
    ['ab', false],
    ['a1', false],
    ['küche', false],
    ['厨房', false],
    ['192.168.1.50', true],
    ['192-168-1-50', true],
    ['ip-192-168-1-50', true],
    ['ip.192-168-1-50', true],
    ['192.168.1', false],
    ['192.168.1.50.7', false],
    ['a192.168.1.50', false],
    ['1234.168.1.50', false],
    ['ip-192-168-1-50-x', false],
    ['my-ip-192-168-1-50', false],
    ['a4:cf:12:99:be:ef', true],
    ['A4-CF-12-99-BE-EF', true],
    ['a4cf1299beef', true],
    ['a4cf1299beef0', false],
    ['xa4cf1299beef', false],
    ['a4cf1299be', false],
    ['fe80::1', true],
    ['fe80::x', false],
    ['beef', false],
    ['localhost.example', false],
    ['esp.home.garden', false],
  ])('%s: %s', (name, expected) => {
    expect(saysNothing(name, null)).toBe(expected);
  });

  it('is its maker’s own name', () => {
    expect(saysNothing('Shelly', 'Shelly Europe Ltd.')).toBe(true);
    expect(saysNothing('shelly-1', 'Shelly Europe Ltd.')).toBe(false);
    expect(saysNothing('europe', 'Shelly Europe Ltd.')).toBe(false);
    expect(saysNothing('hall', ' Hall')).toBe(false);
  });
});

describe('what is shown', () => {
  const device = (fields: Partial<Device> = {}, names: string[] = []): Device => ({
    ...newDevice('02:00:00:00:12:34', START),
    hostnames: names.map((name) => ({ name, from: 'dhcp', firstSeen: START, lastSeen: START })),
    ...fields,
  });
  const nobody: NamedBy = { chain: [], vendor: null, family: null, isShared: () => false, words: english };

  it.each<[string, Device, Partial<NamedBy>, string]>([
    ['its label', device({ label: 'Porch' }, ['cam']), { isShared: () => true }, 'Porch'],
    ['that of an older address', device({}, ['cam']), { chain: [device(), device({ label: 'Old' })] }, 'Old'],
    ['the sensor', device({ role: 'sensor' }, ['pi-hole']), {}, 'This sensor'],
    ['its name', device({}, ['cam']), { vendor: 'Acme Inc.', family: 'Acme cameras' }, 'cam'],
    ['a shared name', device({}, ['cam']), { isShared: (name) => name === 'cam' }, 'cam (…:12:34)'],
    ['a name that says nothing', device({}, ['acme']), { vendor: 'Acme Inc.' }, 'Acme Inc. (…:12:34)'],
    ['its family', device(), { vendor: 'Acme Inc.', family: 'Acme cameras' }, 'Acme cameras (…:12:34)'],
    ['the router', device({ role: 'gateway' }), { vendor: 'Acme Inc.' }, 'Router (…:12:34)'],
    ['the router’s name', device({ role: 'gateway' }, ['fritz']), {}, 'fritz'],
    ['its address', device(), {}, 'Device 02:00:00:00:12:34'],
  ])('%s', (_what, one, named, expected) => {
    expect(displayName(one, { ...nobody, ...named })).toBe(expected);
  });

  it('is the first name that says something', () => {
    const one = device({}, ['localhost']);
    one.hostnames.push({ name: 'hall', from: 'mdns', firstSeen: START, lastSeen: START });
    expect(displayName(one, nobody)).toBe('hall');
  });
});

describe('the index of names', () => {
  const bearer = (n: number, ...names: string[]): Device => ({
    ...newDevice(`02:00:00:00:00:${n.toString(16).padStart(2, '0')}`, START),
    hostnames: names.map((name, at) => ({ name, from: at === 0 ? 'dhcp' : 'mdns', firstSeen: START, lastSeen: START })),
  });
  const own = (device: Device) => (mac: string) => mac === device.mac;

  it('tells who else bears a name, in whatever case, up to as many as are looked at', () => {
    const index = new NameIndex();
    const [one, other] = [bearer(1, 'Plug', 'Hall'), bearer(2, 'plug')];
    index.refresh(one);
    expect([index.isShared('PLUG', own(one)), index.isShared('none', own(one))]).toEqual([false, false]);
    index.refresh(other);
    expect([index.isShared('plug', own(one)), index.isShared('hall', own(one))]).toEqual([true, false]);
    expect(index.isShared('plug', () => true)).toBe(false);
    for (let n = 3; n <= 32; n++) index.refresh(bearer(n, 'plug'));
    expect(index.isShared('plug', () => true)).toBe(false);
    index.refresh(bearer(33, 'plug'));
    expect(index.isShared('plug', () => true)).toBe(true);
  });

  it('tells who is called otherwise: itself, and the other of two', () => {
    const index = new NameIndex();
    const [one, two, three] = [bearer(1, 'plug', 'hall'), bearer(2, 'plug'), bearer(3, 'plug')];
    const changed = (device: Device): string[] => {
      index.refresh(device);
      return index.takeChanged().sort();
    };
    expect(changed(one)).toEqual([one.mac]);
    expect(changed(one)).toEqual([]);
    expect(changed(two)).toEqual([one.mac, two.mac]);
    expect(changed(three)).toEqual([three.mac]);
    expect(index.takeChanged()).toEqual([]);
    index.refresh({ ...three, hostnames: bearer(3, 'bulb').hostnames });
    expect(index.takeChanged().sort()).toEqual([one.mac, two.mac, three.mac]);
    expect(index.isShared('bulb', own(three))).toBe(false);
    index.forget(two.mac);
    expect(index.takeChanged()).toEqual([one.mac]);
    expect(index.isShared('plug', own(one))).toBe(false);
    expect(changed({ ...one, hostnames: bearer(1, 'hall', 'plug').hostnames })).toEqual([one.mac]);
    expect(changed({ ...one, hostnames: bearer(1, 'hall').hostnames })).toEqual([one.mac]);
    index.refresh(two);
    index.forget(two.mac);
    expect(index.takeChanged()).toEqual([]);
  });
});
