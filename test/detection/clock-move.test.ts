// The homes of the table once more, on a machine whose clock is put right while they are watched: what was kept until then moves
// along, and all that is told in the end is what a right clock would have told.
import { expect, test } from 'vitest';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { DAY, type Stage } from '../support/stage.ts';
import { type Case, type Outcome, play, type Story } from './case.ts';
import { CASES } from './cases.ts';
import { MIRRORED } from './mirrors.ts';
import { SYMPTOMS } from './symptoms.ts';

/** Whole days, so that days and hours of activity stay what they are. */
const SLOW = 40 * DAY;

/** The stage with `send` and `wait` done otherwise. */
function staged(stage: Stage, done: { send: (frame: CapturedFrame) => void; wait: (until: number) => void }): Stage {
  const seen: Stage = new Proxy(stage, {
    get(target, key) {
      if (key === 'send') return done.send;
      if (key === 'wait')
        return (until: number) => {
          done.wait(until);
          return seen;
        };
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' && key !== 'play' ? value.bind(target) : value;
    },
  });
  return seen;
}

/** Plays `home` with its first `early` frames stamped too early, and the clock put right before the next. */
function withSlowClock(home: Story, early: number): Story {
  return (stage) => {
    let sent = 0;
    let [first, now] = [Number.POSITIVE_INFINITY, 0];
    const stamped = (time: number) => {
      const stamp = sent <= early ? time - SLOW : time;
      first = Math.min(first, stamp);
      now = Math.max(now, stamp);
      return stamp;
    };
    return home(
      staged(stage, {
        send(frame) {
          sent += 1;
          if (sent === early + 1 && early > 0) stage.spine.moveTime({ since: first - 1, until: now, by: SLOW }, true);
          stage.send({ ...frame, time: stamped(frame.time) });
        },
        wait: (until) => stage.wait(stamped(until)),
      }),
    );
  };
}

/** Plays a case; `counted` is how many frames its home sends. */
function counted(one: Case, home: Story): { right: Outcome; frames: number } {
  let frames = 0;
  const right = play({
    ...one,
    home: (stage) =>
      home(
        staged(stage, {
          send(frame) {
            frames += 1;
            stage.send(frame);
          },
          wait: (until) => stage.wait(until),
        }),
      ),
  });
  return { right, frames };
}

/** An incident bears the time at which it opened in its id. */
const told = ({ alerts, devices, incidents }: Outcome) => ({
  alerts: alerts.map(({ id: _, ...rest }) => rest),
  devices,
  incidents: incidents.map(({ id: _, ...rest }) => rest),
});

/** Of a habit the day in which the clock was put right is no measure; a case of two parts has a restart in its middle as it is. */
const WATCHED = CASES.flatMap((one) =>
  [...MIRRORED, ...SYMPTOMS].includes(one) || one.settled !== undefined || typeof one.home !== 'function'
    ? []
    : [[one.name, one, one.home] as const],
);

test.each(WATCHED)('%s', (_, one, home) => {
  const { frames, right } = counted(one, home);
  const moved = play({ ...one, home: withSlowClock(home, frames >> 1) });
  expect(told(moved)).toEqual(told(right));
});
