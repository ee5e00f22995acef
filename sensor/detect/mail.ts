// The sensor's reason to be: a device opens a mail connection to the Internet. The first SYN is enough, and so is anything
// that shows there was one; what becomes of it is filled in later. How serious it is, mail-ladder.ts says.
import { LRUCache } from 'lru-cache';
import { atMost } from '../attribute/at-most.ts';
import type { Connection, Way } from '../attribute/connection.ts';
import type { Side } from '../attribute/connections.ts';
import { type Device, LIMITS } from '../attribute/device.ts';
import { type DialogueNews, Dialogues } from '../attribute/dialogues.ts';
import {
  countAccepted,
  countAttempt,
  countOutcome,
  type MailOutcome,
  mailDestination,
  nameByHello,
} from '../attribute/mail-tally.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { countActivity } from '../attribute/timeline.ts';
import { type Place, placeOf } from '../attribute/whereabouts.ts';
import { isMailPort } from '../decode/interest.ts';
import { type IpAddress, type Mac, TCP_FLAGS, type Tcp } from '../decode/packet.ts';
import { looksLikeBanner, looksLikeHello } from '../decode/smtp-beginning.ts';
import { backendName } from './backend-name.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type MailContext, mailAttempt, mailDialogue, mailOutcome, mailPortClass } from './mail-findings.ts';
import {
  BurstCounter,
  habitAt,
  type MailHabit,
  noteRecipients,
  noteServer,
  type PortHabit,
  readHabit,
} from './mail-habit.ts';
import { isFannedOut, type MailSender, type MailStage } from './mail-ladder.ts';
import { DeviceMemory } from './memory.ts';
import { isStrange } from './place-facts.ts';

/** How often (ms of packet time) it is asked whether a device has shown what it is. */
const LOOK_EVERY = 60_000;
/** Connections of which it may still show that others are behind their MAC, and for how long (ms). */
const UNPLACED = 256;
const PLACED_WITHIN = 60 * 60_000;

