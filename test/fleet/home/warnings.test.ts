// What a home keeps of its fleet's warnings: over restarts, in their order, and none that was ended or has run out, whoever sends it again.
import { beforeEach, describe, expect, it } from 'vitest';
import type { HeldWarning } from '../../../sensor/detect/held-warning.ts';
import { MOST_WARNINGS } from '../../../sensor/detect/warned.ts';
import { warningTopic } from '../../../sensor/fleet/topics.ts';
import { signWarning, type Warning } from '../../../sensor/fleet/warning.ts';
import { Warnings } from '../../../sensor/fleet/warnings.ts';
import { DAY, fleetKey, HOUR, isoTime, NOW, sampleWarning } from '../support/sample-warning.ts';

const fleet = fleetKey();
const stranger = fleetKey();
let now = NOW;
let disk: Map<string, string>;
let told: (readonly HeldWarning[])[];
let log: string[];
let home: Warnings;

function started(keys = [fleet.text]): Warnings {
  const warnings = new Warnings({
    keys,
    store: { meta: (key) => disk.get(key) ?? null, setMeta: (key, text) => disk.set(key, text) },
    now: () => now,
    onHeld: (held) => told.push(held),
    log: { info: () => {}, warn: (message) => log.push(message) },
  });
  warnings.start();
  return warnings;
}

beforeEach(() => {
  [now, disk, told, log] = [NOW, new Map(), [], []];
  home = started();
});

/** Time goes by, so that the pace of messages is no matter. */
function send(warning: Warning, key = fleet.key, to = home): void {
  to.onMessage(warningTopic(warning.id), Buffer.from(signWarning(warning, key)));
  now += 100;
  to.tick();
}
const held = () => told.at(-1)?.map(({ id, revision }) => `${id.slice(-2)} ${revision}`) ?? [];
const refused = () => home.health().refused;
const issued = (more: Partial<Warning>, at: number) =>
  sampleWarning({ issuedAt: isoTime(at), expiresAt: isoTime(at + 7 * DAY), ...more });

it('what is believed is handed on once, with times as numbers, and survives a restart', () => {
  send(sampleWarning());
  send(sampleWarning());
  expect(told).toHaveLength(1);
  const { state: _open, ...warning } = sampleWarning();
  const times = { issuedAt: NOW - HOUR, expiresAt: NOW + 7 * DAY, firstSeen: NOW - 9 * DAY };
  expect(told[0]).toEqual([{ ...warning, ...times }]);
  expect(home.health()).toEqual({ held: 1, refused: {} });
  told = [];
  started();
  expect(told).toEqual([[{ ...warning, ...times }]]);
});

it('knows when one that is believed came last, also one that was known, and of no other', () => {
  expect(home.heardAt).toBeNull();
  send(sampleWarning({ id: 'a'.repeat(16) }), stranger.key);
  home.onMessage(warningTopic('a'.repeat(16)), Buffer.alloc(0));
  expect(home.heardAt).toBeNull();
  send(sampleWarning());
  const first = now - 100;
  expect(home.heardAt).toBe(first);
  now += HOUR;
  send(sampleWarning());
  expect(home.heardAt).toBe(first + 100 + HOUR);
});

it('what is forged changes nothing, is counted by its reason and told of once', () => {
  send(sampleWarning());
  send(sampleWarning({ revision: 9 }), stranger.key);
  for (let i = 0; i < 5; i++) send(sampleWarning({ revision: 10 + i, state: 'ended' }), stranger.key);
  home.onMessage('fleet/v1/warnings/x', Buffer.from('{'));
  home.onMessage(
    warningTopic('zzzzzzzz12345678'),
    Buffer.from(signWarning(sampleWarning({ revision: 20 }), fleet.key)),
  );
  send(issued({ expiresAt: isoTime(NOW + 40 * DAY) }, NOW));
  send(issued({ revision: 30 }, NOW - 8 * DAY));
  home.tick();
  expect(held()).toEqual(['78 3']);
  expect(refused()).toEqual({ unsigned: 6, malformed: 2, 'too-long': 1, expired: 1 });
  expect(log).toHaveLength(4);
});

