// A device against its own last weeks: noted and never told; and homes that are busy every day, of which nothing is noted.
import { answered, visit } from '../support/name-frames.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { CAMERA, DAY, HOUR, MINUTE, START, TELEVISION } from '../support/stage.ts';
import type { Case } from './case.ts';
import { IPHONE, joins, visits } from './household.ts';

const MIDNIGHT = Math.ceil(START / DAY) * DAY;
const NOTE = { kind: 'symptom', device: CAMERA, severity: 'info', alerts: 0 } as const;
type Host = { mac: string; ip: string };

const contact = (from: Host, i: number, time: number) =>
  visit(from, `203.0.113.${i % 250}`, time, { host: `edge-${i % 250}.cloud.example` });

/** Four contacts a day with one host, from `day` (days after the first midnight) on. */
function quietDays(day: number, count: number, from: Host = CAMERA): CapturedFrame[] {
  return Array.from({ length: count }, (_, i) =>
    [1, 7, 13, 19].flatMap((hour) => contact(from, 80, MIDNIGHT + (day + i) * DAY + hour * HOUR)),
  ).flat();
}

/** `count` contacts within an hour, to `hosts` hosts of the usual domain. */
function busyHour(day: number, count: number, hosts = 250, from: Host = CAMERA): CapturedFrame[] {
  const begin = MIDNIGHT + day * DAY + 10 * HOUR;
  const every = Math.floor((HOUR - MINUTE) / count);
  return Array.from({ length: count }, (_, i) => contact(from, i % hosts, begin + i * every)).flat();
}

/** The neighbour asks for the camera's web page, which takes `delay` to answer. */
function asked(day: number, delay: number): CapturedFrame[] {
  return Array.from({ length: 25 }, (_, i) => {
    const [syn, ...rest] = visits(TELEVISION, CAMERA, 80, MIDNIGHT + day * DAY + 9 * HOUR + i * MINUTE);
    return [...(syn === undefined ? [] : [syn]), ...rest.map((frame) => ({ ...frame, time: frame.time + delay }))];
  }).flat();
}

export const SYMPTOMS: readonly Case[] = [
  {
    name: 'symptom: a hundred hosts in an hour, four contacts a day before',
    home: (stage) => stage.play(quietDays(0, 12), busyHour(12, 100)),
    expect: [
      { ...NOTE, evidence: { measure: 'destinations' } },
      { ...NOTE, evidence: { measure: 'connections', usual: 1 } },
    ],
  },
  {
    name: 'symptom: a hundred connections to one host',
    home: (stage) => stage.play(quietDays(0, 12), busyHour(12, 100, 1)),
    expect: [{ ...NOTE, evidence: { measure: 'connections' } }],
  },
  {
    name: 'symptom: talking all day long',
    home: (stage) => {
      const allDay = Array.from({ length: 280 }, (_, i) => contact(CAMERA, 80, MIDNIGHT + 12 * DAY + i * 5 * MINUTE));
      stage.play(quietDays(0, 12), ...allDay, quietDays(13, 1));
    },
    expect: [{ ...NOTE, evidence: { measure: 'always-on' } }],
  },
  {
    name: 'symptom: slow to answer its neighbours',
    home: (stage) => {
      for (let day = 0; day < 10; day++) stage.play(quietDays(day, 1), asked(day, 5));
      stage.play(asked(10, 400));
    },
    expect: [{ ...NOTE, evidence: { measure: 'slow' } }],
  },
  {
    name: 'symptom: slow between an answer of the DNS and what it asked for',
    home: (stage) => {
      const resolves = (day: number, delay: number) =>
        Array.from({ length: 25 }, (_, i) => {
          const time = MIDNIGHT + day * DAY + 9 * HOUR + i * 2 * MINUTE;
          const answer = answered(CAMERA, 'edge-80.cloud.example', ['203.0.113.80'], time);
          return [answer, ...contact(CAMERA, 80, time + delay)];
        }).flat();
      for (let day = 0; day < 10; day++) stage.play(resolves(day, 10));
      stage.play(resolves(10, 900));
    },
    expect: [{ ...NOTE, evidence: { measure: 'slow' } }],
  },
  {
    name: 'busy every day: nothing is unusual about one day more',
    home: (stage) => {
      for (let day = 0; day < 13; day++) stage.play(busyHour(day, 70 + ((day * 7) % 20)));
    },
    shows: [{ device: CAMERA, report: { backends: [{ name: 'cloud.example' }] } }],
  },
  {
    name: 'busy on its fifth day: it has no habit yet to stray from',
    home: (stage) => stage.play(quietDays(0, 5), busyHour(5, 150)),
  },
  {
    name: 'a telephone that is quiet for two weeks, and then is played with',
    home: (stage) => stage.play(joins(IPHONE, START), quietDays(0, 13, IPHONE), busyHour(13, 200, 250, IPHONE)),
    shows: [{ device: IPHONE, report: { class: 'general-purpose' } }],
  },
  {
    name: 'a television that is watched twice as long at the weekend',
    home: (stage) => {
      for (let day = 0; day < 14; day++) stage.play(busyHour(day, day % 7 >= 5 ? 80 : 40, 10, TELEVISION));
    },
  },
];
