// German: the first-run guide.
import { plural } from '../../format.ts';
import type { Words } from '../en/index.ts';

export const guide = {
  title: 'Die Sicht einrichten',
  open: 'Anleitung zu einem besseren Platz',
  progress: 'Schritte der Anleitung',
  stages: { see: 'Heimnetz sehen', name: 'Geräte benennen', test: 'Testalarm', done: 'Fertig' },
  stageDone: '(erledigt)',
  now: 'Der Sensor sieht jetzt:',
  sees: {
    'lan-both-ways': 'das Heimnetz',
    'lan-one-way': 'nur eine Richtung',
    'wan-side': 'die Außenseite des Routers',
    'own-traffic-only': 'nur eigenen Verkehr',
    'broadcast-only': 'nur Rundrufe (Broadcasts)',
    nothing: 'nichts',
  },
  byItself: 'Diese Seite sieht von selbst wieder nach: Sie wird grün, sobald der Sensor das Heimnetz sieht.',
  giveTraffic: 'Auf einem Handy oder Computer zu Hause eine Webseite öffnen, damit es etwas zu sehen gibt.',
  what: 'Was zu ändern ist',
  choose: 'Switch oder Router',
  chooseOne: 'Auswählen, dann kommen die Schritte …',
  kinds: { switch: 'Switches', router: 'Router', firewall: 'Firewalls' },
  other: 'Ein anderer',
  otherHints: [
    'Die Einstellungsseite des Geräts öffnen und nach „Mirror“, „Spiegel-Port“, „SPAN“ oder „Monitor-Port“ suchen.',
    'Ein Switch ohne Einstellungsseite kann nicht spiegeln. Einer, der es kann, kostet etwa 30 €: Er gehört zwischen den Router und alles andere.',
    'Ein Router, auf dem tcpdump läuft, kann den Verkehr über SSH schicken: Das Handbuch sagt wie, unter „Where to get the traffic“.',
    'Der Weg für den eigenen ist bekannt? Er lässt sich ergänzen: firmware-notes/README.md, „Guides to switches and routers“.',
  ],
  problem: {
    set: 'Den Spiegel-Port einrichten',
    directions: 'Beide Richtungen spiegeln',
    inside: 'Nach innen umstecken',
    nothing: 'Etwas ankommen lassen',
  },
  more: 'Was dann zu sehen ist, und Quellen',
  differs: 'Menüs unterscheiden sich je nach Modell und Version. Mehr sagt der Hersteller:',
  source: (host, last) => (last === '' ? host : `${host}: ${last}`),
  nameTitle: 'Die Geräte benennen',
  nameHint:
    'Ein Alarm ist leichter zu verstehen, wenn er das Gerät beim Namen nennt. Eines öffnen, ihm einen Namen geben und über „Start“ zurückkommen.',
  moreDevices: (count) => `${plural(count, 'weiteres steht', 'weitere stehen')} unter „Geräte“.`,
  next: 'Weiter',
  testTitle: 'Kommt ein Alarm an?',
  testHint: 'Einen senden und dort nachsehen, wo er ankommen soll: in Home Assistant oder auf dem Handy.',
  testMore: 'Nichts angekommen? „Sensor“ zeigt, wer Alarme bekommt und woran es liegt.',
  doneTitle: 'Das war alles',
  doneHints: [
    'Ab jetzt passt der Sensor auf. Solange diese Seite „Ruhig“ sagt, ist nichts weiter zu tun.',
    'Sieht der Sensor wieder zu wenig, sagt es „Start“. Zurück zu dieser Anleitung geht es unter „Sensor“.',
  ],
  leave: 'Anleitung verlassen',
  finish: 'Fertig',
} satisfies Words['guide'];
