// Lookups that only senders of mail and mail servers make: MX records, and block lists asked about an address or a domain.
// Alone they are worth a note; asking about the home's own address is more. Which domains were asked for is not kept.
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { atMost } from '../attribute/at-most.ts';
import type { Connection, Way } from '../attribute/connection.ts';
import type { Device } from '../attribute/device.ts';
import { addTimeline } from '../attribute/timeline.ts';
import { placeOf } from '../attribute/whereabouts.ts';
import type { DnsMessage } from '../decode/dns.ts';
import type { IpAddress, Mac, Packet } from '../decode/packet.ts';
import { lazily } from '../lazily.ts';
import { type BlockListQuestion, blockListQuestion } from './block-lists.ts';
import type { Detector, Surroundings } from './detector.ts';
import type { Severity } from './finding.ts';
import { DeviceMemory } from './memory.ts';
import { placeFacts } from './place-facts.ts';

const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;
/** The same question with the same id again within this time (ms) is a retransmission. */
const REPEATED = 5 * SECOND;
const REMEMBERED = 4096;
/** A host that connected in within this time (ms) may be asked about by the mail server it connected to. */
const CLIENT_WITHIN = 10 * 60 * SECOND;
const CLIENTS = 1024;
/** Several lists about one address within this time (ms), and nothing else: that address is the asker's own (Kelihos). */
const OWN_WITHIN = HOUR;
const OWN_LISTS = 2;
/** A spam filter asks about everything in a message at once; what is told of the address alone waits for that (ms). */
const FILTER_WITHIN = 30 * SECOND;
/** Lists and addresses kept of one device. */
const LISTS = 16;
const ADDRESSES = 8;
/** The name that tells who asks its public address, and who alone can tell it (OpenDNS). */
const WHO_AM_I = 'myip.opendns.com';
const TELLERS = new Set([
  ...['208.67.222.222', '208.67.220.220', '208.67.222.220', '208.67.220.222'],
  ...['2620:119:35::35', '2620:119:53::53'],
]);

const memoryShape = lazily(() =>
  z.object({
    mx: z.number(),
    dnsbl: z.number(),
    lists: z.array(z.string()).max(LISTS),
    /** It takes mail from the Internet: a mail server, whose business this is. */
    servesMail: z.boolean(),
    /** It resolves for others: its questions are not its own. */
    resolves: z.boolean().default(false),
  }),
);
type Known = z.infer<ReturnType<typeof memoryShape>>;

/** What a device asked lists about lately; not kept over a restart. */
interface Recent {
  since: number;
  /** Lists by address. */
  addresses: Map<IpAddress, Set<string>>;
  domains: number;
  /** Where it asked from last. */
  ip: IpAddress;
  /** When the judgement on one address falls due; null where there is none. */
  due: number | null;
}

