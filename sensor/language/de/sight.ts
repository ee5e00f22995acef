// Deutsch: von wo der Sensor schaut und was zu ändern ist, und was er nicht beurteilen kann.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

const MIRROR =
  'Spiegeln Sie am verwalteten Switch („Port Mirroring“, SPAN) den Port, der zum Router führt, in beiden Richtungen (RX und TX) auf den Port des Sensors.';

export const sight = inPlaceOf<EnglishPack['sight']>()({
  from: {
    'lan-both-ways': {
      place: 'innerhalb des Heimnetzes, beide Richtungen',
      sentence: 'Der Sensor sieht das Heimnetz von innen, in beiden Richtungen.',
    },
    'wan-side': {
      place: 'die Außenseite des Routers',
      sentence:
        'Der Sensor schaut auf die Außenseite des Routers: Dort teilen sich alle Geräte eine Adresse und lassen sich nicht unterscheiden.',
      fix: 'Spiegeln Sie ein Kabel auf der Innenseite: den LAN-Port zwischen dem Router und dem Switch mit allen Geräten, nicht das Kabel zum Modem oder Anbieter.',
    },
    'own-traffic-only': {
      place: 'ein gewöhnlicher Port: nur eigener Verkehr und Rundrufe',
      sentence:
        'Nur der eigene Verkehr dieses Rechners und Rundrufe kommen an: Sein Port ist ein gewöhnlicher, oder der Spiegel ist aus.',
      fix: `${MIRROR} Wenn der Spiegel eingerichtet ist, prüfen Sie, ob er an ist und ob sein Ziel der Port ist, an dem der Sensor hört.`,
    },
    'broadcast-only': {
      place: 'ein gewöhnlicher Port: nur Rundrufe',
      sentence:
        'Nur Rundrufe kommen an, nichts von dem, was Geräte dem Internet sagen: Der Port ist ein gewöhnlicher, oder der Spiegel ist aus.',
      fix: `${MIRROR} Wenn der Spiegel eingerichtet ist, prüfen Sie, ob er an ist: Manche Switches vergessen ihn bei einem Neustart.`,
    },
    nothing: {
      place: 'nirgendwoher: nichts kommt an',
      sentence: 'Am Spiegel-Port kommt nichts an.',
      fix: 'Prüfen Sie das Kabel und die Lämpchen an beiden Ports, und ob der Switch an ist und noch auf diesen Port spiegelt.',
    },
  },
  oneWay: {
    'from-home': {
      place: 'innerhalb des Heimnetzes, nur eine Richtung: was Geräte senden',
      sentence: 'Der Spiegel zeigt nur eine Richtung, vom Heimnetz ins Internet: Antworten sind nicht zu sehen.',
      fix: 'Stellen Sie den Spiegel am Switch auf beide Richtungen (RX und TX) des Router-Ports; zurzeit gibt er nur weiter, was zum Router geht.',
    },
    'to-home': {
      place: 'innerhalb des Heimnetzes, nur eine Richtung: was Geräte empfangen',
      sentence:
        'Der Spiegel zeigt nur eine Richtung, vom Internet ins Heimnetz: Was Geräte senden, und damit das erste Anzeichen von Mail, ist nicht zu sehen.',
      fix: 'Stellen Sie den Spiegel am Switch auf beide Richtungen (RX und TX) des Router-Ports; zurzeit gibt er nur weiter, was vom Router kommt.',
    },
    unknown: {
      place: 'innerhalb des Heimnetzes, nur eine Richtung',
      sentence: 'Von dem, was Geräte sagen, war bisher nur eine Richtung zu sehen: Antworten sind nicht zu sehen.',
      fix: 'Prüfen Sie, ob der Spiegel am Switch auf beide Richtungen (RX und TX) des Router-Ports eingestellt ist.',
    },
  },
  unsure: '{sentence} Für Gewissheit ist noch zu wenig Verkehr da.',
  reasons: {
    'both-directions': {
      one: '{n} Paket zwischen Heimnetz und Internet, in beiden Richtungen',
      other: '{n} Pakete zwischen Heimnetz und Internet, in beiden Richtungen',
    },
    'only-from-home': {
      one: '{n} Paket vom Heimnetz ins Internet, zurück keines oder fast keines',
      other: '{n} Pakete vom Heimnetz ins Internet, zurück keines oder fast keines',
    },
    'only-to-home': {
      one: '{n} Paket vom Internet ins Heimnetz, zurück keines oder fast keines',
      other: '{n} Pakete vom Internet ins Heimnetz, zurück keines oder fast keines',
    },
    'local-only': 'kein Austausch mit dem Internet war zu sehen, oder keine Antwort darauf',
    'public-on-both-ends': {
      one: '{n} Paket mit öffentlichen Adressen an beiden Enden',
      other: '{n} Pakete mit öffentlichen Adressen an beiden Enden',
    },
    pppoe: {
      one: '{n} Paket in einer PPPoE-Sitzung, wie sie ein Router mit einem Anbieter hat',
      other: '{n} Pakete in einer PPPoE-Sitzung, wie sie ein Router mit einem Anbieter hat',
    },
    'carrier-address': 'eine Adresse, die Anbieter an Router vergeben (100.64.0.0/10)',
    'passed-on': {
      one: '{n} Paket, das schon ein Router weitergegeben hatte (Hop-Limit um eins unter dem Anfangswert der Systeme)',
      other:
        '{n} Pakete, die schon ein Router weitergegeben hatte (Hop-Limit um eins unter dem Anfangswert der Systeme)',
    },
    systems: '{n} Arten von Betriebssystemen hinter einer Adresse',
    'nobody-else': 'niemand sonst aus einem Heimnetz spricht auf dieser Leitung',
    'own-only': {
      one: '{n} Paket dieses Rechners selbst, keines zwischen anderen',
      other: '{n} Pakete dieses Rechners selbst, keines zwischen anderen',
    },
    'broadcasts-only': {
      one: '{n} Rundruf, nichts zwischen zwei Geräten',
      other: '{n} Rundrufe, nichts zwischen zwei Geräten',
    },
    noFrame: 'kein einziges Paket',
    silence: { one: 'seit {n} Sekunde kein Paket', other: 'seit {n} Sekunden kein Paket' },
    'no-carrier': 'am anderen Ende des Kabels ist niemand',
    quiet: 'zurzeit wenig Verkehr: Das letzte Urteil gilt weiter',
  },
  notCovered: {
    one: '{n} Gerät ist nur durch Rundrufe zu sehen, der Spiegel erfasst es nicht{who}',
    other: '{n} Geräte sind nur durch Rundrufe zu sehen, der Spiegel erfasst sie nicht{who}',
  },
  notCoveredNames: ': {names}',
  notCoveredMore: ': {names} und {n} weitere',
  blindMail: {
    one: '{n} Versuch, Mail zu verschicken, kam aus dem Heimnetz; von welchem Gerät, ist von dort nicht zu sagen.',
    other: '{n} Versuche, Mail zu verschicken, kamen aus dem Heimnetz; von welchem Gerät, ist von dort nicht zu sagen.',
  },
  over: 'Das ist vorbei.',
});

export const health = inPlaceOf<EnglishPack['health']>()({
  clock:
    'Ob die Uhr dieses Rechners richtig geht, ist nicht bekannt: Zeiten sind als unsicher markiert und werden berichtigt, sobald sie es tut.',
  router: 'Was der Router selbst ins Internet sendet, lässt sich von innen nicht beurteilen.',
  lossUnknown: 'zu wenige Pakete für eine Aussage',
  lossUnsure: 'zu wenige Pakete für eine genaue Aussage',
});
