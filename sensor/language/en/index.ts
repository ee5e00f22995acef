// The English pack, which the others are measured by. It is always there: logs and commands speak it.
import { speaking } from '../sentences.ts';
import { before, names, places, same } from './devices.ts';
import { doors, time } from './doors.ts';
import { advice, incidents } from './incidents.ts';
import { lookup, mail } from './mail.ts';
import { health, sight } from './sight.ts';
import { alerts, entities, homeAssistant, week } from './telling.ts';
import { warnings } from './warnings.ts';

const pack = {
  ...{ unknown: 'unknown', mail, lookup, doors, time, incidents, advice, names, places, before, same, sight, health },
  ...{ week, alerts, entities, homeAssistant, warnings },
} as const;

export type EnglishPack = typeof pack;

/** British, since it has no comma before "and". Counts and days are in the JSON as well, so they are written as they are there. */
export const english = {
  language: 'en',
  ...speaking(pack, {
    locale: 'en-GB',
    thousands: '',
    numbers: { useGrouping: false, maximumFractionDigits: 20 },
    and: ' and ',
    dates: { locale: 'en-CA', year: 'numeric', month: '2-digit', day: '2-digit' },
  }),
} as const;
