// IPv6 at its edges: privacy addresses, renumbering, several prefixes and routers, and what forgers of announcements achieve.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { datagram, mail, usual, visit } from '../support/name-frames.ts';
import { advertised, ndp } from '../support/neighbor-frames.ts';
import { dhcpv6, neighborAdvertisement, neighborSolicitation, reaches } from '../support/packet-builder.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER6,
  MINUTE,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const OLD = '2001:db8:1::';
const NEW = '2001:db8:2::';
const NOBODY = '00:00:00:00:00:00';

const prefixesOf = (stage: Stage) => stage.spine.engine.memory().prefixes.map(({ prefix }) => prefix);
const incidents = (stage: Stage) => stage.incidents().map(({ device, kind }) => [kind, device]);

test('a prefix that is taken back stays for the two hours that hosts keep it, and a router without a route may do so', () => {
  const stage = new Stage().play(usual(), advertised(GATEWAY.mac, [{ prefix: OLD }], START));
  stage.play(advertised(GATEWAY.mac, [{ prefix: OLD, validLifetime: 0 }, { prefix: NEW }], START + HOUR, 0));
  expect(prefixesOf(stage)).toEqual([`${OLD}/64`, `${NEW}/64`]);
  const source = { mac: CAMERA.mac, ip: `${OLD}50` };
  stage.play(visit(source, '2001:db8:9::1', START + 2 * HOUR));
  expect(stage.device(CAMERA).addresses.map(({ ip }) => ip)).toContain(source.ip);
  stage.wait(START + 3 * HOUR + SECOND);
  expect(prefixesOf(stage)).toEqual([`${NEW}/64`]);
});

test('a prefix that is announced no more ends with its lifetime; one never heard of is not learned by being taken back', () => {
  const stage = new Stage().play(
    usual(),
    advertised(GATEWAY.mac, [{ prefix: OLD, validLifetime: 86_400 }], START),
    advertised(GATEWAY.mac, [{ prefix: NEW, validLifetime: 0 }], START + MINUTE),
  );
  stage.wait(START + 23 * HOUR);
  expect(prefixesOf(stage)).toEqual([`${OLD}/64`]);
  stage.wait(START + 25 * HOUR);
  expect(prefixesOf(stage)).toEqual([]);
});

test('several prefixes of several routers', () => {
  const second = '3c:37:86:2b:11:99';
  const stage = new Stage().play(
    usual(),
    advertised(GATEWAY.mac, [{ prefix: OLD }, { prefix: 'fd12:3456::' }], START),
    // Before anybody sends through it, it might be anyone.
    advertised(second, [{ prefix: NEW }], START + SECOND),
  );
  expect(prefixesOf(stage)).toEqual([`${OLD}/64`]);
  const [syn] = visit({ mac: FRIDGE.mac, ip: `${NEW}51` }, '2001:db8:9::1', START + MINUTE);
  if (syn === undefined) throw new Error('no SYN');
  const byWay = Buffer.from(syn.data);
  Buffer.from(second.replaceAll(':', ''), 'hex').copy(byWay, 0);
  const [inside] = visit({ mac: FRIDGE.mac, ip: FRIDGE.ip }, '198.51.100.9', START + MINUTE);
  const known = Buffer.from(inside?.data ?? []);
  Buffer.from(second.replaceAll(':', ''), 'hex').copy(known, 0);
  stage.play({ time: START + MINUTE, data: known }, { time: START + MINUTE + 1, data: byWay });
  stage.play(advertised(second, [{ prefix: NEW }], START + 2 * MINUTE));
  expect(prefixesOf(stage)).toEqual([`${OLD}/64`, `${NEW}/64`]);
});

test('what a device announces is forgotten once the router is known, and is not learned after', () => {
  const stage = new Stage().play(advertised(FRIDGE.mac, [{ prefix: '2001:db8:ffff::', length: 48 }], START - HOUR));
  expect(prefixesOf(stage)).toEqual(['2001:db8:ffff::/48']);
  stage.play(usual());
  expect(prefixesOf(stage)).toEqual([]);
  stage.play(advertised(FRIDGE.mac, [{ prefix: '2001:db8:ffff::', length: 48 }], START));
  expect(prefixesOf(stage)).toEqual([]);
});

const delegates = (mac: string, messageType: number, prefix: string, time: number) =>
  datagram(
    { mac, ip: 'fe80::9', port: 547 },
    { mac: CAMERA.mac, ip: 'fe80::50', port: 546 },
    dhcpv6({ messageType, clientMac: CAMERA.mac, prefixes: [prefix] }),
    time,
  );

test('delegated prefixes (DHCPv6) are the router’s to give, in a reply', () => {
  const stage = new Stage().play(usual(), delegates(FRIDGE.mac, 7, '2001:db8:ffff::/48', START));
  stage.play(delegates(GATEWAY.mac, 2, '2001:db8:3::/56', START));
  expect(prefixesOf(stage)).toEqual([]);
  stage.play(delegates(GATEWAY.mac, 7, '2001:db8:3::/56', START));
  stage.spine.engine.idle();
  expect(prefixesOf(stage)).toEqual(['2001:db8:3::/56']);
});

