// German: what is sent to a fleet of homes, and what never is.
import { plural } from '../../format.ts';
import type { FleetWords } from '../fleet.ts';

const device = {
  title: 'Privatsphäre',
  keep: 'Nichts von diesem Gerät verlässt das Zuhause',
  kept: 'Von ihm wird nichts mehr gesendet.',
  told: 'Es zählt wieder mit in dem, was gesendet wird.',
  isKept: (fleet) => `Es fehlt in allem, was an „${fleet}“ gesendet wird.`,
  isTold: (fleet) => `„${fleet}“ erfährt davon als einem Gerät seiner Art, ohne Namen und Adressen.`,
  allAddresses: (count) => `Das gilt für seine ${plural(count, 'Adresse', 'Adressen')}.`,
  newAddress: 'Nimmt es eine andere Adresse an, zählt es als neues Gerät, bis jemand sagt, dass es dasselbe ist.',
} satisfies FleetWords['device'];

const card = {
  title: 'Verbund',
  reportsTo: (fleet) => `Dieser Sensor berichtet an „${fleet}“.`,
  open: 'Was der Verbund erfährt',
} satisfies FleetWords['card'];

const whom = {
  title: 'Wer es erfährt',
  fleet: 'Verbund',
  home: 'Dieses Zuhause heißt dort',
  hosts: 'Gesendet an',
  connection: 'Verbindung',
  connected: 'verbunden',
  away: 'nicht verbunden: Neues wartet',
  queue: 'Unterwegs',
  nothingWaits: 'nichts wartet',
  waiting: (count) => plural(count, 'Meldung wartet', 'Meldungen warten'),
  dropped: (count) => `${plural(count, 'Meldung wurde', 'Meldungen wurden')} aus Platzmangel aufgegeben`,
  lastTaken: 'Zuletzt angenommen',
  address:
    'Seine Server sehen, von welcher Adresse die Verbindung kommt, wie jeder Server. In keiner Meldung steht sie.',
} satisfies FleetWords['whom'];

const list = {
  title: 'Was der Verbund erfährt',
  intro: (fleet) =>
    `„${fleet}“ betreut viele Haushalte und bemerkt, wenn ein Backend in mehreren davon Geräte befällt. Dafür erfährt er, was hier steht, und sonst nichts.`,
  sum: (count, size) =>
    `${plural(count, 'Meldung', 'Meldungen')}, zusammen ${size}, aus dem, was jetzt bekannt ist. „thingwatch fleet preview“ gibt dasselbe Wort für Wort aus.`,
  kind: { incident: 'Vorfälle', coverage: 'Wie viel der Sensor sah', usage: 'Was Geräte benutzt haben' },
  hint: {
    incident:
      'Was begann, und wie zuvor Code auf das Gerät kam. Mildes und was hier normal genannt wurde, bleibt hier.',
    coverage:
      'Von jedem Tag, sobald er vorbei ist, damit ein Sensor, der nichts sieht, nicht als gesundes Zuhause gilt.',
    usage:
      'Von jedem Tag, sobald er vorbei ist, von allen Geräten einer Art zusammen: was üblich ist, um davon zu unterscheiden, was es nicht ist.',
  },
  none: {
    incident: 'Kein Vorfall ist zu melden.',
    coverage: 'Noch ist kein Tag vorbei.',
    usage: 'Noch ist kein Tag mit Geräten vorbei.',
  },
  older: 'Ältere zeigen',
  raw: 'Wie es gesendet wird',
  takenBack: 'Zurückgenommen: Davon wird nichts mehr gemeldet.',
} satisfies FleetWords['list'];

const record = {
  unknownMaker: 'Unbekannter Hersteller',
  class: { thing: 'ein Ding', 'general-purpose': 'Handy, Tablet oder Computer', infrastructure: 'Teil des Netzes' },
  hash: (hash) => `Heißt dort ${hash}; welches Gerät das ist, weiß nur dieses Zuhause.`,
  ofHome: 'Betrifft das Zuhause, kein Gerät.',
  period: (start, end) => (start === end ? start : `${start} bis ${end}`),
  before: 'Davor',
  step: {
    first_contact: (backend) => `erster Kontakt zu ${backend}`,
    firmware_download: (backend) => `Firmware von ${backend}`,
    store_download: (backend) => `App oder Erweiterung von ${backend}`,
  },
  received: (size) => `${size} empfangen`,
  seen: (what, hours) => `Gesehen: ${what}, ${hours} von 24 Stunden.`,
  loss: (share) => `${share} % der Pakete gingen verloren.`,
  lossUnknown: 'Wie viele Pakete verloren gingen, ist nicht bekannt.',
  devices: (count) => plural(count, 'Gerät', 'Geräte'),
  nothingUsed: 'Kein Update-Server, kein Store, kein unbekanntes Backend.',
  usedBy: (count) => `von ${count} benutzt`,
} satisfies FleetWords['record'];

const never = {
  title: 'Was das Zuhause nie verlässt',
  list: [
    'Namen: von Menschen und von Geräten, selbst vergebene und solche, die Geräte sich geben.',
    'MAC-Adressen, die Adressen im Heimnetz und dessen eigene Adresse im Internet.',
    'Wer wem schreibt, Betreff und Text von Mails: Das wird nicht einmal hier gespeichert.',
    'Womit Handys, Tablets und Computer sprechen, außer Servern für Updates und Apps.',
    'Backends, deren Name auf ein Zuhause deutet: Domains, in denen Geräte von hier Namen haben, die privater Netze und von dynamischem DNS.',
    'Alles von Geräten, die privat bleiben sollen.',
  ],
} satisfies FleetWords['never'];

const privates = {
  title: 'Bleibt privat',
  none: 'Bisher bleibt kein Gerät privat.',
  how: (keep) =>
    `Ein Gerät öffnen und „${keep}“ einschalten. Seine Vorfälle und was in den letzten zwei Wochen davon gemeldet wurde, werden zurückgenommen.`,
  open: 'Zu den Geräten',
} satisfies FleetWords['privates'];

const leave = {
  title: 'Den Verbund verlassen',
  how: 'Dieser Befehl auf dem Sensor lässt den Verbund alles löschen, was dieses Zuhause gesendet hat. Von da an wird nichts mehr gesendet:',
  afterwards: 'Danach fleet.enrolment aus der Konfiguration nehmen.',
} satisfies FleetWords['leave'];

export const words = { device, card, whom, list, record, never, privates, leave };
