// Which addresses look like one thing, as the page and the API say it. Belongs to main.ts: it knows knowledge and record.
import type { MergeSuggestion } from '../../web/shapes.ts';
import { suggestSame } from '../attribute/same-thing.ts';
import type { Mac } from '../decode/packet.ts';
import type { Words } from '../language/words.ts';
import { sameReason } from '../record/wording-same.ts';
import type { Spine } from '../spine.ts';

/** By the address they are about; one for each thing. */
export function mergeSuggestions(words: Words, spine: Spine): Map<Mac, MergeSuggestion> {
  const { engine, knowledge, recorder } = spine;
  const found = suggestSame(engine.devices, {
    vendorOf: (device) => knowledge.vendorOf(device),
    noteOf: (device) => {
      const note = knowledge.noteOf(device);
      return note === null || note.class === 'general-purpose' ? null : note.slug;
    },
    isDistinct: (one, other) => recorder.distinct.has(one, other),
  });
  return new Map(
    [...found].map(([mac, suggestion]) => {
      const { device, into, kind, older } = suggestion;
      return [mac, { ...nameOf(words, spine, into), kind, device, older, reason: sameReason(words, suggestion) }];
    }),
  );
}

/** What people are shown as its name. */
export function nameOf(words: Words, { engine, knowledge }: Spine, mac: Mac): { mac: Mac; name: string } {
  const device = engine.devices.get(mac);
  return { mac, name: device === undefined ? mac : knowledge.displayName(device, engine.devices, words) };
}