export class LookupDetector implements Detector {
  readonly name = 'lookups';
  readonly ways: readonly Way[] = ['inbound'];
  readonly memory: DeviceMemory<Known>;
  readonly #around: Surroundings;
  /** Questions seen lately, so that each counts once. */
  readonly #seen = new LRUCache<string, number>(atMost(REMEMBERED));
  /** `device client`: hosts that connected to a device's mail port, and when. */
  readonly #clients = new LRUCache<string, number>(atMost(CLIENTS));
  readonly #recent = new LRUCache<Mac, Recent>(atMost(256));
  /** No judgement falls due before. */
  #nextDue = Number.POSITIVE_INFINITY;

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory((value) => memoryShape().safeParse(value).data ?? null, around.devices);
  }

  settled(device: Device, connection: Connection, time: number): void {
    if (connection.responderPort !== 25 || connection.outcome !== 'connected') return;
    this.#clients.set(`${device.mac} ${connection.originatorIp}`, time);
    const known = this.#knownOf(device);
    if (known.servesMail) return;
    known.servesMail = true;
    this.memory.mark(device.mac);
  }

  dns(message: DnsMessage, packet: Packet, device: Device | null, time: number): void {
    if (message.response) this.#answer(message, packet, device);
    else if (device !== null && message.opcode === 0 && device.role !== 'gateway')
      for (const { name, type } of message.questions)
        this.#question(device, packet, { id: message.id, name, type }, time);
  }

  tick(time: number): void {
    this.#judgeDue(time, time);
  }

  finish(time: number): void {
    this.#judgeDue(Number.POSITIVE_INFINITY, time);
  }

  #judgeDue(until: number, time: number): void {
    if (until < this.#nextDue) return;
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const [mac, recent] of this.#recent.entries()) {
      if (recent.due === null) continue;
      if (recent.due > until) {
        this.#nextDue = Math.min(this.#nextDue, recent.due);
        continue;
      }
      recent.due = null;
      const device = this.#around.devices.get(mac);
      const isFilter = recent.addresses.size > 1 || recent.domains > 0;
      if (device !== undefined && !isFilter) this.#found(device, recent.ip, 'medium', { ownAddress: 'probably' }, time);
    }
  }

  #answer(message: DnsMessage, { destinationMac, ip }: Packet, device: Device | null): void {
    const { devices, home, resolvers } = this.#around;
    // The router answers for others as a matter of course; anything else that does is a resolver of the home.
    if (
      device !== null &&
      device.role !== 'gateway' &&
      destinationMac !== null &&
      devices.get(destinationMac) !== undefined
    ) {
      resolvers.answered(device.mac);
      this.#isResolver(device, null);
    }
    // Another server answers what its owner likes, a bot's for one.
    if (ip === null || !TELLERS.has(ip.source)) return;
    for (const { data, name, type } of message.answers)
      if (name === WHO_AM_I && (type === 'A' || type === 'AAAA')) home.toldPublic(data);
  }

  #question(device: Device, packet: Packet, asked: { id: number; name: string; type: string }, time: number): void {
    const list = blockListQuestion(asked.name);
    if (asked.type !== 'MX' && list === null) return;
    if (this.#isResolver(device, packet.ip?.source ?? null)) return;
    const key = `${device.mac} ${asked.id} ${asked.type} ${asked.name}`;
    const before = this.#seen.get(key);
    this.#seen.set(key, time);
    if (before !== undefined && Math.abs(time - before) <= REPEATED) return;
    this.#around.devices.keep(device);
    if (asked.type === 'MX') device.lookups.mx++;
    if (list !== null) device.lookups.dnsbl++;
    this.#judge(device, packet.ip?.source ?? '', asked.type === 'MX', list, time);
  }

  /** Whether it resolves for others, or was seen to before a restart. */
  #isResolver(device: Device, ip: IpAddress | null): boolean {
    if (this.memory.get(device.mac)?.resolves === true) return true;
    if (!this.#around.resolvers.isResolver(device.mac, ip)) return false;
    this.#around.devices.keep(device);
    this.#knownOf(device).resolves = true;
    this.memory.mark(device.mac);
    return true;
  }

  #judge(device: Device, ip: IpAddress, isMx: boolean, list: BlockListQuestion | null, time: number): void {
    const known = this.#knownOf(device);
    // Setting up a mail program asks for the MX of one's own provider.
    const isPersonal = list === null && this.#around.knowledge.isGeneralPurpose(device);
    if (known.servesMail || isPersonal || this.#isAboutClient(device, list, time)) return;
    if (isMx) known.mx++;
    if (list !== null) {
      known.dnsbl++;
      if (!known.lists.includes(list.zone) && known.lists.length < LISTS) known.lists.push(list.zone);
    }
    this.memory.mark(device.mac);
    this.#remember(device, known, time);
    const isOwn = list !== null && this.#asksAboutItself(device, ip, list, time);
    this.#found(device, ip, isOwn ? 'medium' : 'info', isOwn ? { ownAddress: 'yes' } : {}, time, isMx, list);
  }

  /** A mail server asks about who connects to it. */
  #isAboutClient({ mac }: Device, list: BlockListQuestion | null, time: number): boolean {
    if (list === null || list.about === 'domain') return false;
    const connected = this.#clients.get(`${mac} ${list.about.address}`);
    return connected !== undefined && time - connected <= CLIENT_WITHIN;
  }

  /** True where the address is known to be the home's; where it only seems so, that is said a little later. */
  #asksAboutItself(device: Device, ip: IpAddress, { about, zone }: BlockListQuestion, time: number): boolean {
    const { devices, home } = this.#around;
    const recent = this.#recentOf(device.mac, time);
    recent.ip = ip;
    if (about === 'domain') {
      recent.domains++;
      return false;
    }
    const { address } = about;
    if (home.isPublic(address) || devices.ownerOf(address) !== undefined) return true;
    const lists = recent.addresses.get(address) ?? new Set();
    if (recent.addresses.size < ADDRESSES) recent.addresses.set(address, lists);
    if (lists.size < LISTS) lists.add(zone);
    if (lists.size >= OWN_LISTS && !home.isInside(address)) {
      recent.due ??= time + FILTER_WITHIN;
      this.#nextDue = Math.min(this.#nextDue, recent.due);
    }
    return false;
  }

  #found(
    device: Device,
    ip: IpAddress,
    severity: Severity,
    facts: Record<string, unknown>,
    time: number,
    isMx = false,
    list: BlockListQuestion | null = null,
  ): void {
    const isNew = isMx || list !== null;
    const { evidence, ...whose } = placeFacts(placeOf(this.#around, device, ip, null, time), ip);
    this.#around.found(
      {
        kind: 'mail_lookup',
        severity,
        device: device.mac,
        portClass: 'dns',
        ...whose,
        time,
        effect: isNew ? 'opens' : 'updates',
        destination: null,
        evidence: { lists: [...this.#knownOf(device).lists].sort(), ...facts, ...evidence },
        first: { address: ip },
        add: isNew ? { mx: isMx ? 1 : 0, dnsbl: list === null ? 0 : 1 } : {},
      },
      device,
    );
  }

  /** One entry an hour in the chain of what happened before. */
  #remember(device: Device, { lists }: Known, time: number): void {
    const last = device.timeline.findLast(({ kind }) => kind === 'mail_lookup');
    if (last !== undefined && time - last.time < HOUR && time >= last.time) {
      last.detail = { ...last.detail, lookups: Number(last.detail.lookups ?? 0) + 1, lists: lists.length };
      return;
    }
    const detail = { lookups: 1, lists: lists.length };
    addTimeline(device, { time, kind: 'mail_lookup', name: null, nameFrom: null, ip: null, role: null, detail });
  }

  #knownOf({ mac }: Device): Known {
    return this.memory.of(mac, () => ({ mx: 0, dnsbl: 0, lists: [], servesMail: false, resolves: false }));
  }

  #recentOf(mac: Mac, time: number): Recent {
    let recent = this.#recent.get(mac);
    if (recent === undefined || time - recent.since > OWN_WITHIN || time < recent.since) {
      recent = { since: time, addresses: new Map(), domains: 0, ip: '', due: null };
      this.#recent.set(mac, recent);
    }
    return recent;
  }
}
