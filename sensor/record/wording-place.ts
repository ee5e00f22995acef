// Who an incident is about, where the frames do not bear the device's own MAC alone. A name is said only of what it belongs to:
// never of another address behind the same MAC.
import type { Words } from '../language/words.ts';
import type { Incident } from './incident.ts';
import { entry, fields, text } from './wording-parts.ts';

/**
 * `kitchen-tv, behind the repeater extender,` · `A device at 192.168.36.152, behind the router 52:54:00:12:34:56,` ·
 * `friendly or another device behind the same MAC (192.168.1.62)` · `nas, or a device behind it,`. `name`: what the device under
 * the incident's MAC is called.
 */
export function whoText(words: Words, name: string, { evidence }: Pick<Incident, 'evidence'>): string {
  const { places } = words;
  const { kind, who } = fields(evidence.behind);
  const address = addressIn(words, evidence);
  switch (who) {
    case 'client':
      return places.behind({ name, carrier: carrierText(words, evidence) });
    case 'address':
      return places.addressBehind({ address, carrier: carrierText(words, evidence) });
    case 'perhaps':
      return kind === null ? places.perhapsOther({ name, address }) : places.perhapsBehind({ name });
    default:
      return name;
  }
}

function addressIn(words: Words, { address, innerAddress }: Record<string, unknown>): string {
  return text(words, innerAddress ?? address);
}

/** Its frames bear the MAC of what hands them on, and it is known all the same. */
export function isClient(evidence: Record<string, unknown>): boolean {
  return fields(evidence.behind).who === 'client';
}

/** `the repeater extender`, `the router 52:54:00:12:34:56`, `02:ee:00:00:00:01`. */
export function carrierText(words: Words, evidence: Record<string, unknown>): string {
  const { kind, mac, name } = fields(evidence.behind);
  const called = text(words, name ?? mac);
  return entry<(values: { name: string }) => string>(words.places.carriers, kind)?.({ name: called }) ?? called;
}

/** Which device that is, and how to see it better; nothing where its own MAC is on the frames. */
export function placeAdvice(words: Words, { evidence }: Pick<Incident, 'evidence'>): string[] {
  const { places } = words;
  const { kind, who } = fields(evidence.behind);
  if (who === undefined || who === 'client') return [];
  const carrier = carrierText(words, evidence);
  const which = who === 'address' ? places.whichAddress({ address: addressIn(words, evidence) }) : places.whichBehind;
  if (kind === 'router') return [places.lookInRouter({ carrier, which }), places.mirrorInside];
  return [places.lookInLists({ carrier, which }), places.accessPoint];
}
