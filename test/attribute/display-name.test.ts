// What people are shown as a device's name: two that announce the same one, and names that say nothing, are told apart.
import { describe, expect, it } from 'vitest';
import { saysNothing } from '../../sensor/attribute/display-name.ts';
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
