// The clock is put right: what is held for a time is held as long as was said, and a silence is as long as it was.
import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../sensor/attribute/heartbeat.ts';
import { Home } from '../../sensor/attribute/home.ts';
import { LossTally } from '../../sensor/attribute/loss-tally.ts';
import { DAY, GATEWAY, HOUR, MINUTE, SECOND, START } from '../../sensor/self-test/frames/home.ts';

const move = { since: START, until: START + 3 * HOUR, by: 40 * DAY };

it('shares of loss stay in their quarter of an hour', () => {
  const tally = new LossTally();
  tally.add(START, 7, 1);
  tally.moveTime(move.by);
  expect([
    tally.recent(START + move.by + DAY - 15 * MINUTE).samples,
    tally.recent(START + move.by + DAY).samples,
  ]).toEqual([7, 0]);
  tally.add(START + move.by, 5, 0);
  expect(tally.recent(START + move.by)).toMatchObject({ samples: 12, missed: 1 });
});

describe('a silence', () => {
  const around = (heartbeat: Heartbeat, time: number) => [heartbeat.missing(time - 1), heartbeat.missing(time)];

  it('is as long as it was, after what was usual', () => {
    const heartbeat = new Heartbeat();
    heartbeat.moveTime(move.by);
    expect(heartbeat.missing(START)).toBeNull();
    for (let n = 0; n < 20; n++) heartbeat.frame(START + n * 20 * SECOND, false, false);
    heartbeat.moveTime(move.by);
    const last = START + 380 * SECOND + move.by;
    expect(around(heartbeat, last + 80 * SECOND)).toEqual([null, 'everything']);
    heartbeat.frame(last + 20 * SECOND, false, false);
    expect(around(heartbeat, last + 100 * SECOND)).toEqual([null, 'everything']);
  });

  it('of what others say to each other is so too, and how often they call', () => {
    const heartbeat = new Heartbeat();
    for (let n = 0; n < 120; n++) {
      heartbeat.frame(START + n * SECOND, true, false);
      if (n % 5 === 0) heartbeat.frame(START + n * SECOND, false, true);
    }
    heartbeat.moveTime(move.by);
    const last = START + 119 * SECOND + move.by;
    for (let n = 1; n <= 9; n++) heartbeat.frame(last + n * 5 * SECOND, false, true);
    expect(around(heartbeat, last + 45 * SECOND)).toEqual([null, 'unicast']);
  });

  it('of what the kernel counts is one over the same time', () => {
    const heartbeat = new Heartbeat();
    for (let n = 0; n < 30; n++) heartbeat.frame(START + n * SECOND, false, false);
    heartbeat.link({ carrier: true, received: 0 }, START + 30 * SECOND);
    heartbeat.moveTime(move.by);
    heartbeat.link({ carrier: true, received: 59 }, START + 90 * SECOND + move.by);
    expect(heartbeat.missing(START + 90 * SECOND + move.by)).toBe('everything');
    heartbeat.link({ carrier: true, received: 60 }, START + 90 * SECOND + move.by);
    expect(heartbeat.missing(START + 90 * SECOND + move.by)).toBeNull();
  });
});

describe('what was announced', () => {
  const [IP, OWN] = ['203.0.113.7', '198.51.100.1'];
  const trusted = () => true;
  const announced = (): Home => {
    const home = new Home([]);
    home.learn('203.0.113.0', 24, { by: GATEWAY.mac, lifetime: 7200, time: START });
    home.claimPublic(OWN, GATEWAY.mac, START);
    return home;
  };
  const isInside = (home: Home, time: number): boolean => {
    home.expire(time);
    return home.isInside(IP);
  };

  it('holds as long as was said', () => {
    const home = announced();
    home.moveTime(move);
    expect([isInside(home, START + move.by + 2 * HOUR), isInside(home, START + move.by + 2 * HOUR + 1)]).toEqual([
      true,
      false,
    ]);
    const own = (time: number) => home.isOwn(OWN, START + time, trusted);
    expect([own(0), own(move.by), own(move.by + DAY), own(move.by + DAY + 1)]).toEqual([false, true, true, false]);
  });

  it('before the start stays where it was, until it is said again', () => {
    const home = new Home([]);
    home.restore(announced().memory());
    home.moveTime(move);
    expect([isInside(home, START + 2 * HOUR), home.isOwn(OWN, START + DAY, trusted)]).toEqual([true, true]);
    expect([isInside(home, START + 2 * HOUR + 1), home.isOwn(OWN, START + DAY + 1, trusted)]).toEqual([false, false]);
    const again = new Home([]);
    again.restore(announced().memory());
    again.learn('203.0.113.0', 24, { by: GATEWAY.mac, lifetime: 7200, time: START });
    again.claimPublic(OWN, GATEWAY.mac, START);
    again.moveTime(move);
    expect([isInside(again, START + move.by + 2 * HOUR), again.isOwn(OWN, START + move.by, trusted)]).toEqual([
      true,
      true,
    ]);
  });

  it('and was refuted is so for a week of the right time', () => {
    const home = announced();
    home.heardFrom(OWN, 50, START);
    home.moveTime(move);
    home.claimPublic(OWN, GATEWAY.mac, START + move.by + 7 * DAY - 1);
    expect(home.isPublic(OWN)).toBe(false);
    home.claimPublic(OWN, GATEWAY.mac, START + move.by + 7 * DAY);
    expect(home.isPublic(OWN)).toBe(true);
  });
});
