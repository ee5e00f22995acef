// What a group of devices is called: a family by the slug of its note, or the maker of devices that no note knows.
import { words } from '../words.ts';

/** `hikvision-camera`; `? Maker`; `?`. */
export function familyName(group: string): string {
  if (group === '?') return words.incidents.unnamed;
  return group.startsWith('? ') ? words.incidents.unnamedOf(group.slice(2)) : group;
}
