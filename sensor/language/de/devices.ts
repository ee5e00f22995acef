// Deutsch: wie Geräte heißen, um wen es geht, was vorher geschah, und warum zwei Adressen ein Ding sein können.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const names = inPlaceOf<EnglishPack['names']>()({
  thisSensor: 'Dieser Sensor',
  router: 'Router',
  device: 'Gerät {mac}',
  itself: '{name} selbst',
  labelledSensor: '{name} (dieser Sensor selbst)',
  someDevice: 'Ein Gerät',
  deviceAt: 'Ein Gerät mit der Adresse {address}',
  oneAt: 'ein Gerät mit der Adresse {address}',
  thing: 'Ein Gerät',
  computer: 'Ein Computer oder Telefon',
  networkDevice: 'Ein Gerät des Netzes',
  theRouter: 'Der Router',
  homeHost: 'ein Rechner im Heimnetz',
});

export const places = inPlaceOf<EnglishPack['places']>()({
  behind: '{name}, hinter {carrier},',
  addressBehind: 'Ein Gerät mit der Adresse {address}, hinter {carrier},',
  perhapsOther: '{name} oder ein anderes Gerät hinter derselben MAC-Adresse ({address})',
  perhapsBehind: '{name} oder ein Gerät dahinter',
  doubted: '{name} oder ein anderes Gerät hinter derselben MAC-Adresse',
  carriers: { repeater: 'dem Repeater {name}', router: 'dem Router {name}' },
  whichAddress: 'welches Gerät die Adresse {address} hat',
  whichBehind: 'welche Geräte dahinter sind',
  lookInRouter:
    'Sehen Sie bei {carrier} im Menü nach, {which}: Alles dahinter trägt hier seine MAC-Adresse, sodass der Sensor es nicht sagen kann.',
  mirrorInside:
    'Um diese Geräte einzeln zu sehen, spiegeln Sie einen Port innerhalb dieses Routers, oder machen Sie ihn zur Bridge (Betrieb als Access Point).',
  lookInLists:
    'Sehen Sie in der Liste des Routers oder bei {carrier} nach, {which}: Mehrere Adressen tragen hier eine MAC-Adresse, wie hinter einem Repeater.',
  accessPoint:
    'Um diese Geräte einzeln zu sehen, schließen Sie den Repeater mit einem Kabel an, oder betreiben Sie ihn als Access Point oder im Mesh.',
});

export const before = inPlaceOf<EnglishPack['before']>()({
  firmwareDownload: '{size} KiB von {where} geladen, einem Update-Backend.',
  storeDownload: '{size} KiB von {where} geladen, einem Store für Apps oder Erweiterungen.',
  firmwareChange: 'Die gemeldete Software wechselte von {from} zu {to}.',
  newBackend: 'Erster Kontakt mit {where}{role}{through}.',
  role: ' ({role})',
  through: ' über den Proxy {proxy}',
  inbound: '{where} im Internet hat sich mit seinem Port {port} verbunden.',
  lookupServers: {
    one: 'Hat Mailserver abgefragt ({n} Anfrage).',
    other: 'Hat Mailserver abgefragt ({n} Anfragen).',
  },
  lookupLists: {
    one: 'Hat Mailserver oder Sperrlisten abgefragt ({n} Anfrage).',
    other: 'Hat Mailserver oder Sperrlisten abgefragt ({n} Anfragen).',
  },
  login: '{host} im Internet hat {time} lang seinen Zugang benutzt: {service} (Port {port}).',
  someHost: 'Ein Rechner',
  someLogin: 'Anmeldung',
  portMapped: 'Hat den Router gebeten, {outer} ({protocol}) für Port {port} zu öffnen.',
  mailResumed: 'Hat nach einem ruhigen Tag oder mehr wieder Mail verschickt.',
  unnamed: 'einer Adresse ohne Namen',
  namedByOther: '{where} (Name von einem anderen Gerät)',
});

export const same = inPlaceOf<EnglishPack['same']>()({
  name: 'es meldete ebenfalls den Namen {name}',
  facts: {
    'client-id': 'es gab dem Router dieselbe Kennung',
    id: 'es meldet im Heimnetz dieselbe Kennung',
    adjacent: 'die beiden Hardware-Adressen liegen nebeneinander',
    model: 'es ist dasselbe Modell',
    system: 'es fragt auf dieselbe Weise nach einer Adresse',
    note: 'es ist von derselben Art',
  },
  fellSilent: 'es verstummte, bevor diese Adresse erschien',
  neverTogether: 'die beiden waren nie in derselben Stunde aktiv',
  seldomTogether: 'die beiden sind selten zur selben Zeit aktiv',
  several: '{facts}, und {last}',
  older: {
    one: 'Dasselbe gilt für eine weitere Adresse davor: Ein Ja verbindet alle.',
    other: 'Dasselbe gilt für {n} weitere Adressen davor: Ein Ja verbindet alle.',
  },
});
