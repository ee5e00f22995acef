// Many behind one MAC: repeaters with proxy ARP, DHCP relays, routers inside the home. The name goes with the address.
import { dhcpAck, dhcpRequest, mail } from '../support/name-frames.ts';
import { arp, type CapturedFrame, ethernet } from '../support/packet-builder.ts';
import { broadcast, routed, through } from '../support/shared-macs.ts';
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
  TELEVISION,
} from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import {
  browses,
  IPHONE,
  joins,
  message,
  morning,
  type Resident,
  reaches,
  submits,
  talks,
  usual,
} from './household.ts';

const REPEATER: Resident = { mac: '02:ee:00:00:00:01', ip: '192.168.1.40', name: 'extender' };
const HALL: Resident = { mac: '5c:cf:7f:00:00:11', ip: '192.168.1.61', name: 'hall-cam' };
const PORCH: Resident = { mac: '5c:cf:7f:00:00:12', ip: '192.168.1.62', name: 'porch-cam' };
const DESK: Resident = { mac: '5c:cf:7f:00:00:13', ip: '192.168.1.63', name: 'desk-lamp' };
const CLIENTS = [HALL, PORCH, DESK] as const;
const ROUTER: Resident = { mac: '52:54:00:12:34:56', ip: '192.168.1.20' };

const MAILS: Expected = { kind: 'mail_started', device: HALL, severity: 'high+' };
const BEHIND = { mac: REPEATER.mac, name: 'extender', kind: 'repeater' };
const says = (name: string) => new RegExp(`^${name}, behind the repeater extender, is trying to reach mail servers`);

/** The repeater and its three clients join; `change` is what becomes of the frames of one. */
function joined(
  time: number,
  change = (client: Resident, frames: CapturedFrame[]) => through(REPEATER, client, frames),
) {
  const each = CLIENTS.flatMap((client, i) => change(client, joins(client, time + (i + 1) * SECOND)));
  return [...usual(time), ...joins(REPEATER, time), ...each];
}

const sends = (from: Resident, time: number, address = from.ip) =>
  mail({ mac: from.mac, ip: address }, MAIL_SERVER, time);
const claims = (mac: string, ip: string, time: number): CapturedFrame => ({
  time,
  data: ethernet(
    { source: mac, destination: 'ff:ff:ff:ff:ff:ff' },
    arp({ operation: 'request', senderMac: mac, senderIp: ip, targetIp: GATEWAY.ip }),
  ),
});

/** A day of three clients behind the repeater, two of whom do nothing but browse. */
function day(name: string, change?: Parameters<typeof joined>[1]): Case {
  return {
    name: `three clients behind a repeater, one of which mails; ${name}`,
    home: (stage) =>
      stage.play(
        joined(START, change),
        ...CLIENTS.map((client) =>
          through(REPEATER, client, browses(client, `${client.name}.vendor.example`, '203.0.113.30', START + MINUTE)),
        ),
        through(REPEATER, HALL, sends(HALL, START + HOUR)),
        browses(REPEATER, 'firmware.extender.example', '203.0.113.31', START + HOUR + SECOND),
      ),
    expect: [
      {
        ...MAILS,
        findings: 1,
        alerts: 1,
        says: says('hall-cam'),
        evidence: { behind: { ...BEHIND, who: 'client' }, address: HALL.ip },
      },
    ],
    shows: [
      { device: HALL, report: { behind: BEHIND, mail: { attempts: 1 }, addresses: [{ ip: HALL.ip }] } },
      {
        device: PORCH,
        report: { behind: BEHIND, mail: { attempts: 0 }, backends: [{ hosts: ['porch-cam.vendor.example'] }] },
      },
      { device: REPEATER, report: { behind: null, sharedMac: true, mail: { attempts: 0 }, connections: 1 } },
    ],
  };
}

