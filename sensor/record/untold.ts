// What has changed in counts since publish and web were last told.
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import type { RecordEvents } from './events.ts';
import type { Incident } from './incident.ts';

export class Untold {
  readonly incidents = new Map<string, Incident>();
  readonly devices = new Map<Mac, Device>();
  expectations = false;

  tell(events: RecordEvents): void {
    const [incidents, devices, { expectations }] = [[...this.incidents.values()], [...this.devices.values()], this];
    this.incidents.clear();
    this.devices.clear();
    this.expectations = false;
    for (const incident of incidents) events.emit('incident', { change: 'updated', incident, time: incident.lastAt });
    for (const device of devices) events.emit('device', device);
    if (expectations) events.emit('expectations');
  }
}
