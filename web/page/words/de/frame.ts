// German: what stands around every view: navigation, states, pairing, and words that all of them use.
import { clockTime } from '../../format.ts';
import type { Words } from '../en/index.ts';

export const name = 'thingwatch';

export const nav = {
  label: 'Seiten',
  home: 'Start',
  incidents: 'Vorfälle',
  devices: 'Geräte',
  expected: 'Erwartet',
  sensor: 'Sensor',
} satisfies Words['nav'];

export const skip = 'Zum Inhalt springen';

export const state = {
  loading: 'Lädt …',
  noAnswer: 'Der Sensor antwortet nicht.',
  failed: 'Das hat nicht geklappt.',
  retry: 'Noch einmal versuchen',
  lost: (since) => `Verbindung um ${clockTime(since)} verloren. Was hier steht, ist von davor.`,
  lostNow: 'Verbindet sich neu …',
  missing: 'Unter dieser Adresse gibt es nichts. Vielleicht wurde es vergessen.',
  more: (count) => `${count} weitere zeigen`,
  olderIncidents: 'Ältere Vorfälle zeigen',
  undo: 'Rückgängig',
  close: 'Schließen',
  cancel: 'Abbrechen',
  save: 'Speichern',
  never: 'nie',
  yes: 'ja',
  no: 'nein',
  unknown: 'unbekannt',
} satisfies Words['state'];

export const severity = {
  critical: 'Kritisch',
  high: 'Hoch',
  medium: 'Mittel',
  low: 'Niedrig',
  info: 'Hinweis',
} satisfies Words['severity'];

export const pair = {
  title: 'Diesen Browser koppeln',
  intro: 'Nur gekoppelte Browser können diese Seite lesen, denn ein befallenes Gerät hängt im selben Netz.',
  how: 'Den QR-Code im Terminal des Sensors scannen, oder auf einem gekoppelten Handy „Sensor“ → „Weiteres Handy koppeln“ öffnen.',
  command: 'Am Sensor gibt dieser Befehl einen neuen Link aus:',
  working: 'Wird gekoppelt …',
  confirm: 'Diesen Browser koppeln',
  nameLabel: 'Name dieses Browsers',
  pasteHint: 'Oder den Link hier einfügen',
} satisfies Words['pair'];

export const browserName = ((system, browser) => `${browser} auf ${system}`) satisfies Words['browserName'];

export const asCertain = ((time, isUncertain) =>
  isUncertain === true ? `${time} (Uhrzeit nicht sicher)` : time) satisfies Words['asCertain'];