/** Asks for an address in the name of `client`; the server answers to the client itself, or to everybody. */
function forges(from: { mac: string }, client: Resident, time: number): CapturedFrame[] {
  const asked = through(from, client, [dhcpRequest(client.mac, [[12, client.name ?? '']], time)]);
  return [...asked, dhcpAck(client, time + 5)];
}

const TV: Resident = { ...TELEVISION, name: 'living-room-tv' };
const NOT_TV: Expected = { kind: 'mail_started', device: CAMERA, severity: 'high+', says: /^(?!living-room-tv)/ };

const REPEATERS: readonly Case[] = [
  day('the server answers the repeater'),
  day('the server answers everybody', (client, frames) => through(REPEATER, client, broadcast(client, frames))),
  day('the server answers the client', (client, frames) => [
    ...through(REPEATER, client, frames.slice(0, 1)),
    ...frames.slice(1, 2),
    ...through(REPEATER, client, frames.slice(2)),
  ]),
  {
    name: 'two of three clients behind a repeater mail',
    home: (stage) =>
      stage.play(
        joined(START),
        through(REPEATER, HALL, sends(HALL, START + HOUR)),
        through(REPEATER, PORCH, sends(PORCH, START + 2 * HOUR)),
        through(REPEATER, HALL, sends(HALL, START + 3 * HOUR)),
      ),
    expect: [
      { ...MAILS, findings: 2, says: says('hall-cam') },
      { ...MAILS, device: PORCH, findings: 1, says: says('porch-cam') },
    ],
  },
  {
    name: 'a client behind a repeater that is reached from the Internet, after a restart',
    home: [
      (stage) =>
        stage.play(joined(START), through(REPEATER, HALL, browses(HALL, 'a.example', '203.0.113.30', START + HOUR))),
      (stage) => stage.play(usual(START + DAY), through(REPEATER, HALL, reaches(HALL, 23, START + DAY))),
    ],
    expect: [
      { kind: 'exposed', device: HALL, severity: 'high', says: /^hall-cam, behind the repeater extender, was reached/ },
    ],
  },
  {
    name: 'a client that wanders between a repeater and the router',
    home: (stage) =>
      stage.play(
        joined(START),
        through(REPEATER, HALL, sends(HALL, START + HOUR)),
        joins(HALL, START + 2 * HOUR),
        sends(HALL, START + 2 * HOUR + MINUTE),
        // Without asking for its address again, and with.
        through(REPEATER, HALL, sends(HALL, START + 3 * HOUR)),
        through(REPEATER, HALL, broadcast(HALL, joins(HALL, START + 4 * HOUR))),
        through(REPEATER, HALL, sends(HALL, START + 4 * HOUR + MINUTE)),
      ),
    expect: [{ ...MAILS, findings: 4, says: /^hall-cam, behind the repeater extender,/ }],
  },
  {
    name: 'a telephone known for long that walks into the reach of a repeater',
    home: (stage) =>
      stage.play(
        morning(START - DAY),
        joined(START),
        ...CLIENTS.map((client) =>
          through(REPEATER, client, browses(client, 'a.example', '203.0.113.30', START + MINUTE)),
        ),
        through(REPEATER, IPHONE, broadcast(IPHONE, joins(IPHONE, START + HOUR))),
        through(REPEATER, IPHONE, sends(IPHONE, START + HOUR + MINUTE)),
      ),
    expect: [{ ...MAILS, device: IPHONE, says: says('Annas-iPhone') }],
  },
  {
    name: 'a camera that asks for an address in the name of a television that is on',
    home: (stage) =>
      stage.play(
        joins({ ...CAMERA, name: 'cam' }, START),
        joins(TV, START),
        browses(TV, 'films.example', '203.0.113.12', START + MINUTE),
        broadcast(TV, forges(CAMERA, TV, START + HOUR)),
        browses(TV, 'films.example', '203.0.113.12', START + HOUR + SECOND),
        sends({ ...CAMERA, ip: TV.ip }, START + HOUR + MINUTE),
      ),
    expect: [NOT_TV],
    shows: [{ device: TV, report: { behind: null, mail: { attempts: 0 } } }],
  },
  ...[broadcast, (_to: Resident, frames: CapturedFrame[]) => frames].map(
    (answer, i): Case => ({
      name: `a camera that asks for an address in the name of a television that is off; the server answers ${['everybody', 'the television'][i]}`,
      home: (stage) =>
        stage.play(
          joins({ ...CAMERA, name: 'cam' }, START),
          joins(TV, START),
          browses(TV, 'films.example', '203.0.113.12', START + MINUTE),
          answer(TV, forges(CAMERA, TV, START + 8 * HOUR)),
          sends({ ...CAMERA, ip: TV.ip }, START + 8 * HOUR + MINUTE),
        ),
      expect: [NOT_TV],
      shows: [{ device: TV, report: { behind: null, name: 'living-room-tv', mail: { attempts: 0 } } }],
    }),
  ),
  {
    name: 'a camera that says itself that a television nobody has heard got an address',
    home: (stage) =>
      stage.play(
        joins({ ...CAMERA, name: 'cam' }, START),
        browses(CAMERA, 'p2p.example', '203.0.113.12', START + MINUTE),
        through(CAMERA, TV, [dhcpRequest(TV.mac, [], START + HOUR)]),
        through(CAMERA, GATEWAY, [dhcpAck(TV, START + HOUR + 5)]),
        sends({ ...CAMERA, ip: TV.ip }, START + HOUR + MINUTE),
      ),
    expect: [NOT_TV],
  },
  {
    name: 'a lease behind a repeater that has run out: the address is anybody’s',
    home: (stage) => {
      const lease = [[51, Buffer.from([0, 0, 14, 16])] as const];
      stage.play(
        joins(REPEATER, START),
        through(REPEATER, HALL, [dhcpRequest(HALL.mac, [[12, 'hall-cam']], START), dhcpAck(HALL, START + 5, lease)]),
        through(REPEATER, HALL, browses(HALL, 'a.example', '203.0.113.30', START + MINUTE)),
        through(REPEATER, HALL, sends(HALL, START + 2 * HOUR)),
      );
    },
    expect: [{ ...MAILS, device: REPEATER, evidence: { address: HALL.ip }, says: /192\.168\.1\.61/ }],
    shows: [{ device: HALL, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'a relay hands on what devices ask that speak for themselves: it shares nothing',
    home: (stage) => {
      const relay = { mac: '3c:37:86:2b:11:99', ip: '192.168.1.2' };
      stage.play(
        usual(START),
        ...CLIENTS.map((client, i) => [
          dhcpRequest(client.mac, [[12, client.name ?? '']], START + i * SECOND),
          relayed(client, relay, START + i * SECOND + 1),
        ]),
        ...CLIENTS.map((client) => dhcpAck(client, START + MINUTE)),
        sends(HALL, START + HOUR),
      );
    },
    expect: [{ ...MAILS, says: /^hall-cam is trying/ }],
    shows: [{ device: { mac: '3c:37:86:2b:11:99' }, report: { sharedMac: false } }],
  },
  {
    name: 'devices beyond a DHCP relay, in a network of their own: each by its name, behind the router',
    home: (stage) => {
      const inner = CLIENTS.map((client, i) => ({ ...client, ip: `192.168.36.${10 + i}` }));
      stage.play(
        joins({ ...CAMERA, name: 'cam' }, START),
        ...inner.map((client, i) => [
          relayed(client, ROUTER, START + i * SECOND),
          answeredRelay(client, ROUTER, START + i * SECOND + 5),
        ]),
        ...inner.map((client) =>
          routed(ROUTER, through(ROUTER, client, browses(client, 'b.example', '203.0.113.40', START + MINUTE))),
        ),
        routed(ROUTER, through(ROUTER, HALL, sends(HALL, START + HOUR, '192.168.36.10'))),
      );
    },
    expect: [
      { ...MAILS, evidence: { behind: { kind: 'router' } }, says: /^hall-cam, behind the router 52:54:00:12:34:56,/ },
    ],
  },
];

const CHADDR = 28;
/** What a relay makes of a client's request: from its own address to the server, `giaddr` set (RFC 1542, section 4.1.1). */
function relayed(client: Resident, relay: { mac: string; ip: string }, time: number): CapturedFrame {
  const [frame] = through(relay, client, [dhcpRequest(client.mac, [[12, client.name ?? '']], time)]);
  if (frame === undefined || CHADDR > frame.data.length) throw new Error('no request');
  return withRelay(frame, relay.ip);
}

function answeredRelay(client: Resident, relay: { mac: string; ip: string }, time: number): CapturedFrame {
  const [frame] = through(relay, client, [dhcpAck(client, time)]);
  if (frame === undefined) throw new Error('no answer');
  return withRelay(frame, relay.ip);
}

function withRelay({ data, time }: CapturedFrame, ip: string): CapturedFrame {
  const changed = Buffer.from(data);
  Buffer.from(ip.split('.').map(Number)).copy(changed, 14 + 20 + 8 + 24);
  return { time, data: changed };
}

const FRIENDLY: Resident = { mac: '02:ee:00:00:00:60', ip: '192.168.1.60', name: 'friendly' };
const inner = (host: number): Resident => ({ mac: ROUTER.mac, ip: `192.168.36.${host}` });
const behindRouter = (host: number) =>
  new RegExp(`^A device at 192\\.168\\.36\\.${host}, behind the router 52:54:00:12:34:56, is`);
const INNER: Expected = { kind: 'mail_started', device: ROUTER, severity: 'high+' };

const ADDRESSES: readonly Case[] = [
  {
    name: 'one MAC with three addresses, one of which DHCP gave to a friendly name; another mails',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(FRIENDLY, START),
        claims(FRIENDLY.mac, '192.168.1.61', START + SECOND),
        claims(FRIENDLY.mac, '192.168.1.62', START + 2 * SECOND),
        sends(FRIENDLY, START + MINUTE, '192.168.1.62'),
        sends(FRIENDLY, START + 8 * HOUR, '192.168.1.62'),
      ),
    expect: [
      {
        ...{ kind: 'mail_started', device: FRIENDLY, severity: 'high+', findings: 2, alerts: 1 },
        evidence: { innerAddress: '192.168.1.62', behind: { mac: FRIENDLY.mac, name: null, who: 'address' } },
        says: /^A device at 192\.168\.1\.62, behind 02:ee:00:00:00:60, is/,
      },
    ],
    shows: [{ device: FRIENDLY, report: { sharedMac: true, name: 'friendly' } }],
  },
  {
    name: 'of the three addresses of one MAC, the one with the name mails',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(FRIENDLY, START),
        claims(FRIENDLY.mac, '192.168.1.61', START + SECOND),
        claims(FRIENDLY.mac, '192.168.1.62', START + 2 * SECOND),
        sends(FRIENDLY, START + MINUTE),
      ),
    expect: [{ kind: 'mail_started', device: FRIENDLY, severity: 'high+', says: /^friendly is/ }],
  },
  {
    name: 'a second address beside that with the name: its own, or another’s',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(FRIENDLY, START),
        claims(FRIENDLY.mac, '192.168.1.62', START + SECOND),
        sends(FRIENDLY, START + MINUTE, '192.168.1.62'),
      ),
    expect: [
      {
        ...{ kind: 'mail_started', device: FRIENDLY, severity: 'high+' },
        says: /^friendly or another device behind the same MAC \(192\.168\.1\.62\) is/,
      },
    ],
  },
  {
    name: 'a device that is given one address after the other keeps its name',
    home: (stage) =>
      stage.play(
        usual(START),
        ...[60, 70, 80, 90].map((host, i) => joins({ ...FRIENDLY, ip: `192.168.1.${host}` }, START + i * MINUTE)),
        sends(FRIENDLY, START + HOUR, '192.168.1.90'),
      ),
    expect: [{ kind: 'mail_started', device: FRIENDLY, severity: 'high+', says: /^friendly is/ }],
  },
  {
    name: 'a device with many IPv6 addresses, one of IPv4 and one that it gave itself keeps its name',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(FRIENDLY, START),
        ...[1, 2, 3, 4].map((n) =>
          talks({ ...FRIENDLY, ip: `2001:db8:1::${n}` }, '2001:db8:c10d::1', 443, START + n * SECOND),
        ),
        claims(FRIENDLY.mac, '169.254.7.7', START + SECOND),
        sends({ ...FRIENDLY, ip: '2001:db8:1::3' }, START + MINUTE).map((frame) => frame),
        sends(FRIENDLY, START + HOUR),
      ),
    expect: [{ kind: 'mail_started', device: FRIENDLY, severity: 'high+', says: /^friendly is/ }],
  },
  ...[1, 0].map(
    (hops): Case => ({
      name: `a second router inside, two of whose devices mail${hops === 0 ? '; it does not count down' : ''}`,
      home: (stage) =>
        stage.play(
          usual(START),
          claims(ROUTER.mac, ROUTER.ip, START),
          ...[150, 151, 152, 153].map((host) =>
            routed(ROUTER, browses(inner(host), 'c.example', '203.0.113.41', START + host * SECOND), hops),
          ),
          routed(ROUTER, sends(inner(152), START + HOUR), hops),
          routed(ROUTER, sends(inner(153), START + 2 * HOUR), hops),
          routed(ROUTER, sends(inner(152), START + 3 * HOUR), hops),
        ),
      expect: [
        {
          ...{ ...INNER, findings: 2, says: behindRouter(152), alerts: 1 },
          evidence: { address: '192.168.36.152', behind: { mac: ROUTER.mac, kind: 'router', who: 'address' } },
        },
        { ...INNER, findings: 1, says: behindRouter(153), evidence: { address: '192.168.36.153' } },
      ],
      shows: [{ device: ROUTER, report: { sharedMac: true, mail: { attempts: 3 } } }],
    }),
  ),
  {
    name: 'a device behind a second router mails before anything else is seen of it',
    home: (stage) =>
      stage.play(
        morning(START - MINUTE),
        sends(inner(152), START),
        ...[150, 151].map((host) => browses(inner(host), 'c.example', '203.0.113.41', START + host * SECOND)),
      ),
    expect: [
      { ...INNER, findings: 1, alerts: 1, says: behindRouter(152), evidence: { innerAddress: '192.168.36.152' } },
    ],
  },
  {
    name: 'a second router inside that translates addresses',
    home: (stage) =>
      stage.play(
        usual(START),
        joins({ ...ROUTER, name: 'travel-router' }, START),
        routed(ROUTER, sends(ROUTER, START + HOUR)),
      ),
    expect: [
      {
        ...{ ...INNER, says: /^travel-router, or a device behind it, is/ },
        evidence: { behind: { mac: ROUTER.mac, kind: 'router', who: 'perhaps' } },
      },
    ],
  },
  {
    name: 'devices behind a second router, over IPv6 and IPv4',
    home: (stage) => {
      const six = (host: number): Resident => ({ mac: ROUTER.mac, ip: `2001:db8:1:36::${host}` });
      stage.play(
        usual(START),
        claims(ROUTER.mac, ROUTER.ip, START),
        ...[150, 151, 152].map((host) =>
          routed(ROUTER, browses(inner(host), 'c.example', '203.0.113.41', START + host * SECOND)),
        ),
        routed(ROUTER, sends(inner(152), START + HOUR)),
        routed(ROUTER, talks(six(9), '2001:db8:ffff::25', 25, START + 2 * HOUR, message())),
      );
    },
    expect: [
      { ...INNER, says: behindRouter(152) },
      {
        ...INNER,
        evidence: { innerAddress: '2001:db8:1:36::9' },
        says: /^A device at 2001:db8:1:36::9, behind the router/,
      },
    ],
  },
  {
    name: 'a laptop that lends its address to a telephone: whose mail it is, nobody can tell',
    home: (stage) =>
      stage.play(
        usual(START),
        joins({ ...FRIDGE, name: 'linux-box' }, START),
        routed(FRIDGE, submits({ ...FRIDGE }, START + HOUR)),
      ),
    expect: [
      {
        kind: 'submission_started',
        device: FRIDGE,
        severity: 'medium',
        says: /^linux-box, or a device behind it, hands mail/,
      },
    ],
  },
];

