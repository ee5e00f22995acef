// All cases.
import type { Case } from './case.ts';
import { CAMERA, MAIL_SERVER, START } from './frames/home.ts';
import { mail } from './frames/traffic.ts';

export const CASES: readonly Case[] = Array.from({ length: 40 }, (_, i) => ({
  name: `mail ${i}`,
  frames: () => [mail(CAMERA, MAIL_SERVER, START)],
  expect:
    i < 0
      ? []
      : [
          {
            kind: 'mail_started',
            device: CAMERA.mac,
            severity: 'high',
            evidence: { attempts: 1, unanswered: 1 },
            alerts: ['opened'],
          },
        ],
}));