test('who comes from a prefix that a device announced, by way of the router, is a stranger all the same', () => {
  const second = '3c:37:86:2b:11:99';
  const stage = new Stage().play(usual(), advertised(GATEWAY.mac, [{ prefix: OLD }], START));
  // It has even become a router: a packet was handed to it.
  const [syn] = visit(FRIDGE, '198.51.100.9', START);
  const handed = Buffer.from(syn?.data ?? []);
  Buffer.from(second.replaceAll(':', ''), 'hex').copy(handed, 0);
  stage.play({ time: START, data: handed }, advertised(second, [{ prefix: '2001:db8:bad::' }], START + SECOND));
  stage.play(advertised(second, [{ prefix: '2001:db8:bad::' }], START + 2 * SECOND));
  expect(prefixesOf(stage)).toContain('2001:db8:bad::/64');
  stage.play(reaches({ mac: CAMERA.mac, ip: CAMERA.ip6 }, 23, START + MINUTE, { from: '2001:db8:bad::1' }));
  expect(incidents(stage)).toEqual([['exposed', CAMERA.mac]]);
});

test('a neighbour of another prefix of the same router is no stranger', () => {
  const stage = new Stage().play(usual(), advertised(GATEWAY.mac, [{ prefix: OLD }, { prefix: NEW }], START));
  const to = { mac: CAMERA.mac, ip: CAMERA.ip6 };
  stage.play(reaches(to, 23, START + MINUTE, { from: `${NEW}77` }));
  expect(incidents(stage)).toEqual([]);
  // And one of none is.
  stage.play(reaches(to, 23, START + HOUR, { from: '2001:db8:bad::1' }));
  expect(incidents(stage)).toEqual([['exposed', CAMERA.mac]]);
});

const HOMES = [CAMERA, FRIDGE, TELEVISION].map(({ mac }) => mac);

/** What happens in a home with privacy addresses (RFC 8981) and a provider that renumbers. */
const happenings = fc.array(
  fc.record({
    who: fc.nat({ max: HOMES.length - 1 }),
    what: fc.constantFrom('forms', 'forms', 'mails', 'mails', 'mails-unsigned', 'collides', 'renumbers', 'takes-over'),
    which: fc.nat({ max: 7 }),
    pause: fc.integer({ min: SECOND, max: 8 * HOUR }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('no connection goes to a device that did not hold the address, whatever addresses come and go', () => {
  fc.assert(
    fc.property(happenings, (story) => {
      const stage = new Stage().play(
        usual(),
        advertised(GATEWAY.mac, [{ prefix: `${OLD}`, validLifetime: 7200 }], START),
      );
      /** By device, what it holds, newest last; and all it ever held. */
      const held = HOMES.map((): string[] => []);
      const ever = HOMES.map(() => new Set<string>());
      const mails = HOMES.map(() => 0);
      let [net, made, time] = [1, 0, START];
      const forms = (who: number, ip: string) => {
        const mac = HOMES[who] ?? '';
        held[who]?.push(ip);
        ever[who]?.add(ip);
        stage.play(
          ndp(mac, '::', neighborSolicitation({ target: ip }), time),
          ndp(mac, ip, neighborAdvertisement({ target: ip, targetMac: mac, override: true }), time + 900),
        );
      };
      for (const { pause, what, which, who } of story) {
        time += pause;
        const own = held[who] ?? [];
        const ip = own.at(-1 - (which % Math.max(1, own.length)));
        const other = (who + 1) % HOMES.length;
        if (what === 'forms' || ip === undefined) forms(who, `2001:db8:${net}::${(++made + 0x100).toString(16)}`);
        else if (what === 'mails' || what === 'mails-unsigned') {
          const mac = what === 'mails' ? (HOMES[who] ?? '') : NOBODY;
          stage.play(mail({ mac, ip }, MAIL_SERVER6, time));
          mails[who] = (mails[who] ?? 0) + 1;
        } else if (what === 'collides') {
          // Another asks for the same address, is told that it is taken, and makes none of it.
          const holder = HOMES[who] ?? '';
          stage.play(
            ndp(HOMES[other] ?? '', '::', neighborSolicitation({ target: ip }), time),
            ndp(holder, ip, neighborAdvertisement({ target: ip, targetMac: holder, override: true }), time + 5),
          );
        } else if (what === 'takes-over') {
          held[who] = own.filter((one) => one !== ip);
          forms(other, ip);
        } else {
          const before = `2001:db8:${net}::`;
          net++;
          const said = [
            { prefix: before, validLifetime: 0 },
            { prefix: `2001:db8:${net}::`, validLifetime: 86_400 },
          ];
          stage.play(advertised(GATEWAY.mac, said, time));
        }
      }
      const devices = new Map(stage.finish().devices.map((device) => [device.mac, device]));
      for (const [who, mac] of HOMES.entries()) {
        const device = devices.get(mac);
        expect(device?.mail.attempts ?? 0).toBe(mails[who]);
        const foreign = (device?.addresses ?? []).filter(({ ip }) => ip.startsWith('2001:') && !ever[who]?.has(ip));
        expect(foreign).toEqual([]);
      }
      stage.spine.close();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a telephone with a new address each hour for four days: the newest 64 at least are its own, and its mail is', () => {
  const stage = new Stage().play(usual(), advertised(GATEWAY.mac, [{ prefix: OLD, validLifetime: 2_592_000 }], START));
  const addresses = Array.from({ length: 96 + 24 }, (_, i) => `${OLD}${(0x1000 + i).toString(16)}`);
  for (const [i, ip] of addresses.entries())
    stage.play(ndp(TELEVISION.mac, '::', neighborSolicitation({ target: ip }), START + i * HOUR));
  const known = new Set(stage.device(TELEVISION).addresses.map(({ ip }) => ip));
  expect(addresses.slice(-64).every((ip) => known.has(ip))).toBe(true);
  stage.play(mail({ mac: NOBODY, ip: addresses.at(-50) ?? '' }, MAIL_SERVER6, START + 5 * DAY + HOUR));
  expect(incidents(stage)).toEqual([['mail_started', TELEVISION.mac]]);
});
