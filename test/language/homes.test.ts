// What the sensor tells of the homes of the self-test, in each language beside the English: never nothing, no English words left,
// and every name, address and count that the English has. The sentences over invented evidence are in test/record/sentences.
import { describe, expect, it } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { INCIDENT_KINDS, type IncidentKind } from '../../sensor/detect/finding.ts';
import { english, LANGUAGES, type Words, wordsIn } from '../../sensor/language/words.ts';
import { timelineText } from '../../sensor/record/wording.ts';
import { CASES } from '../../sensor/self-test/cases.ts';
import { Stage } from '../support/stage.ts';
import { leftovers, lostIn } from './leftovers.ts';

const packs = await Promise.all(LANGUAGES.filter((language) => language !== 'en').map(wordsIn));

interface Told {
  kind: IncidentKind;
  texts: [english: string, other: string][];
}

/** Sentences side by side, of all incidents of all homes. */
function told(words: Words): Told[] {
  return CASES.flatMap((one) => {
    const stage = new Stage({ recorded: true });
    stage.spine.engine.warned(one.warnings ?? []);
    stage.play(...one.frames());
    stage.finish();
    const { engine, knowledge, recorder } = stage.spine;
    return recorder.incidents.all().map((incident): Told => {
      // Steps of a firmware note stay as the note words them.
      const note = knowledge.noteOf(engine.devices.get(incident.device ?? '') ?? newDevice('', 0));
      const ofNote = new Set(Object.values(note?.steps ?? {}).flat());
      const [before, after] = [english, words].map((each) => recorder.describer.sentencesIn(each, incident));
      return {
        kind: incident.kind,
        texts: [
          [before?.summary ?? '', after?.summary ?? ''],
          ...incident.before.map((event): [string, string] => [
            timelineText(english, event),
            timelineText(words, event),
          ]),
          ...(before?.advice ?? []).flatMap((step, i): [string, string][] =>
            ofNote.has(step) ? [] : [[step, after?.advice[i] ?? '']],
          ),
        ],
      };
    });
  });
}

describe.each(packs)('in $language', (words) => {
  const all = told(words);

  it('every kind is there', () => {
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(INCIDENT_KINDS));
    expect(all.length).toBeGreaterThan(50);
  });

  it('nothing is empty, English, or without a value that the English has', () => {
    const amiss = all.flatMap(({ kind, texts }) =>
      texts.flatMap(([before, after]) => {
        const [lost, left] = [lostIn(before, after, words), leftovers(after)];
        const isSame = after === '' || after === before;
        return lost.length + left.length > 0 || isSame ? [{ kind, before, after, lost, left }] : [];
      }),
    );
    expect(amiss.slice(0, 5)).toEqual([]);
  });
});
