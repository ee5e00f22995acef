// Deutsch, höflich und im Ton eines Haushaltsgeräts. Geladen wird es nur, wo es jemand haben will.
import { speaking } from '../sentences.ts';
import type { Words } from '../words.ts';
import { before, names, places, same } from './devices.ts';
import { doors, time } from './doors.ts';
import { advice, incidents } from './incidents.ts';
import { lookup, mail } from './mail.ts';
import { health, sight } from './sight.ts';
import { alerts, entities, homeAssistant, week } from './telling.ts';
import { warnings } from './warnings.ts';

const pack = {
  ...{ unknown: 'unbekannt', mail, lookup, doors, time, incidents, advice, names, places, before, same, sight, health },
  ...{ week, alerts, entities, homeAssistant, warnings },
} as const;

export const words: Words = {
  language: 'de',
  ...speaking(pack, {
    locale: 'de',
    thousands: '.',
    numbers: { maximumFractionDigits: 20 },
    and: ' und ',
    dates: { locale: 'de', day: 'numeric', month: 'long', year: 'numeric' },
  }),
};
