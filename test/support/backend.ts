// A backend of a device of which nothing is known but what a test says.
import type { Backend } from '../../sensor/attribute/device.ts';

export function backendOf(known: Partial<Backend> = {}): Backend {
  const { firstSeen = 0 } = known;
  return {
    name: 'vendor.example',
    role: 'unknown',
    roleFrom: null,
    note: null,
    hosts: [],
    nameFrom: [],
    through: [],
    outerName: false,
    shared: false,
    connections: 0,
    bytesUp: 0,
    bytesDown: 0,
    firstSeen,
    lastSeen: firstSeen,
    days: [],
    ...known,
  };
}
