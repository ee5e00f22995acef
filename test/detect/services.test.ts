// The words for ports: each port that malware and people use has one, and three of the words mean that who gets in has the device.
import { expect, it } from 'vitest';
import { isShell, serviceOn } from '../../sensor/detect/services.ts';

it.each([
  ['telnet', [23, 2323, 23231, 9527]],
  ['ssh', [22, 222, 2222, 22222, 50022]],
  ['adb', [5555]],
  ['rdp', [3389]],
  ['vnc', [5900, 5901, 5902]],
  ['smb', [139, 445]],
  ['ftp', [21, 2121]],
  ['http', [80, 81, 8080, 8123, 8888]],
  ['https', [443, 8443, 10443]],
  ['rtsp', [554, 8554]],
  ['mqtt', [1883, 8883]],
  ['tr-069', [7547, 30005]],
  ['smtp', [25, 465, 587, 2525]],
  ['database', [3306, 5432, 6379, 27017]],
  ['docker', [2375, 2376]],
  ['winbox', [8291]],
])('%s is on %j', (word, ports) => {
  expect(ports.map(serviceOn)).toEqual(ports.map(() => word));
});

it('a port without a habit is other', () => {
  expect([0, 1, 24, 6000, 65_535].map(serviceOn)).toEqual(['other', 'other', 'other', 'other', 'other']);
});

it('telnet, SSH and ADB are shells, and nothing else', () => {
  const words = ['telnet', 'ssh', 'adb', 'rdp', 'vnc', 'http', 'other', ''];
  expect(words.filter(isShell)).toEqual(['telnet', 'ssh', 'adb']);
});
