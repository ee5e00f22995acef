// Whose connection is it, whatever happens to addresses: leases, moves between repeaters, privacy addresses, and one that lies.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dhcpAck, dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { type CapturedFrame, ethernet, ipv6, neighborSolicitation } from '../support/packet-builder.ts';
import { broadcast, through } from '../support/shared-macs.ts';
import { CAMERA, MAIL_SERVER, MAIL_SERVER6, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const HOSTS = ['5c:cf:7f:00:00:11', '5c:cf:7f:00:00:12', '9e:cf:7f:00:00:13', '00:17:88:00:00:14'];
const REPEATERS = ['02:ee:00:00:00:01', '3c:37:86:00:00:02'];
const LIAR = CAMERA.mac;
/** Seconds that a lease holds, as every server here gives it. */
const LEASE = 7200;

/** Where a host is: on the cable itself, or behind one of the repeaters. */
const place = fc.constantFrom<number | null>(null, 0, 1);
const host = fc.nat(HOSTS.length - 1);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      host,
      ip: fc.nat(4),
      place,
      answer: fc.constantFrom('unicast', 'broadcast'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), host, place }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('mail' as const), host }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mail6' as const), host, suffix: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lie' as const), host }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20, 70, 150) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface HostState {
  mac: string;
  name: string;
  /** Its IPv4 address and the end of the lease. */
  ip: string | null;
  until: number;
  place: number | null;
  /** Where it asked for its address. */
  joinedAt: number | null;
  /** Somebody else asked for its address as well. */
  contested: boolean;
  /** Under its own MAC, ever. */
  heard: boolean;
}

/** The home, and what truly happens in it. */
class World {
  readonly stage = new Stage({ recorded: true });
  readonly hosts: HostState[] = HOSTS.map((mac, i) => ({
    ...{
      mac,
      name: `thing-number-${i}`,
      ip: null,
      until: 0,
      place: null,
      joinedAt: null,
      contested: false,
      heard: false,
    },
  }));
  time = START;

  constructor() {
    this.stage.play(
      visit(CAMERA, '203.0.113.80', START - MINUTE),
      dhcpAck({ mac: CAMERA.mac, ip: CAMERA.ip }, START - 50 * SECOND),
    );
  }

  take(one: Step): void {
    this.time += 5 * SECOND;
    if (one.do === 'join') this.#join(one);
    else if (one.do === 'move') this.#state(one.host).place = one.place;
    else if (one.do === 'mail') this.#mail(this.#state(one.host));
    else if (one.do === 'mail6') this.#mail6(this.#state(one.host), one.suffix);
    else if (one.do === 'lie') this.#lie(this.#state(one.host));
    else this.#wait(one.minutes);
  }

