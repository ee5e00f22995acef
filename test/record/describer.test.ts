// Whom an incident's sentences name: by label, with a word for the sensor's own machine, and never by the name of another device
// behind the same MAC.

import { describe, expect, it } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import { english } from '../../sensor/language/words.ts';
import { Describer } from '../../sensor/record/describer.ts';
import { Home } from './home.ts';
import { incident } from './store-fixtures.ts';

const [A, B] = ['a4:cf:12:00:00:0a', 'a4:cf:12:00:00:0b'] as const;

function stage(over: Partial<Device> = {}) {
  const home = new Home([A, B]);
  const { engine, knowledge } = home.stage.spine;
  Object.assign(home.device(A), over);
  const describer = new Describer(knowledge, () => engine, english);
  const said = (evidence: Record<string, unknown>, changes: Parameters<typeof incident>[1] = {}) => {
    const one = incident('i', { device: A, evidence: { attempts: 1, ...evidence }, advice: [], ...changes });
    describer.describe(one, home.device(A));
    return one;
  };
  return { home, describer, knowledge, said };
}

describe('a device is called', () => {
  it.each<[string, Partial<Device>, RegExp]>([
    ['by what it announces', {}, /^host-0a is trying/],
    ['by its label', { label: 'Hall' }, /^Hall is trying/],
    ['by what it is, where it is the sensor', { role: 'sensor' }, /^This sensor itself is trying/],
    ['by its label, and what it is', { role: 'sensor', label: 'Box' }, /^Box \(this sensor itself\) is trying/],
  ])('%s', (_, over, words) => {
    expect(stage(over).said({}).summary).toMatch(words);
  });

  it('by its MAC before anything is known, and not at all where there is none', () => {
    const { home, knowledge } = stage();
    const early = new Describer(knowledge, () => null, english);
    expect(early.nameOf(home.device(A))).toBe(A);
    const blind = incident('i', { device: null });
    early.describe(blind, null);
    expect(blind.summary).toMatch(/^A device is trying/);
  });

  it.each<[string, Partial<Device>, Record<string, unknown>, Parameters<typeof incident>[1], boolean]>([
    ['others speak behind it', { sharedMac: true }, {}, { kind: 'symptom' }, true],
    ['nobody else does', { sharedMac: false }, {}, { kind: 'symptom' }, false],
    ['it is known which', { sharedMac: true }, { behind: { who: 'x' } }, { kind: 'symptom' }, false],
    ['it is mail, of which the address is known', { sharedMac: true }, {}, {}, false],
    ['it was reached, at an address', { sharedMac: true }, {}, { kind: 'exposed' }, false],
  ])('with a doubt where %s', (_, over, evidence, changes, isDoubted) => {
    expect(stage(over).said(evidence, changes).summary.includes('or another device behind the same MAC')).toBe(
      isDoubted,
    );
  });
});

describe('what hands on its frames is called', () => {
  const behind = (kind: 'router' | null, mac: string = B) => ({ behind: { who: 'client', kind, mac } });

  it('by its own name where it has one, and where it has none by its MAC', () => {
    const { home, said } = stage();
    expect(said(behind('router')).evidence.behind).toEqual({ who: 'client', kind: 'router', mac: B, name: 'host-0b' });
    expect(said(behind(null)).evidence.behind).toMatchObject({ name: null });
    home.device(B).label = 'Attic';
    expect(said(behind(null)).evidence.behind).toMatchObject({ name: 'Attic' });
    home.device(B).label = null;
    home.device(B).hostnames = [];
    expect(said(behind('router')).evidence.behind).toMatchObject({ name: null });
  });

  it('nothing where it is not known', () => {
    const { said } = stage();
    for (const evidence of [
      behind('router', 'x'),
      { behind: null },
      { behind: 'x' },
      { behind: { mac: B } },
      { behind: { kind: null } },
    ])
      expect(said(evidence).evidence.behind).toEqual(evidence.behind);
  });
});

describe('mail', () => {
  const destination = (ip: string) => ({
    ...{ ip, port: 25, name: null, nameFrom: null, attempts: 1, connected: 0, refused: 0, unanswered: 0 },
    ...{ messages: 0, recipients: 0, firstSeen: 0, lastSeen: Number.MAX_SAFE_INTEGER },
  });

  it('counts the servers of the device, but not of one behind it', () => {
    const { home, said } = stage();
    for (const ip of ['203.0.113.1', '203.0.113.2']) home.device(A).mail.destinations.set(ip, destination(ip));
    expect(said({}).evidence.servers).toBe(2);
    expect([said({}, { kind: 'symptom' }).evidence.servers, said({ innerAddress: 'x' }).evidence.servers]).toEqual([
      ...[undefined, undefined],
    ]);
  });

  it('in an outbreak is that of the device, or of the address behind it that all of it is of', () => {
    const { describer, home } = stage();
    const device = home.device(A);
    const [own, first, second] = [{}, { innerAddress: 'x' }, { innerAddress: 'y' }].map((evidence) =>
      incident('i', { evidence }),
    );
    if (own === undefined || first === undefined || second === undefined) throw new Error('none');
    expect(
      [[own], [first], [first, second], [own, first], []].map((mail) => describer.mailerName(device, mail)),
    ).toEqual([...['host-0a', 'a device at x', 'a device at x', 'host-0a', 'host-0a']]);
  });
});
