// The home that crafted frames come from: its devices, its router and its time.
import type { Endpoint } from './conversation.ts';

/** Monday morning. */
export const START = Date.parse('2026-01-05T10:00:00Z');
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const GATEWAY = { mac: '3c:37:86:2b:11:00', ip: '192.168.1.1', ip6: 'fe80::1' };
export const CAMERA = { mac: 'a4:cf:12:99:be:ef', ip: '192.168.1.50', ip6: '2001:db8:1::50' };
export const FRIDGE = { mac: '00:17:88:01:02:03', ip: '192.168.1.51', ip6: '2001:db8:1::51' };
export const TELEVISION = { mac: '64:1c:ae:aa:bb:cc', ip: '192.168.1.52', ip6: '2001:db8:1::52' };
/** A light bridge by its vendor's block: its firmware note knows the vendor's update server. */
export const BRIDGE = { mac: '00:17:88:0a:0b:0c', ip: '192.168.1.60' };
/** A small computer that resolves names for the home. */
export const RESOLVER = { mac: 'b8:27:eb:00:00:53', ip: '192.168.1.53' };
/** A telephone, which makes up its MAC; what it is it tells by DHCP. */
export const PHONE = { mac: '9e:11:22:33:44:55', ip: '192.168.1.77' };
/** Ethernet shows the gateway's MAC for every host on the Internet. */
export const MAIL_SERVER = '203.0.113.25';
export const MAIL_SERVER6 = '2001:db8:ffff::25';

export function at(host: { mac: string }, ip: string, port: number): Endpoint {
  return { mac: host.mac, ip, port };
}

/** A host on the Internet, seen behind the gateway. */
export function outside(ip: string, port: number): Endpoint {
  return at(GATEWAY, ip, port);
}