  #wait(minutes: number): void {
    this.time += minutes * MINUTE;
    this.stage.wait(this.time);
  }

  #state(i: number): HostState {
    const known = this.hosts[i];
    if (known === undefined) throw new Error(`no host ${i}`);
    return known;
  }

  #join({ answer, host: i, ip: number, place: at }: Extract<Step, { do: 'join' }>): void {
    const client = this.#state(i);
    const ip = `192.168.1.${60 + number}`;
    // A server gives out no address that another holds.
    if (this.hosts.some((other) => other !== client && other.ip === ip && other.until >= this.time)) return;
    const contested = client.contested || client.joinedAt !== at;
    Object.assign(client, {
      ip,
      place: at,
      joinedAt: at,
      contested: client.ip !== null && contested,
      until: this.time + 10 + LEASE * 1000,
      heard: client.heard || at === null,
    });
    for (const other of this.hosts) if (other !== client && other.ip === ip) other.ip = null;
    const given = dhcpAck({ mac: client.mac, ip }, this.time + 10, [
      [51, Buffer.from([0, 0, LEASE >> 8, LEASE & 255])],
    ]);
    const asked = dhcpRequest(client.mac, [[12, client.name]], this.time);
    this.#send(client, [asked, ...(answer === 'broadcast' ? broadcast(client, [given]) : [given])]);
  }

  #send(client: HostState, frames: CapturedFrame[]): void {
    const carrier = client.place === null ? undefined : REPEATERS[client.place];
    this.stage.play(carrier === undefined ? frames : through({ mac: carrier }, client, frames));
  }

  #mail(client: HostState): void {
    if (client.ip === null || client.until < this.time) return;
    if (client.place === null) client.heard = true;
    const { ip, mac } = client;
    const counted = this.#countedOf(() => this.#send(client, mail({ mac, ip }, MAIL_SERVER, this.time)));
    this.#judge(client, ip, counted);
  }

  /** From an address that it made up for today: only what is on the cable itself, where that shows. */
  #mail6(client: HostState, suffix: number): void {
    if (client.place !== null) return;
    client.heard = true;
    const ip = `2001:db8:1::${client.mac.slice(-2)}:${suffix + 1}`;
    const asked = ipv6({ source: '::', destination: 'ff02::1', hopLimit: 255 }, neighborSolicitation({ target: ip }));
    this.#send(client, [
      { time: this.time, data: ethernet({ source: client.mac, destination: '33:33:00:00:00:01' }, asked) },
    ]);
    const counted = this.#countedOf(() =>
      this.#send(client, mail({ mac: client.mac, ip }, MAIL_SERVER6, this.time + SECOND)),
    );
    expect(counted).toBe(client.mac);
  }

  /** The camera asks for an address in another's name and mails from there; what the server answers goes to everybody. */
  #lie(victim: HostState): void {
    if (victim.ip === null || victim.until < this.time) return;
    victim.contested = true;
    const { ip, mac } = victim;
    const forged = through({ mac: LIAR }, victim, [dhcpRequest(mac, [[12, 'somebody-else']], this.time)]);
    this.stage.play(forged, broadcast(victim, [dhcpAck({ mac, ip }, this.time + 10)]));
    const counted = this.#countedOf(() => this.stage.play(mail({ mac: LIAR, ip }, MAIL_SERVER, this.time + SECOND)));
    expect(counted, 'the liar’s own').toBe(LIAR);
  }

  /** The MAC of the one device whose attempts rose. */
  #countedOf(act: () => void): string {
    const { devices } = this.stage.spine.engine;
    const before = new Map(devices.all().map(({ mac, mail: { attempts } }) => [mac, attempts]));
    act();
    const risen = devices.all().filter(({ mac, mail: { attempts } }) => attempts > (before.get(mac) ?? 0));
    expect(risen.map(({ mac }) => mac)).toHaveLength(1);
    return risen[0]?.mac ?? '';
  }

  #judge({ contested, heard, joinedAt, mac, place: at }: HostState, ip: string, counted: string): void {
    const carrier = at === null ? undefined : REPEATERS[at];
    expect([mac, carrier]).toContain(counted);
    const isPlain = !heard && !contested && joinedAt === at;
    if (carrier === undefined || isPlain) expect(counted, 'its own').toBe(mac);
    // A carrier takes no address from who is known to hold it: of that mail it is said that it may be another's.
    if (counted !== mac) return;
    const { leases } = this.stage.spine.engine.devices.get(counted) ?? { leases: [] };
    const now = this.stage.spine.engine.now;
    expect(leases.some((lease) => lease.ip === ip && lease.from <= now && lease.to >= this.time)).toBe(true);
  }

  /** No sentence bears the name of one whose mail it is not. */
  end(): void {
    for (const { device, evidence, summary } of this.stage.finish().incidents) {
      const named = this.hosts.filter(({ name }) => summary.includes(name)).map(({ mac }) => mac);
      expect(named.filter((mac) => mac !== device)).toEqual([]);
      if (device !== null && REPEATERS.includes(device)) expect(summary).toMatch(/behind/);
      if (device === LIAR) expect(evidence.behind ?? null).not.toMatchObject({ who: 'client' });
    }
    this.stage.spine.close();
  }
}

test('no connection goes to a device that did not hold the address, whoever moves where and whoever lies', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const world = new World();
      for (const one of steps) world.take(one);
      world.end();
    }),
    { numRuns: 60 },
  );
}, 120_000);