const quiet = (client: Resident, time: number) => [
  ...browses(client, `${client.name}.vendor.example`, '203.0.113.30', time),
  ...browses(client, 'cdn.example', '203.0.113.32', time + SECOND, 40_000),
];
const NOTED: Expected = {
  ...{ kind: 'submission_started', device: IPHONE, severity: 'info', alerts: 0 },
  says: /^Annas-iPhone, behind the repeater extender, hands mail/,
};

const INNOCENT: readonly Case[] = [
  {
    name: 'three clients behind a repeater, none of which mails',
    home: (stage) =>
      stage.play(joined(START), ...CLIENTS.map((client) => through(REPEATER, client, quiet(client, START + MINUTE)))),
    shows: CLIENTS.map((client) => ({ device: client, report: { connections: 2, behind: BEHIND } })),
  },
  {
    name: 'a telephone behind a repeater hands its mail to a provider',
    home: (stage) =>
      stage.play(
        joined(START),
        through(REPEATER, IPHONE, joins(IPHONE, START + MINUTE)),
        through(REPEATER, IPHONE, submits(IPHONE, START + HOUR)),
      ),
    expect: [NOTED],
  },
  {
    name: 'a telephone behind a repeater and beside it, for a week',
    home: (stage) => {
      stage.play(joined(START), through(REPEATER, IPHONE, joins(IPHONE, START + MINUTE)));
      for (let i = 0; i < 14; i++) {
        const at = START + HOUR + i * 12 * HOUR;
        const frames = [...joins(IPHONE, at), ...submits(IPHONE, at + MINUTE), ...quiet(IPHONE, at + 2 * MINUTE)];
        stage.play(i % 2 ? frames : through(REPEATER, IPHONE, frames));
      }
    },
    expect: [{ ...NOTED, says: /^Annas-iPhone hands mail/, findings: 14 }],
  },
  {
    name: 'mail of a client behind a repeater that a person has called normal, before and after it roams',
    settled: (stage) => {
      stage.play(joined(START), through(REPEATER, PORCH, submits(PORCH, START + HOUR)));
      for (const { id } of stage.incidents()) stage.run({ type: 'expect', incident: id, until: null });
    },
    home: (stage) =>
      stage.play(
        through(REPEATER, PORCH, submits(PORCH, START + DAY)),
        joins(PORCH, START + 2 * DAY),
        submits(PORCH, START + 2 * DAY + MINUTE),
      ),
  },
  {
    name: 'a repeater is set up: what spoke for itself speaks behind it from then on, and back',
    home: (stage) =>
      stage.play(
        ...CLIENTS.map((client, i) => joins(client, START + i * SECOND)),
        ...CLIENTS.map((client) => quiet(client, START + MINUTE)),
        joined(START + DAY),
        ...CLIENTS.map((client) => through(REPEATER, client, quiet(client, START + DAY + MINUTE))),
        ...CLIENTS.map((client) => quiet(client, START + 2 * DAY)),
      ),
    shows: [{ device: PORCH, report: { connections: 6, behind: null } }],
  },
  {
    name: 'a repeater with an address and a name of its own, which asks for updates',
    home: (stage) =>
      stage.play(joined(START), browses(REPEATER, 'firmware.extender.example', '203.0.113.31', START + HOUR, 90_000)),
    shows: [{ device: REPEATER, report: { displayName: 'extender', connections: 1 } }],
  },
  {
    name: 'a second router inside, whose devices browse',
    home: (stage) =>
      stage.play(
        usual(START),
        joins({ ...ROUTER, name: 'travel-router' }, START),
        ...[150, 151, 152, 153].map((host) =>
          routed(ROUTER, browses(inner(host), 'c.example', '203.0.113.41', START + host * SECOND)),
        ),
      ),
    shows: [{ device: ROUTER, report: { displayName: 'travel-router', role: 'device', connections: 4 } }],
  },
  {
    name: 'a DHCP relay between a network of guests and the router, guests browsing',
    home: (stage) =>
      stage.play(
        usual(START),
        ...CLIENTS.map((client, i) => {
          const guest = { ...client, ip: `192.168.36.${10 + i}` };
          return [
            relayed(guest, ROUTER, START + i * SECOND),
            answeredRelay(guest, ROUTER, START + i * SECOND + 5),
            ...routed(ROUTER, through(ROUTER, guest, quiet(guest, START + MINUTE))),
          ];
        }),
      ),
    shows: CLIENTS.map((client) => ({
      device: client,
      report: { behind: { mac: ROUTER.mac, name: null, kind: 'router' }, connections: 2 },
    })),
  },
  {
    name: 'a router that answers ARP for everybody takes no address from anybody',
    home: (stage) =>
      stage.play(
        morning(START),
        ...[IPHONE, TV].map(({ ip }, i) => claims(GATEWAY.mac, ip, START + MINUTE + i * SECOND)),
        browses(IPHONE, 'news.example', '203.0.113.10', START + 2 * MINUTE),
      ),
    shows: [{ device: IPHONE, report: { addresses: [{ ip: IPHONE.ip }] } }],
  },
  {
    name: 'a server with three addresses of its own',
    home: (stage) =>
      stage.play(
        usual(START),
        joins({ ...FRIENDLY }, START),
        ...['192.168.1.61', '192.168.1.62'].map((ip) => claims(FRIENDLY.mac, ip, START + SECOND)),
        ...['192.168.1.60', '192.168.1.61', '192.168.1.62'].map((ip, i) =>
          browses({ ...FRIENDLY, ip }, 'd.example', '203.0.113.43', START + (i + 1) * MINUTE),
        ),
      ),
    shows: [{ device: FRIENDLY, report: { displayName: 'friendly', connections: 3 } }],
  },
  {
    name: 'a computer with virtual machines, bridged with MACs of their own and behind its address',
    home: (stage) => {
      const guest: Resident = { mac: '52:54:00:aa:bb:01', ip: '192.168.1.91', name: 'vm-1' };
      stage.play(
        usual(START),
        joins({ ...FRIENDLY, name: 'vm-host' }, START),
        joins(guest, START + SECOND),
        quiet(guest, START + MINUTE),
        routed(FRIENDLY, browses(FRIENDLY, 'e.example', '203.0.113.44', START + 2 * MINUTE)),
      );
    },
    shows: [{ device: FRIENDLY, report: { sharedMac: false, displayName: 'vm-host', connections: 1 } }],
  },
  {
    name: 'a repeater with a client whose acknowledgement was missed, and then seen',
    home: (stage) =>
      stage.play(
        usual(START),
        joins(REPEATER, START),
        through(REPEATER, HALL, [dhcpRequest(HALL.mac, [[12, 'hall-cam']], START + SECOND)]),
        through(REPEATER, HALL, quiet(HALL, START + MINUTE)),
        through(REPEATER, HALL, joins(HALL, START + HOUR)),
        through(REPEATER, HALL, quiet(HALL, START + HOUR + MINUTE)),
      ),
    shows: [
      { device: HALL, report: { connections: 2, name: 'hall-cam' } },
      { device: REPEATER, report: { connections: 2 } },
    ],
  },
];

export const SHARED_MACS: readonly Case[] = [...REPEATERS, ...ADDRESSES, ...INNOCENT];
