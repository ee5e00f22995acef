// Homes of the other files once more, as other mirrors show them: nothing more and nothing less may come of them.
import { type CapturedFrame, wrapAll } from '../support/packet-builder.ts';
import type { Stage } from '../support/stage.ts';
import type { Case, Story } from './case.ts';
import { tagged } from './innocent-homes-links.ts';
import { PEOPLES_MAIL } from './innocent-homes-mail.ts';
import { NETWORKS } from './innocent-homes-network.ts';
import { WEB_PROXIES } from './innocent-homes-servers.ts';
import { THINGS } from './innocent-homes-things.ts';
import { MAIL } from './mail.ts';

type Mirror = (frames: readonly CapturedFrame[]) => CapturedFrame[];

/** So long after the first, in turn. */
const DELAYS = [0, 1, 4, 11, 19];

const again = (frames: readonly CapturedFrame[], change: (frame: CapturedFrame) => CapturedFrame) =>
  frames.map((frame, i) => ({ ...change(frame), time: frame.time + (DELAYS[i % DELAYS.length] ?? 0) }));

const MIRRORS: Readonly<Record<string, Mirror>> = {
  'every frame twice': (frames) => [...frames, ...again(frames, (frame) => frame)],
  'and its VLAN copy': (frames) => [...frames, ...again(frames, (frame) => tagged(frame, { vlans: [7] }))],
  'sent on as TZSP': (frames) => wrapAll(frames, 'tzsp'),
  'sent on as ERSPAN II': (frames) => wrapAll(frames, 'erspan2'),
};

function through(mirror: Mirror, home: Story): Story {
  return (stage) => {
    const seen: Stage = new Proxy(stage, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (key === 'play')
          return (...parts: readonly (CapturedFrame | readonly CapturedFrame[])[]) => {
            target.play(mirror(parts.flat()));
            return seen;
          };
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return home(seen);
  };
}

const shown = (cases: readonly Case[]): Case[] =>
  Object.entries(MIRRORS).flatMap(([name, mirror]) =>
    cases.map((one) => ({
      ...one,
      name: `${one.name}, ${name}`,
      home: typeof one.home === 'function' ? through(mirror, one.home) : one.home.map((part) => through(mirror, part)),
      ...(one.settled === undefined ? {} : { settled: through(mirror, one.settled) }),
    })),
  );

export const MIRRORED: readonly Case[] = [
  ...shown([...PEOPLES_MAIL.slice(0, 3), ...NETWORKS.slice(0, 3), ...WEB_PROXIES.slice(0, 2), ...THINGS.slice(0, 4)]),
  ...shown(MAIL.slice(0, 3)),
];
