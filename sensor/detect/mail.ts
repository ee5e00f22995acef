// The sensor's reason to be: a device opens a mail connection to the Internet. The first SYN is enough, and so is anything
// that shows there was one; what becomes of it is filled in later. How serious it is, mail-ladder.ts says.
import { LRUCache } from 'lru-cache';
import type { Connection, Way } from '../attribute/connection.ts';
import type { Side } from '../attribute/connections.ts';
import { type Device, LIMITS } from '../attribute/device.ts';
import { Dialogues } from '../attribute/dialogues.ts';
import {
  countAccepted,
  countAttempt,
  countOutcome,
  type MailOutcome,
  mailDestination,
} from '../attribute/mail-tally.ts';
import { countActivity } from '../attribute/timeline.ts';
import { isMailPort } from '../decode/interest.ts';
import type { Mac, Tcp } from '../decode/packet.ts';
import { looksLikeHello } from '../decode/smtp.ts';
import { backendName } from './backend-name.ts';
import type { Detector, Surroundings } from './detector.ts';
import { type MailContext, mailAttempt, mailDialogue, mailOutcome, mailPortClass } from './mail-findings.ts';
import { BurstCounter, type MailHabit, noteRecipients, noteServer, readHabit } from './mail-habit.ts';
import { isFannedOut, type MailSender, type MailStage } from './mail-ladder.ts';
import { DeviceMemory } from './memory.ts';

/** How often (ms of packet time) it is asked whether a device has shown what it is. */
const LOOK_EVERY = 60_000;

export class MailDetector implements Detector {
  readonly name = 'mail';
  readonly ways: readonly Way[] = ['outbound', 'local'];
  readonly memory = new DeviceMemory<MailHabit>(readHabit);
  readonly #around: Surroundings;
  readonly #dialogues = new Dialogues();
  readonly #bursts = new LRUCache<Mac, BurstCounter>({ max: LIMITS.devices });
  /** Devices whose submission was judged as a thing's: what they are may show later. The newest connection of each. */
  readonly #doubtful = new LRUCache<Mac, Connection>({ max: LIMITS.devices });
  #nextLook = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  opened(device: Device, connection: Connection, time: number): void {
    if (connection.way === 'outbound' && isMailPort(connection.responderPort)) this.#attempt(device, connection, time);
  }

  settled(device: Device, connection: Connection, time: number): void {
    const { mailAttempt, outcome, outcomeBefore } = connection;
    if (mailAttempt && isMailOutcome(outcome))
      this.#outcome(device, connection, outcome, isMailOutcome(outcomeBefore) ? outcomeBefore : null, time);
  }

  segment(device: Device, connection: Connection, tcp: Tcp, from: Side, time: number): void {
    if (connection.way !== 'outbound') return;
    if (!connection.mailAttempt) {
      if (!isMail(connection, tcp, from)) return;
      this.#attempt(device, connection, time);
    }
    const accepted = this.#dialogues.follow(connection, tcp, from);
    if (accepted === null) return;
    countAccepted(device, connection, accepted.messages, accepted.recipients, time);
    const portClass = mailPortClass(mailDestination(connection).port);
    const habit = this.memory.of(device.mac, () => ({}));
    noteRecipients(habit, portClass, accepted.recipients, time);
    this.memory.mark(device.mac);
    const context = this.#context(device, connection, accepted.messages > 0 ? 'accepted' : 'connected', time);
    this.#around.found(mailDialogue(connection, context, { ...accepted }, {}), device);
  }

  ended(_device: Device, connection: Connection): void {
    this.#dialogues.end(connection);
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
    noteServer(
      this.memory.of(device.mac, () => ({})),
      mailPortClass(port),
      server,
      time,
    );
    this.memory.mark(device.mac);
    const burst = this.#burstOf(device).attempt(server, time);
    const { outcome } = connection;
    const stage = outcome === 'connected' ? 'connected' : 'attempt';
    const context = this.#context(device, connection, stage, time);
    if (context.sender === 'thing' && mailPortClass(port) === 'submission') this.#doubtful.set(device.mac, connection);
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
    const sender = this.#senderOf(device);
    const { recipients = 0, servers = [] } = this.memory.get(device.mac)?.[portClass] ?? {};
    const isFannedOutNow = isFannedOut(portClass, sender, servers.length, recipients);
    return { device: device.mac, sender, stage: isFannedOutNow ? 'fan-out' : stage, time };
  }

  #senderOf(device: Device): MailSender {
    return this.#around.knowledge.isGeneralPurpose(device) ? 'general-purpose' : 'thing';
  }

  #burstOf({ mac }: Device): BurstCounter {
    let burst = this.#bursts.get(mac);
    if (burst === undefined) {
      burst = new BurstCounter();
      this.#bursts.set(mac, burst);
    }
    return burst;
  }
}

/** A connection to a mail port whose beginning was not captured, or SMTP on whatever port. */
function isMail({ responderPort }: Connection, { payload }: Tcp, from: Side): boolean {
  return isMailPort(responderPort) || (from === 'originator' && looksLikeHello(payload));
}

function isMailOutcome(outcome: Connection['outcomeBefore']): outcome is MailOutcome {
  return outcome === 'connected' || outcome === 'refused' || outcome === 'unanswered';
}
