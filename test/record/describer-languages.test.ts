// Incidents in another language than they are stored in: for whoever asks, and for good where the sensor speaks another one now.
import { describe, expect, it } from 'vitest';
import { words as german } from '../../sensor/language/de/index.ts';
import { english, type Words } from '../../sensor/language/words.ts';
import { Describer } from '../../sensor/record/describer.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { canBeTold } from '../../sensor/record/wording.ts';
import { Home } from './home.ts';
import { incident } from './store-fixtures.ts';

const [A, B, C] = ['a4:cf:12:00:00:0a', 'a4:cf:12:00:00:0b', 'a4:cf:12:00:00:0c'] as const;
const home = new Home([A, B]);
const { engine, knowledge } = home.stage.spine;
home.device(A).label = 'Hall';
const describer = (words: Words, known = true) => new Describer(knowledge, () => (known ? engine : null), words);

/** As the sensor wrote it, in English. */
function stored(over: Partial<Incident> = {}, mac: string | null = A): Incident {
  const one = incident('i', { device: mac, evidence: { attempts: 1 }, ...over });
  describer(english).describe(one, mac === null ? null : (engine.devices.get(mac) ?? null));
  return one;
}

describe('an incident is told', () => {
  it('in the language that is asked for, and stays as it is stored', () => {
    const one = stored();
    const before = structuredClone(one);
    const told = describer(english).sentencesIn(german, one);
    expect(told.summary).toMatch(/^Hall versucht/);
    expect(told.advice).not.toEqual(one.advice);
    expect([one, describer(english).sentencesIn(english, one)]).toEqual([before, one]);
  });

  it('as it is stored, where its device is forgotten, or what it takes is not known of it', () => {
    const [gone, old] = [stored({}, C), stored({ kind: 'exposed', evidence: {}, portClass: '' })];
    for (const one of [gone, old]) expect(describer(english).sentencesIn(german, one)).toBe(one);
    expect(describer(english, false).sentencesIn(german, stored())).toMatchObject({ summary: stored().summary });
  });

  it('without a device also before anything is known', () => {
    const blind = stored({ kind: 'sensor_blind', portClass: '', evidence: { vantage: 'broadcast-only' } }, null);
    const told = describer(english, false).sentencesIn(german, blind);
    expect([told === blind, told.summary === blind.summary, told.summary.length > 10]).toEqual([false, false, true]);
  });

  it('with the words for this sensor in that language', () => {
    const device = home.device(B);
    device.role = 'sensor';
    const said = (label: string | null) => {
      device.label = label;
      return describer(english).sentencesIn(german, stored({}, B)).summary;
    };
    expect([said(null), said('Box')]).toEqual([
      expect.stringMatching(/^Dieser Sensor selbst versucht/),
      expect.stringMatching(/^Box \(dieser Sensor selbst\) versucht/),
    ]);
    device.role = 'device';
    device.label = null;
  });
});

describe('names that the sensor made up', () => {
  const outbreak = (...devices: unknown[]): Incident =>
    stored({ kind: 'outbreak', portClass: '', evidence: { backend: 'bad.example', role: 'update', devices } }, null);
  const namesIn = (words: Words, one: Incident) => {
    const [again] = describer(words).retold([one], 'en');
    return (again?.evidence.devices as { name: string }[] | undefined)?.map(({ name }) => name);
  };
  const since = { firstSeen: 1, mailedAt: 2 };

  it('are made up anew: those of one behind another, and those of devices without a name of their own', () => {
    const bare = engine.devices.seen(C, 0);
    if (bare === null) throw new Error('no device');
    engine.devices.keep(bare);
    const [inEnglish, inGerman] = [english, german].map((words) => describer(words).nameOf(bare));
    const one = outbreak(
      { mac: A, name: 'a device at 192.168.7.3', ...since },
      { mac: C, name: inEnglish, ...since },
      { mac: A, name: 'Hall', ...since },
      { mac: 'x', name: 'gone', ...since },
    );
    expect(namesIn(german, one)).toEqual(['ein Gerät mit der Adresse 192.168.7.3', inGerman, 'Hall', 'gone']);
    engine.devices.forget(C);
  });

  it('are left alone where there is none', () => {
    const one = outbreak({ mac: A, ...since }, { mac: A, name: 'Hall', ...since });
    const [again] = describer(german).retold([one], 'en');
    expect(again?.evidence.devices).toEqual([
      { mac: A, ...since },
      { mac: A, name: 'Hall', ...since },
    ]);
  });
});

describe('what is stored is told anew', () => {
  it('where the sensor speaks another language now, and else not', () => {
    const again = (words: Words, language: string | null) => describer(words).retold([stored()], language).length;
    expect([again(english, null), again(english, 'en'), again(english, 'de')]).toEqual([0, 0, 1]);
    expect([again(german, null), again(german, 'en'), again(german, 'de')]).toEqual([1, 1, 0]);
  });

  it('but for what cannot be told any more', () => {
    const [one, gone, old, blind] = [
      stored(),
      stored({}, C),
      stored({ kind: 'exposed', evidence: {}, portClass: '' }),
      stored({ kind: 'sensor_blind', portClass: '', evidence: { vantage: 'broadcast-only' } }, null),
    ];
    const kept = [gone, old].map(({ summary }) => summary);
    expect(describer(german).retold([one, gone, old, blind], 'en')).toEqual([one, blind]);
    expect(one.summary).toMatch(/^Hall versucht/);
    expect([gone, old].map(({ summary }) => summary)).toEqual(kept);
  });
});

it.each<[Incident['kind'], Incident['evidence']]>([
  ['mail_started', { attempts: 1 }],
  ['submission_started', { attempts: 1, lastDestination: {} }],
  ['mail_lookup', { mx: 1, dnsbl: 0 }],
  ['backend_new', { backend: 'a.example' }],
  ['updates_overdue', { backend: 'a.example', lastContact: 1 }],
  ['outbreak', { devices: [] }],
  ['symptom', { measure: 'x', value: 1, usual: 0 }],
  ['exposed', { ports: [], connections: 0 }],
  ['port_mapping', { mapping: {} }],
  ['mac_flood', { addresses: 1 }],
  ['sensor_blind', { vantage: 'nothing' }],
  ['fleet_warning', { backend: 'a.example', homesMailed: 5, homesExposed: 6, contacts: 1 }],
])('%s can be told from %j, and from nothing less', (kind, evidence) => {
  expect(canBeTold({ kind, evidence: { ...evidence, more: 1 } })).toBe(true);
  for (const key of Object.keys(evidence))
    expect([key, canBeTold({ kind, evidence: { ...evidence, [key]: undefined } })]).toEqual([key, false]);
});
