// Which time was watched, which is certain, and how what is remembered moves when the clock is put right.
import { describe, expect, it, test } from 'vitest';
import { newDevice } from '../../sensor/attribute/device.ts';
import { KnownTime } from '../../sensor/attribute/known-time.ts';
import { moveDevice, moveTimes } from '../../sensor/attribute/time-move.ts';
import { countActivity } from '../../sensor/attribute/timeline.ts';
import { DAY, HOUR, MINUTE, START } from '../support/stage.ts';

describe('watched time', () => {
  it('is what is left between gaps, wherever they overlap the span', () => {
    const time = new KnownTime();
    time.addGap(START + DAY, 10 * DAY);
    time.addGap(START + 20 * DAY, 2 * HOUR);
    time.addGap(START + 25 * DAY, MINUTE);
    expect(time.lived(START, START + 30 * DAY)).toBe(20 * DAY - 2 * HOUR);
    expect(time.lived(START + 5 * DAY, START + 12 * DAY)).toBe(DAY);
    expect(time.lived(START + 2 * DAY, START + 3 * DAY)).toBe(0);
    expect(time.livedSince(START + 30 * DAY, 20 * DAY - 2 * HOUR)).toBe(START);
    expect(time.livedSince(START + 19 * DAY, 8 * DAY)).toBe(START + 11 * DAY);
  });

  it('and certainty come back from text; what is no such text is nothing', () => {
    const time = new KnownTime();
    time.addGap(START, DAY);
    time.uncertain(START, START + HOUR);
    const again = new KnownTime();
    again.restore(time.text());
    expect([again.lived(START, START + 2 * DAY), again.isUncertain(START + MINUTE)]).toEqual([DAY, true]);
    expect(again.isUncertain(START + 2 * HOUR)).toBe(false);
    for (const text of ['', '{', '{"gaps":[{"at":1}]}', 'null', null]) {
      const none = new KnownTime();
      none.restore(text);
      expect(none.lived(START, START + DAY)).toBe(DAY);
    }
  });

  it('stays bounded, however often a machine is switched off', () => {
    const time = new KnownTime();
    for (let n = 0; n < 1000; n++) {
      time.addGap(START + n * DAY, HOUR);
      time.uncertain(START + n * DAY, START + n * DAY + HOUR);
      time.uncertain(null, START + n * DAY + HOUR);
    }
    expect(time.text().length).toBeLessThan(8000);
    expect(time.isUncertain(START + 999 * DAY)).toBe(true);
  });

  it('does not hold the time that a correction skips', () => {
    const time = new KnownTime();
    time.uncertain(START, START + HOUR);
    time.move({ since: START, until: START + HOUR, by: 40 * DAY });
    expect(time.lived(START - HOUR, START + 40 * DAY + HOUR)).toBe(2 * HOUR);
    expect(time.isUncertain(START + MINUTE)).toBe(false);
  });
});

describe('a move', () => {
  const move = { since: START, until: START + HOUR, by: 40 * DAY };

  test('takes times within it along, in numbers and ISO texts, and nothing else', () => {
    const value = {
      at: START + MINUTE,
      before: START - 1,
      until: START + 2 * HOUR,
      lastContact: new Date(START + MINUTE).toISOString(),
      older: new Date(START - DAY).toISOString(),
      bytesDown: START + MINUTE,
      port: 25,
      list: [['server', START + MINUTE]],
    };
    expect(moveTimes(value, move)).toBe(true);
    expect(value).toEqual({
      at: START + MINUTE + 40 * DAY,
      before: START - 1,
      until: START + 2 * HOUR,
      lastContact: new Date(START + MINUTE + 40 * DAY).toISOString(),
      older: new Date(START - DAY).toISOString(),
      bytesDown: START + MINUTE,
      port: 25,
      list: [['server', START + MINUTE + 40 * DAY]],
    });
    expect(moveTimes(value, { since: START, until: START, by: DAY })).toBe(false);
  });

  test('moves a new device as a whole, and of an older one only what is new', () => {
    const [fresh, old] = [newDevice('02:00:00:00:00:01', START + 1), newDevice('02:00:00:00:00:02', START - 3 * DAY)];
    for (const device of [fresh, old]) countActivity(device, START + MINUTE, 'connections');
    old.lastSeen = START + MINUTE;
    expect([moveDevice(fresh, move), moveDevice(old, move)]).toEqual([true, true]);
    expect(fresh).toMatchObject({ firstSeen: START + 1 + 40 * DAY, lastSeen: START + 1 + 40 * DAY });
    expect(fresh.activity.map(({ hour }) => hour)).toEqual([Math.floor((START + MINUTE) / HOUR) + 40 * 24]);
    expect(old).toMatchObject({ firstSeen: START - 3 * DAY, lastSeen: START + MINUTE + 40 * DAY });
  });

  test('back by an hour joins what fell into the same hour', () => {
    const device = newDevice('02:00:00:00:00:01', START);
    countActivity(device, START + MINUTE, 'connections');
    countActivity(device, START + HOUR + MINUTE, 'connections');
    moveDevice(device, { since: START + HOUR, until: START + 2 * HOUR, by: -HOUR });
    expect(device.activity).toEqual([{ hour: START / HOUR, connections: 2, mailAttempts: 0 }]);
  });
});
