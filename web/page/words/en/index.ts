// Every word of the page in English, which says what a language has to have.
import { device, devices, deviceView, expected } from './device.ts';
import { asCertain, browserName, name, nav, pair, severity, skip, state } from './frame.ts';
import { guide } from './guide.ts';
import { chart, home, sentence, tone, week } from './home.ts';
import { dialogue, fact, factValue, incident, incidentState, incidents, kind, outbreak, share } from './incident.ts';
import { phone } from './phone.ts';
import { coverage, sensor } from './sensor.ts';

export const words = {
  name,
  nav,
  skip,
  state,
  severity,
  pair,
  browserName,
  asCertain,
  sentence,
  tone,
  home,
  chart,
  week,
  guide,
  incidentState,
  kind,
  incidents,
  incident,
  outbreak,
  dialogue,
  fact,
  factValue,
  share,
  device,
  devices,
  deviceView,
  expected,
  coverage,
  phone,
  sensor,
};

/** What the page has to be able to say, in any language. */
export type Words = typeof words;
