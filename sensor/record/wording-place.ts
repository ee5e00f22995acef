// Who an incident is about, in words, where the frames do not bear the device's own MAC alone. A name is said only of what it
// belongs to: never of another address behind the same MAC.
import type { Incident } from './incident.ts';
import { fields, text } from './wording-parts.ts';

/**
 * `kitchen-tv, behind the repeater extender,` · `A device at 192.168.36.152, behind the router 52:54:00:12:34:56,` ·
 * `friendly or another device behind the same MAC (192.168.1.62)` · `nas, or a device behind it,`. `name`: what the device under
 * the incident's MAC is called.
 */
export function whoText(name: string, { evidence }: Pick<Incident, 'evidence'>): string {
  const { kind, who } = fields(evidence.behind);
  switch (who) {
    case 'client':
      return `${name}, behind ${carrierText(evidence)},`;
    case 'address':
      return `A device at ${text(evidence.innerAddress ?? evidence.address)}, behind ${carrierText(evidence)},`;
    case 'perhaps':
      if (kind === null)
        return `${name} or another device behind the same MAC (${text(evidence.innerAddress ?? evidence.address)})`;
      return `${name}, or a device behind it,`;
    default:
      return name;
  }
}

/** Its frames bear the MAC of what hands them on, and it is known all the same. */
export function isClient(evidence: Record<string, unknown>): boolean {
  return fields(evidence.behind).who === 'client';
}

/** `the repeater extender`, `the router 52:54:00:12:34:56`, `02:ee:00:00:00:01`. */
export function carrierText(evidence: Record<string, unknown>): string {
  const { kind, mac, name } = fields(evidence.behind);
  return `${typeof kind === 'string' ? `the ${kind} ` : ''}${text(name ?? mac)}`;
}

/** Which device that is, and how to see it better; nothing where its own MAC is on the frames. */
export function placeAdvice({ evidence }: Pick<Incident, 'evidence'>): string[] {
  const { kind, who } = fields(evidence.behind);
  if (who === undefined || who === 'client') return [];
  const carrier = carrierText(evidence);
  const which =
    who === 'address' ? `which device has the address ${text(evidence.innerAddress)}` : 'which devices are behind it';
  if (kind === 'router')
    return [
      `Look in the menu of ${carrier} ${which}: all that is behind it bears its MAC here, so the sensor cannot tell.`,
      'To see those devices by themselves, mirror a port inside that router, or turn it into a bridge (access point mode).',
    ];
  return [
    `Look in the router's list or in that of ${carrier} ${which}: several addresses bear one MAC here, as behind an extender.`,
    'To see those devices by themselves, connect the extender by cable or run it as an access point or in a mesh.',
  ];
}