describe('in their order', () => {
  it('what was issued earlier never replaces what was issued later, and a renewed one holds for longer', () => {
    send(issued({ revision: 4 }, NOW - HOUR));
    send(issued({ revision: 3 }, NOW - 90 * 60_000));
    send(issued({ revision: 5 }, NOW - 2 * HOUR));
    // At the very same time the later edition.
    send(issued({ revision: 3 }, NOW - HOUR));
    expect(refused()).toEqual({ outdated: 3 });
    send(issued({ revision: 4 }, NOW));
    expect(told.at(-1)?.[0]?.expiresAt).toBe(NOW + 7 * DAY);
  });

  it('a fleet that starts again from an older copy is heard though its editions begin earlier, and no old one wins for that', () => {
    const before = [issued({ revision: 8 }, NOW - 2 * DAY), issued({ revision: 9 }, NOW - DAY)];
    for (const one of before) send(one);
    const again = issued({ revision: 3, homes: { exposed: 40, mailed: 12 } }, NOW - HOUR);
    send(again);
    expect([held(), told.at(-1)?.[0]?.homes.mailed]).toEqual([['78 3'], 12]);
    for (const one of before) send(one);
    home = started();
    for (const one of before) send(one);
    expect(held()).toEqual(['78 3']);
    send(issued({ revision: 4, state: 'ended' }, NOW));
    expect(held()).toEqual([]);
    for (const one of [...before, again]) send(one);
    expect([held(), refused()]).toEqual([[], { outdated: 5 }]);
  });

  it('one that was ended stays so, whatever was said before is sent again, and after a restart as well', () => {
    const before = [issued({ revision: 1 }, NOW - 2 * DAY), issued({ revision: 2 }, NOW - DAY)];
    for (const one of before) send(one);
    // This one was kept from the home, and holds the longest.
    const keptBack = issued({ revision: 2 }, NOW - HOUR);
    send(issued({ revision: 3, state: 'ended' }, NOW));
    expect(held()).toEqual([]);
    for (const one of [...before, keptBack]) send(one);
    home = started();
    for (const one of [...before, keptBack]) send(one);
    for (let day = 1; day < 8; day++) {
      now = NOW + day * DAY;
      home.tick();
      for (const one of [...before, keptBack]) send(one);
    }
    expect(held()).toEqual([]);
    expect(Object.keys(refused()).sort()).toEqual(['expired', 'outdated']);
    // Forgotten once nothing of it could hold any more; the outbreak itself may come back.
    expect(disk.get('fleet_warnings')).toBe('[]');
    send(issued({ revision: 4 }, now));
    expect(held()).toEqual(['78 4']);
  });

  it('nobody ends one without a signature: an empty message is what a server clears by', () => {
    send(sampleWarning());
    home.onMessage(warningTopic(sampleWarning().id), Buffer.alloc(0));
    home.tick();
    expect(held()).toEqual(['78 3']);
    expect(refused()).toEqual({});
  });
});

it('one that runs out is over, here and on disk', () => {
  send(sampleWarning());
  now = NOW + 7 * DAY;
  home.tick();
  expect(held()).toEqual([]);
  expect(disk.get('fleet_warnings')).toBe('[]');
});

it('one from the future is looked at again when the clock has been put right', () => {
  now = NOW - 365 * DAY;
  home.tick();
  send(sampleWarning());
  send(sampleWarning({ id: 'abcdefgh12345679' }), stranger.key);
  expect([held(), refused()]).toEqual([[], { early: 1, unsigned: 1 }]);
  now = NOW;
  home.tick();
  expect([held(), refused()]).toEqual([['78 3'], { early: 1, unsigned: 1 }]);
});

describe('there is an end to what is kept:', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => sampleWarning({ id: `outbreak${String(i).padStart(8, '0')}` }));

  it('so many open ones, and room again when one of them ends', () => {
    for (const one of many(MOST_WARNINGS + 3)) send(one);
    expect(home.health()).toEqual({ held: MOST_WARNINGS, refused: { full: 3 } });
    send({ ...sampleWarning({ id: 'outbreak00000000', revision: 4 }), state: 'ended' });
    send(sampleWarning());
    expect(home.health()).toMatchObject({ held: MOST_WARNINGS });
    expect(held()).toContain('78 3');
  });

  it('ended ones too: the disk holds no more than it would of open ones four times', () => {
    for (let i = 0; i < 4; i++)
      for (const one of many(100)) send({ ...one, id: `${'abcd'[i]}${one.id.slice(1)}`, state: 'ended' });
    expect(refused()).toEqual({ full: 400 - 4 * MOST_WARNINGS });
    expect(JSON.parse(disk.get('fleet_warnings') ?? '')).toHaveLength(4 * MOST_WARNINGS);
  });

  it('a flood of messages is not even looked at, and the disk is written to once a second at most', () => {
    let writes = 0;
    const set = disk.set.bind(disk);
    disk.set = (key, text) => {
      writes++;
      return set(key, text);
    };
    for (let i = 0; i < 10_000; i++)
      home.onMessage(warningTopic('abcdefgh12345678'), Buffer.from(JSON.stringify({ i })));
    expect(refused()).toMatchObject({ malformed: 512, flood: 9488 });
    now += 60_000;
    for (let i = 0; i < 100; i++)
      home.onMessage(
        warningTopic('abcdefgh12345678'),
        Buffer.from(signWarning(sampleWarning({ revision: 5 + i }), fleet.key)),
      );
    home.tick();
    expect([writes, told.length, held()]).toEqual([1, 1, ['78 104']]);
  });
});

it('an enrolment with a key that is none is no end of the sensor: the other key counts, and it is said', () => {
  home = started([`${'A'.repeat(59)}=`, fleet.text]);
  send(sampleWarning());
  expect(held()).toEqual(['78 3']);
  expect(log.join()).toContain('ask whoever runs the fleet for a new enrolment');
});

it('another fleet’s are not believed any more, nor what became of the disk', () => {
  send(sampleWarning());
  told = [];
  started([stranger.text]);
  expect(told).toEqual([]);
  for (const text of ['[', '{}', '[1]', '["x"]', JSON.stringify(Array.from({ length: 1000 }, () => ''))]) {
    disk.set('fleet_warnings', text);
    started();
  }
  expect(told).toEqual([]);
});
