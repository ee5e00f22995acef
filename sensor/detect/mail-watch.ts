// Counts mail attempts and what becomes of them, and says so as findings: the seam between the connection table and mail.ts.
import type { Connection, Outcome } from '../attribute/connection.ts';
import type { Device } from '../attribute/device.ts';
import { Dialogues } from '../attribute/dialogues.ts';
import { countAccepted, countAttempt, countOutcome, type MailOutcome } from '../attribute/mail-tally.ts';
import { countActivity } from '../attribute/timeline.ts';
import type { Tcp } from '../decode/packet.ts';
import type { Finding } from './finding.ts';
import { mailAccepted, mailAttempt, mailOutcome, mailSpoken } from './mail.ts';

export class MailWatch {
  readonly #dialogues = new Dialogues();
  readonly #onFinding: (finding: Finding, device: Device) => void;

  constructor(onFinding: (finding: Finding, device: Device) => void) {
    this.#onFinding = onFinding;
  }

  /** A SYN to a mail port. */
  syn(device: Device, connection: Connection, time: number): void {
    this.#attempt(device, connection, false, time);
  }

  /** EHLO or HELO: an attempt of its own where no SYN made it one, whatever the port. */
  hello(device: Device, connection: Connection, time: number): void {
    const { mailAttempt: counted, outcome } = connection;
    if (!counted) {
      this.#attempt(device, connection, true, time);
      if (isMailOutcome(outcome)) this.#outcome(device, connection, outcome, null, time);
    } else if (outcome !== 'connected') this.#onFinding(mailSpoken(device.mac, connection, time), device);
  }

  settled(device: Device, connection: Connection, time: number): void {
    const { lateAnswer, outcome } = connection;
    if (isMailOutcome(outcome)) this.#outcome(device, connection, outcome, lateAnswer ? 'unanswered' : null, time);
  }

  /** A segment of a mail connection, for what the server accepts. */
  segment(device: Device, connection: Connection, tcp: Tcp, from: 'originator' | 'responder', time: number): void {
    const accepted = this.#dialogues.follow(connection, tcp, from);
    if (accepted === null) return;
    countAccepted(device, connection, accepted.messages, accepted.recipients, time);
    this.#onFinding(mailAccepted(device.mac, connection, accepted, time), device);
  }

  ended(connection: Connection): void {
    this.#dialogues.end(connection);
  }

  #attempt(device: Device, connection: Connection, established: boolean, time: number): void {
    connection.mailAttempt = true;
    countAttempt(device, connection, time);
    countActivity(device, time, 'mailAttempts');
    this.#onFinding(mailAttempt(device.mac, connection, established, time), device);
  }

  #outcome(
    device: Device,
    connection: Connection,
    outcome: MailOutcome,
    before: MailOutcome | null,
    time: number,
  ): void {
    countOutcome(device, connection, outcome, before, time);
    this.#onFinding(mailOutcome(device.mac, connection, outcome, before, time), device);
  }
}

function isMailOutcome(outcome: Outcome): outcome is MailOutcome {
  return outcome === 'connected' || outcome === 'refused' || outcome === 'unanswered';
}
