// German: the sentence on top of the home view, and what stands below it.
import { day, figure, percent, plural, shortTime, span } from '../../format.ts';
import type { Words } from '../en/index.ts';

const atLeast = (more: boolean): string => (more ? 'Mindestens ' : '');

export const sentence = {
  notConnected: 'Ich erreiche den Sensor nicht.',
  notCurrent: 'Was diese Seite zuvor gezeigt hat, gilt nicht mehr sicher.',
  recording: {
    replay: 'Das ist die Wiedergabe einer Aufzeichnung, nicht das Heimnetz von jetzt.',
    demo: 'Das ist eine Vorführung, nicht das eigene Heimnetz.',
  },
  cannotSee: (reason) => `Ich sehe nicht genug: ${reason}`,
  alsoBlind: (reason) => `Außerdem sehe ich nicht genug: ${reason}`,
  sight: (sentence) => sentence.replace(/:.*$/, '.'),
  halfBlind: 'Halb blind.',
  toChange: (fix) => `Um mehr zu sehen: ${fix}`,
  capture: {
    starting: 'Die Aufzeichnung beginnt gerade erst.',
    restarting: 'Die Aufzeichnung ist abgebrochen und wird neu gestartet.',
    failed: 'Die Aufzeichnung ist gescheitert.',
    ended: 'Die Aufzeichnung ist zu Ende.',
  },
  noFrame: 'Noch kein einziges Paket ist angekommen.',
  silentSince: (last, now) => `Seit ${shortTime(last, now)} ist kein Paket angekommen.`,
  loss: (share) => `${percent(share)} % der Pakete gehen verloren, bevor ich sie lesen kann.`,
  lossBetween: (low, high) =>
    `Zwischen ${percent(low)} und ${percent(high)} % der Pakete gehen verloren, bevor ich sie lesen kann.`,
  justStarted: (started, now) => `Ich beobachte erst seit ${shortTime(started, now)}.`,
  notStored: (since, now) =>
    `Der Datenträger des Sensors nimmt nichts Neues an: Was seit ${shortTime(since, now)} geschah, steht nur im Arbeitsspeicher und ist weg, wenn der Sensor neu startet.`,
  noDevice: 'Noch wurde kein Gerät gesehen.',
  noTraffic: 'Noch hat kein Gerät mit dem Internet gesprochen.',
  gaps: (seen, hours) => `Nur in ${seen} der letzten ${plural(hours, 'Stunde', 'Stunden')} habe ich Verkehr gesehen.`,
  someGaps: (seen, hours) =>
    `Mit Lücken: In ${seen} der letzten ${plural(hours, 'Stunde', 'Stunden')} habe ich Verkehr gesehen.`,
  sends: (name, since, now) => `${name} verschickt Mail seit ${shortTime(since, now)}.`,
  tries: (name, since, now) => `${name} versucht seit ${shortTime(since, now)}, Mail zu verschicken.`,
  severalSend: (count, more) => `${atLeast(more)}${plural(count, 'Gerät verschickt', 'Geräte verschicken')} Mail.`,
  severalTry: (count, more) =>
    `${atLeast(more)}${plural(count, 'Gerät versucht', 'Geräte versuchen')}, Mail zu verschicken.`,
  noneAnswered: 'Kein Mailserver hat sichtbar geantwortet: Vielleicht sperrt der Anbieter oder der Router.',
  namely: (names) =>
    names.length > 4 ? `${names.slice(0, 4).join(', ')} und ${names.length - 4} weitere` : names.join(', '),
  alsoOpen: (count) => `${plural(count, 'weiterer Vorfall ist', 'weitere Vorfälle sind')} offen.`,
  toLookAt: (count, more) => `${atLeast(more)}${plural(count, 'Vorfall braucht', 'Vorfälle brauchen')} einen Blick.`,
  acknowledged: (name) => `${name}: gesehen, aber noch nicht erledigt.`,
  severalAcknowledged: (count) => `${plural(count, 'Vorfall ist', 'Vorfälle sind')} gesehen, aber noch nicht erledigt.`,
  quiet(watched, mailers, milliseconds) {
    const devices = plural(watched, 'Gerät beobachtet', 'Geräte beobachtet');
    if (mailers === 0) return `Ruhig: ${devices}, ${span(milliseconds)} lang hat keines Mail verschickt.`;
    return `Ruhig: ${devices}, ${span(milliseconds)} lang keine unerwartete Mail. ${plural(mailers, 'Gerät hat', 'Geräte haben')} Mail verschickt, die erwartet oder erledigt ist.`;
  },
} satisfies Words['sentence'];

export const tone = {
  alert: 'Alarm',
  notice: 'Offen',
  blind: 'Unklar',
  quiet: 'Wachsam',
  unknown: 'Kein Kontakt',
} satisfies Words['tone'];

export const home = {
  title: 'Start',
  open: 'Braucht einen Blick',
  allIncidents: 'Alle Vorfälle',
  activity: 'Das ganze Heimnetz',
} satisfies Words['home'];

export const chart = {
  range: 'Zeitraum',
  ranges: { day: '24 Stunden', month: '30 Tage' },
  mail: 'Mail-Versuche',
  backends: 'Kontakte ins Internet',
  table: 'Die Zahlen als Tabelle zeigen',
  hour: 'Stunde',
  date: 'Tag',
  strip: (active, mail) => `An ${active} der letzten 30 Tage aktiv${mail > 0 ? `, an ${mail} mit Mail` : ''}`,
  total: (count) => `${figure(count)} insgesamt`,
  none: 'Nichts in dieser Zeit.',
} satisfies Words['chart'];

export const week = {
  title: (to) => `Die Woche bis ${day(to)}`,
  all: 'Wochenberichte',
  line: (to, share) => `Bis ${day(to)}: ${percent(share)} % der Zeit beobachtet`,
} satisfies Words['week'];
