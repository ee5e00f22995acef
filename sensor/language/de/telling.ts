// Deutsch: die Woche im Rückblick, und was außerhalb der Seite gesagt wird: Testalarme, Meldungen aufs Telefon, Home Assistant.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const week = inPlaceOf<EnglishPack['week']>()({
  watched: 'Das Heimnetz wurde {percent} % der Woche beobachtet.',
  notWatched: 'Nicht beobachtet: {gaps}.',
  gap: '{time} ({why})',
  gaps: {
    off: 'der Sensor war aus',
    capture: 'Pakete konnten nicht ankommen',
    mirror: 'der Spiegel zeigte zu wenig, oder es kam zu wenig vorbei, um es zu beurteilen',
    loss: 'zu viele Pakete gingen verloren',
    clock: 'ob die Uhr richtig ging, war nicht bekannt',
    unrecorded: 'darüber gibt es keine Aufzeichnung',
  },
  nothingToSay: 'Über das, was inzwischen geschah, lässt sich nichts sagen.',
  notInFigures: 'Was geschah, während nicht beobachtet wurde, ist in diesen Zahlen nicht enthalten.',
  noMail: 'Kein Versuch, Mail zu verschicken, war zu sehen.',
  mailExpected: {
    one: '{n} Versuch, Mail zu verschicken, war zu sehen, ein erwarteter.',
    other: '{n} Versuche, Mail zu verschicken, waren zu sehen, alle erwartet.',
  },
  mailUnexpected: {
    one: '{n} Versuch, Mail zu verschicken, war zu sehen, kein erwarteter{by}.',
    other: '{n} Versuche, Mail zu verschicken, waren zu sehen, keiner erwartet{by}.',
  },
  mailMixed: {
    one: '{n} Versuch, Mail zu verschicken, war zu sehen: {expected} erwartet, {unexpected} nicht{by}.',
    other: '{n} Versuche, Mail zu verschicken, waren zu sehen: {expected} erwartet, {unexpected} nicht{by}.',
  },
  by: ' ({devices})',
  notReached: 'Es war nicht zu sehen, dass jemand aus dem Internet ein Gerät erreicht hätte.',
  reached: {
    one: '{n} Gerät antwortete jemandem im Internet: {devices}.',
    other: '{n} Geräte antworteten jemandem im Internet: {devices}.',
  },
  mapped: {
    one: '{n} Gerät ließ den Router einen Port öffnen: {devices}.',
    other: '{n} Geräte ließen den Router einen Port öffnen: {devices}.',
  },
  noneFetched: 'Es war nicht zu sehen, dass ein Gerät Firmware geholt hätte.',
  fetched: { one: '{n} Gerät holte Firmware: {devices}.', other: '{n} Geräte holten Firmware: {devices}.' },
  overdue: {
    one: '{n} Gerät hat lange nicht nach einem Update gefragt: {devices}.',
    other: '{n} Geräte haben lange nicht nach einem Update gefragt: {devices}.',
  },
  seen: { one: '{n} Gerät war zu sehen, {fresh}.', other: '{n} Geräte waren zu sehen, {fresh}.' },
  noneFresh: 'keines zum ersten Mal',
  fresh: '{n} zum ersten Mal: {devices}',
  more: '{n} weitere',
  forgotten: {
    one: '{n} Gerät, das inzwischen vergessen ist',
    other: '{n} Geräte, die inzwischen vergessen sind',
  },
});

export const alerts = inPlaceOf<EnglishPack['alerts']>()({
  test: 'Das ist ein Testalarm, um den jemand gebeten hat. Es ist nichts geschehen.',
  testTitle: 'Thingwatch: Testalarm',
  title: 'Thingwatch: {who}',
  titleResolved: 'Thingwatch: {who} (erledigt)',
  yourHome: 'Ihr Heimnetz',
  resolved: 'Erledigt: {summary}',
  weekTitle: 'Thingwatch: die letzte Woche',
  digestTitle: 'Thingwatch: {n} Alarme aus der Ruhezeit',
  digestWorst: 'Der schlimmste davon: {severity}.',
  digestLine: '• {severity}: {text}',
  digestMore: '… und {n} weitere',
  severities: { info: 'Hinweis', low: 'niedrig', medium: 'mittel', high: 'hoch', critical: 'kritisch' },
  notStored: 'Nicht gespeichert: Der Datenträger des Sensors nimmt nichts Neues an.',
});

export const entities = inPlaceOf<EnglishPack['entities']>()({
  sending_mail: 'Verschickt Mail',
  alert: 'Alarm',
  mail_connections: 'Mailverbindungen',
  last_mail: 'Letzte Mailverbindung',
  last_update_backend: 'Letztes Update-Backend',
  last_firmware_download: 'Letzter Firmware-Download',
  update_connections: 'Update-Verbindungen',
  internet_activity: 'Internetaktivität',
  allow_mail: 'Mail erlauben',
  acknowledge: 'Alarm bestätigen',
  connection: 'Verbindung',
  mirror_port: 'Spiegel-Port',
  storage: 'Speicher',
  devices_sending_mail: 'Geräte, die Mail verschicken',
  devices_seen: 'Gesehene Geräte',
  packets: 'Pakete',
  capture_loss: 'Verlorene Pakete',
  coverage: 'Abdeckung',
  weekly_summary: 'Wochenbericht',
  alerts_dropped: 'Verworfene Alarme',
  started: 'Gestartet',
  acknowledge_all: 'Alle Alarme bestätigen',
});

export const homeAssistant = inPlaceOf<EnglishPack['homeAssistant']>()({
  model: 'Sensor am Router',
  notAnEntity: '{name} (Gerät)',
});