export class MailDetector implements Detector {
  readonly name = 'mail';
  readonly ways: readonly Way[] = ['outbound', 'local'];
  readonly memory: DeviceMemory<MailHabit>;
  readonly #around: Surroundings;
  readonly #dialogues = new Dialogues();
  /** By MAC, or by MAC and address where that stands apart. */
  readonly #bursts = new LRUCache<string, BurstCounter>(atMost(LIMITS.devices));
  /** Who spoke SMTP past the first octets of a connection, where it may be anything's payload: both sides have to. */
  readonly #heard = new WeakMap<Connection, Side>();
  /** Devices whose submission was judged as a thing's: what they are may show later. The newest connection of each. */
  readonly #doubtful = new LRUCache<Mac, Connection>(atMost(LIMITS.devices));
  /** Whether others are behind the MAC may show later: the newest connection of each MAC and address. */
  readonly #unplaced = new LRUCache<string, Connection>(atMost(UNPLACED));
  #nextLook = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.memory = new DeviceMemory(readHabit, around.devices);
  }

  opened(device: Device, connection: Connection, time: number): void {
    if (connection.way === 'outbound' && isMailPort(connection.responderPort)) this.#attempt(device, connection, time);
  }

  settled(device: Device, connection: Connection, time: number): void {
    const { inner, mailAttempt, outcome, outcomeBefore } = connection;
    if (mailAttempt && inner === null && isMailOutcome(outcome))
      this.#outcome(device, connection, outcome, isMailOutcome(outcomeBefore) ? outcomeBefore : null, time);
  }

  /** A proxy was asked for a mail server, or has said what became of it. */
  tunnelled(device: Device, connection: Connection, time: number): void {
    const { inner, mailAttempt } = connection;
    // A proxy that is asked for a host of the home sends no mail to the Internet.
    if (inner === null || !this.#around.home.isElsewhere(inner.host)) return;
    if (mailAttempt) {
      if (isMailOutcome(inner.outcome)) this.#outcome(device, connection, inner.outcome, null, time);
    } else if (isMailPort(inner.port)) this.#attempt(device, connection, time);
    this.#dialogues.begin(connection, inner, device);
  }

  /** A TLS hello within names the server. */
  named(device: Device, connection: Connection, time: number): void {
    if (!connection.mailAttempt || connection.nameFrom !== 'sni') return;
    nameByHello(device, connection);
    const stage = connection.outcome === 'connected' ? 'connected' : 'attempt';
    this.#around.found(mailDialogue(connection, this.#context(device, connection, stage, time), {}, {}), device);
  }

  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void {
    const { inner, way } = connection;
    if (inner === null ? way !== 'outbound' : !this.#around.home.isElsewhere(inner.host)) return;
    if (!connection.mailAttempt) {
      if (!this.#isMail(connection, tcp, from)) return;
      this.#attempt(device, connection, time);
    }
    // What comes through says that the proxy has got through, where its own answer is not visible.
    if (inner?.outcome === 'pending' && isSmtp(tcp, from)) {
      inner.outcome = 'connected';
      this.#outcome(device, connection, 'connected', null, time);
    }
    if (connection.beganUnseen && isSyn(tcp)) this.#began(device, connection, time);
    const news = this.#dialogues.follow(connection, tcp, from, device);
    if (news !== null) this.#spoken(device, connection, news, time);
  }

  /** A connection to a mail port whose beginning was not captured, or SMTP on whatever port. */
  #isMail(connection: Connection, tcp: Tcp, from: Side): boolean {
    const { down, inner, responderPort, up } = connection;
    if (isMailPort(inner?.port ?? responderPort)) return true;
    if (!isSmtp(tcp, from)) return false;
    const sent = from === 'originator' ? up : down;
    if (inner !== null || sent.total <= tcp.payloadLength) return true;
    const heard = this.#heard.get(connection);
    if (heard === undefined) this.#heard.set(connection, from);
    return heard !== undefined && heard !== from;
  }

  /** The SYN came after its answer, as through two queues of a switch: nothing of it is missing. */
  #began(device: Device, connection: Connection, time: number): void {
    connection.beganUnseen = false;
    const stage = connection.outcome === 'connected' ? 'connected' : 'attempt';
    const context = this.#context(device, connection, stage, time);
    this.#around.found(mailDialogue(connection, context, {}, { answerOnly: false }), device);
  }

  #spoken(device: Device, connection: Connection, { add, facts }: DialogueNews, time: number): void {
    const { messages = 0, recipients = 0 } = add;
    if (messages > 0 || recipients > 0) {
      countAccepted(device, connection, messages, recipients, time);
      const portClass = mailPortClass(mailDestination(connection).port);
      noteRecipients(this.#habitOf(device, connection, time), portClass, recipients, time);
      this.memory.mark(device.mac);
    }
    const context = this.#context(device, connection, messages > 0 ? 'accepted' : 'connected', time);
    this.#around.found(mailDialogue(connection, context, { ...add }, { dialogue: facts }), device);
  }

  ended(device: Device, connection: Connection, time: number): void {
    this.#dialogues.end(connection);
    const { inner, mailAttempt } = connection;
    if (!mailAttempt || inner?.outcome !== 'pending') return;
    inner.outcome = 'unanswered';
    this.#outcome(device, connection, 'unanswered', null, time);
  }

  /** A telephone announces itself a minute after its first mail: then that was a person's. */
  tick(time: number): void {
    if (time < this.#nextLook && time > this.#nextLook - LOOK_EVERY) return;
    this.#nextLook = time + LOOK_EVERY;
    for (const [mac, connection] of [...this.#doubtful.entries()]) {
      const device = this.#around.devices.get(mac);
      if (device !== undefined && this.#senderOf(device) === 'thing') continue;
      this.#doubtful.delete(mac);
      if (device === undefined) continue;
      const stage = connection.outcome === 'connected' ? 'connected' : 'attempt';
      this.#around.found(mailDialogue(connection, this.#context(device, connection, stage, time), {}, {}), device);
    }
    this.#placeLate(time);
  }

  /** More addresses have shown at the same MAC since: then the mail was somebody's behind it. */
  #placeLate(time: number): void {
    for (const [key, connection] of [...this.#unplaced.entries()]) {
      const device = this.#around.devices.get(connection.openedBy ?? '');
      const place = device === undefined ? null : this.#placeOf(device, connection, time);
      const isOver = device === undefined || Math.abs(time - connection.openedAt) > PLACED_WITHIN;
      if (isOver || isSettled(place)) this.#unplaced.delete(key);
      if (device === undefined || !isStrange(place)) continue;
      const stage = connection.outcome === 'connected' ? 'connected' : 'attempt';
      this.#around.found(mailDialogue(connection, this.#context(device, connection, stage, time), {}, {}), device);
    }
  }

  moveTime({ by }: TimeMove): void {
    for (const burst of this.#bursts.values()) burst.moveTime(by);
  }

  finish(time: number): void {
    this.#nextLook = time;
    this.tick(time);
  }

  /** Counted once for each connection; what had become of it by then is counted at once. */
  #attempt(device: Device, connection: Connection, time: number): void {
    connection.mailAttempt = true;
    countAttempt(device, connection, time);
    countActivity(device, time, 'mailAttempts');
    const { ip, name, port } = mailDestination(connection);
    const server = backendName(name, ip);
    noteServer(this.#habitOf(device, connection, time), mailPortClass(port), server, time);
    this.memory.mark(device.mac);
    const burst = this.#burstOf(device, connection, time).attempt(server, time);
    const outcome = connection.inner?.outcome ?? connection.outcome;
    const stage = outcome === 'connected' ? 'connected' : 'attempt';
    const context = this.#context(device, connection, stage, time);
    const isDoubtful = context.sender === 'thing' && mailPortClass(port) === 'submission';
    if (isDoubtful && this.#around.devices.isKept(device.mac)) this.#doubtful.set(device.mac, connection);
    if (!isSettled(context.place)) this.#unplaced.set(`${device.mac} ${connection.originatorIp}`, connection);
    this.#around.found(mailAttempt(connection, context, burst), device);
    if (isMailOutcome(outcome)) this.#outcome(device, connection, outcome, null, time);
  }

  #outcome(
    device: Device,
    connection: Connection,
    outcome: MailOutcome,
    before: MailOutcome | null,
    time: number,
  ): void {
    countOutcome(device, connection, outcome, before, time);
    const context = this.#context(device, connection, outcome === 'connected' ? 'connected' : 'attempt', time);
    this.#around.found(mailOutcome(connection, context, outcome, before), device);
  }

  /** `stage` of this connection; fan-out of the device as a whole is higher. */
  #context(device: Device, connection: Connection, stage: MailStage, time: number): MailContext {
    const portClass = mailPortClass(mailDestination(connection).port);
    const place = this.#placeOf(device, connection, time);
    const sender = isStrange(place) ? 'thing' : this.#senderOf(device);
    const { recipients = 0, servers = [] } = this.#habitOf(device, connection, time)[portClass] ?? {};
    const isFannedOutNow = isFannedOut(portClass, sender, servers.length, recipients);
    const told = isFannedOutNow ? 'fan-out' : stage;
    return { device: device.mac, sender, stage: told, time, place, servers: Math.max(1, servers.length) };
  }

  #placeOf(device: Device, { hopLimit, originatorIp }: Connection, time: number): Place | null {
    return placeOf(this.#around, device, originatorIp, hopLimit, time);
  }

  /** The address that stands apart from the device's own doings; undefined where it is the device's. */
  #innerOf(device: Device, connection: Connection, time: number): IpAddress | undefined {
    return this.#placeOf(device, connection, time)?.apart === true ? connection.originatorIp : undefined;
  }

  #habitOf(device: Device, connection: Connection, time: number): PortHabit {
    const habit = this.memory.of(device.mac, () => ({}));
    return habitAt(habit, this.#innerOf(device, connection, time));
  }

  #senderOf(device: Device): MailSender {
    return this.#around.knowledge.isGeneralPurpose(device) ? 'general-purpose' : 'thing';
  }

  #burstOf(device: Device, connection: Connection, time: number): BurstCounter {
    const inner = this.#innerOf(device, connection, time);
    const key = inner === undefined ? device.mac : `${device.mac} ${inner}`;
    let burst = this.#bursts.get(key);
    if (burst === undefined) {
      burst = new BurstCounter();
      if (this.#around.devices.isKept(device.mac)) this.#bursts.set(key, burst);
    }
    return burst;
  }
}

/** Nothing more will show of where it is. */
function isSettled(place: Place | null): boolean {
  return place !== null && place.who !== 'perhaps';
}

function isSyn({ flags }: Tcp): boolean {
  return (flags & TCP_FLAGS.syn) !== 0 && (flags & TCP_FLAGS.ack) === 0;
}

/** The client says hello, or the server that it is one for mail (RFC 5321, section 3.1). */
function isSmtp({ payload }: Tcp, from: Side): boolean {
  return from === 'originator' ? looksLikeHello(payload) : looksLikeBanner(payload);
}

function isMailOutcome(outcome: Connection['outcomeBefore']): outcome is MailOutcome {
  return outcome === 'connected' || outcome === 'refused' || outcome === 'unanswered';
}
