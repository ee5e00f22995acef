// A host on the Internet reaches a device of the home: part of what happened before.
import type { Connection, Way } from '../attribute/connection.ts';
import type { Device } from '../attribute/device.ts';
import { addTimeline } from '../attribute/timeline.ts';
import type { Detector } from './detector.ts';

export class ExposureDetector implements Detector {
  readonly name = 'exposure';
  readonly ways: readonly Way[] = ['inbound'];

  settled(device: Device, connection: Connection, time: number): void {
    if (connection.outcome !== 'connected') return;
    addTimeline(device, {
      time,
      kind: 'inbound_connection',
      name: null,
      nameFrom: null,
      ip: connection.originatorIp,
      role: null,
      detail: { port: connection.responderPort },
    });
  }
}
