// Deutsch: Mail, und die Nachfragen davor. Behauptet wird nur, was der Sensor gesehen hat.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const mail = inPlaceOf<EnglishPack['mail']>()({
  sending: '{who} verschickt{odd}{through} Mail an Server im Internet: {counts}.',
  talking: '{who} spricht{odd}{through} mit Mailservern im Internet: {counts}.',
  trying: '{who} versucht{odd}{through}, Mailserver im Internet zu erreichen: {counts}.',
  submitting: '{who} übergibt{through} Mail an den Server eines Anbieters ({server}, Port {port}): {counts}.',
  odd: ' auf einem mailfremden Port',
  through: ' über den Proxy {proxy}',
  counts: '{attempts} bei {servers}{outcomes}{accepted}{burst}',
  attempts: { one: '{n} Versuch', other: '{n} Versuche' },
  servers: { one: '{n} Server', other: '{n} Servern' },
  outcomes: ' ({outcomes})',
  connected: '{n} verbunden',
  refused: '{n} abgewiesen',
  refusedBy: '{n} abgewiesen, zuletzt von {ip}: {reason}',
  reasons: {
    'administratively-prohibited': 'durch eine Regel verboten',
    'host-unreachable': 'Rechner nicht erreichbar',
    'port-unreachable': 'Port nicht erreichbar',
    'network-unreachable': 'Netz nicht erreichbar',
    otherwise: 'anderer Grund',
  },
  unanswered: '{n} ohne sichtbare Antwort',
  accepted: { one: ', {n} Nachricht angenommen', other: ', {n} Nachrichten angenommen' },
  burst: '; {attempts} Versuche bei {servers} in {minutes}{before}',
  minutes: { one: '{n} Minute', other: '{n} Minuten' },
  silentBefore: ', davor war Ruhe',
  answerOnly: 'Nur die Antwort auf das erste Paket war zu sehen.',
  answerOnlyAtFirst: 'Von der ersten Verbindung war nur die Antwort auf das erste Paket zu sehen.',
  beganBefore: 'Die Verbindung begann, bevor der Sensor hinsah.',
  firstBeganBefore: 'Die erste Verbindung begann, bevor der Sensor hinsah.',
  forged: 'MAC-Adresse gefälscht: Das Gerät ist allein an seiner IP-Adresse erkannt.',
  besides: 'Außerdem: {signs}.',
  signs: {
    mail_lookup: 'es hat Mailserver oder Sperrlisten abgefragt',
    exposed: 'es wurde aus dem Internet erreicht',
    outbreak: 'andere Geräte mit demselben Backend verschicken ebenfalls Mail',
    symptom: 'es verhält sich anders als in den letzten zwei Wochen',
    blockListed: 'ein Server wies es ab, weil es auf einer Sperrliste steht',
  },
  stages: {
    attempt: 'Es versucht, einen Mailserver zu erreichen.',
    connected: 'Ein Mailserver hat die Verbindung angenommen.',
    accepted: 'Ein Mailserver hat eine Nachricht von ihm angenommen.',
    'fan-out': 'Es wendet sich an viele Server oder Empfänger.',
    corroborated: 'Noch etwas anderes spricht gegen das Gerät.',
  },
});

export const lookup = inPlaceOf<EnglishPack['lookup']>()({
  asked: '{who} hat {what} abgefragt, wie es Absender von Mail tun.',
  askedOwn:
    '{who} hat {what} abgefragt, auch zur eigenen Adresse dieses Anschlusses: Wer Spam verschickt, will wissen, ob sie auf einer Liste steht.',
  askedOne:
    '{who} hat {what} abgefragt, und zwar zu ein und derselben Adresse, wahrscheinlich der dieses Anschlusses: Wer Spam verschickt, will wissen, ob sie auf einer Liste steht.',
  servers: {
    one: 'die Mailserver von Domains ({n} Anfrage)',
    other: 'die Mailserver von Domains ({n} Anfragen)',
  },
  lists: { one: '{n} Sperrliste ({questions})', other: '{n} Sperrlisten ({questions})' },
  questions: { one: '{n} Anfrage', other: '{n} Anfragen' },
  advice: [
    'Für sich allein beweist das nichts: Ein Mailserver, ein Spamfilter oder ein Mailprogramm fragt dasselbe.',
    'Hat dieses Gerät nichts davon, behalten Sie es im Auge: Wonach es fragt, kommt kurz vor der Mail.',
  ],
});
