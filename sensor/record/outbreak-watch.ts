// When devices begin to mail, looks for what they have in common. Each of the first is looked at at once; among many a further one
// changes little, so that they are looked at together when an eighth more mail, or a second later: a look costs as much as there
// are devices, and a whole home that turns bad must not cost their square.
import type { Device } from '../attribute/device.ts';
import type { DeviceTable } from '../attribute/device-table.ts';
import type { Finding } from '../detect/finding.ts';
import { findOutbreak } from '../detect/outbreak.ts';
import type { Incident } from './incident.ts';
import type { IncidentBook } from './incident-book.ts';
import { affectedIn, joinOutbreak } from './outbreak-members.ts';

const SECOND = 1000;
/** So many devices that mail are few. */
const FEW = 16;
const MORE = 1 / 8;

export interface OutbreakParts {
  incidents: IncidentBook;
  /** Of the home; null before they are known. */
  devices(): DeviceTable | null;
  /** What a device that mails is called, with its incidents. */
  nameOf(device: Device, mail: readonly Incident[]): string;
  found(finding: Finding): void;
  /** The device's incident is part of an outbreak. */
  joined(incident: Incident, time: number, device: Device): void;
}

export class OutbreakWatch {
  readonly #parts: OutbreakParts;
  /** Devices that mailed when they were last looked at. */
  #mailed = 0;
  /** Incidents that began since, and when the last of them did. */
  #waiting = 0;
  #since = 0;

  constructor(parts: OutbreakParts) {
    this.#parts = parts;
  }

  /** One more incident of mail has begun. */
  begun(time: number): void {
    this.#waiting++;
    this.#since = time;
    if (this.#mailed < FEW || this.#waiting >= this.#mailed * MORE) this.settle();
  }

  /** Packet time has reached `time`. */
  passed(time: number): void {
    if (this.#waiting > 0 && Math.abs(time - this.#since) >= SECOND) this.settle();
  }

  /** Looks at those that wait. */
  settle(): void {
    const { found, incidents, joined, nameOf } = this.#parts;
    const devices = this.#parts.devices();
    if (this.#waiting === 0 || devices === null) return;
    const deviceOf = ({ device }: Incident) => (device === null ? null : (devices.get(device) ?? null));
    const affected = affectedIn(incidents.ofKind('mail_started'), deviceOf);
    const times = this.#waiting;
    this.#mailed = affected.length;
    this.#waiting = 0;
    const name = (device: Device) => nameOf(device, incidents.openOf(device.mac, 'mail_started'));
    const finding = findOutbreak(affected, devices.all(), name, this.#since);
    if (finding === null) return;
    found({ ...finding, times });
    for (const { device } of affected)
      for (const incident of incidents.openOf(device.mac, 'mail_started'))
        if (joinOutbreak(incident)) joined(incident, this.#since, device);
  }
}
