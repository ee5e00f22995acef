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
  [
    'http',
    [80, 81, 82, 83, 84, 85, 88, 591, 5000, 7080, 8000, 8008, 8080, 8081, 8082, 8088, 8090, 8123, 8888, 9000, 9080],
  ],
  ['https', [443, 4443, 5001, 7443, 8443, 9443, 10443]],
  ['rtsp', [554, 5554, 8554, 10554]],
  ['mqtt', [1883, 8883]],
  ['tr-069', [7547, 4567, 5678, 30005, 58000]],
  ['upnp', [1900, 5431, 49152, 52869]],
  ['onvif', [3702]],
  ['smtp', [25, 465, 587, 2525]],
  ['imap', [143, 993]],
  ['pop3', [110, 995]],
  ['dns', [53, 853]],
  ['sip', [5060, 5061]],
  ['socks', [1080]],
  ['proxy', [3128]],
  ['printer', [515, 631, 9100]],
  ['nas', [548, 2049, 5006, 3260]],
  ['database', [1433, 1521, 3306, 5432, 6379, 9200, 11211, 27017]],
  ['vpn', [1194, 1701, 1723]],
  ['docker', [2375, 2376]],
  ['dahua', [37777, 37778]],
  ['hikvision', [8200]],
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
