// Finding a device in the list, and which ones come first.
import type { DeviceSummary } from '../shapes.ts';

/** Every word must be found somewhere; case does not matter. */
export function matches(device: DeviceSummary, search: string): boolean {
  const text = [device.name, device.vendor, device.address, device.mac, device.note].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Open incidents, then mail, then what was seen last. */
export function ranked(devices: DeviceSummary[], troubled: Set<string | null>): DeviceSummary[] {
  const weight = (device: DeviceSummary): number =>
    (troubled.has(device.mac) ? 2 : 0) + (device.mailAttempts > 0 ? 1 : 0);
  return [...devices].sort(
    (left, right) =>
      weight(right) - weight(left) || right.lastSeen.localeCompare(left.lastSeen) || left.mac.localeCompare(right.mac),
  );
}
