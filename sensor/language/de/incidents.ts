// Deutsch: Vorfälle, die weder Mail noch offene Türen sind, und was bei allen zu tun ist.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const incidents = inPlaceOf<EnglishPack['incidents']>()({
  newBackend: '{who} hatte zum ersten Mal Kontakt mit {backend}.',
  newBackends: '{who} hatte Kontakt mit {n} neuen Backends, zuletzt mit {backend}.',
  inRole: '{backend} ({role})',
  roles: { update: 'Update', telemetry: 'Telemetrie', cloud: 'Cloud', store: 'Store', time: 'Uhrzeit' },
  updatesOverdue: '{who} hat sich seit dem {day} nicht mehr bei seinem Update-Server {backend} gemeldet.',
  outbreak: '{who} haben nach einem Kontakt mit {backend} begonnen, Mail zu verschicken; {use}.',
  outbreakOfUpdate:
    '{who} haben nach einem Kontakt mit dem Update-Server {backend} begonnen, Mail zu verschicken; {use}.',
  outbreakDevices: '{n} Geräte',
  usedByNoOther: 'kein anderes Gerät hat Kontakt damit',
  usedByOthers: {
    one: '{n} weiteres Gerät hat ebenfalls Kontakt damit',
    other: '{n} weitere Geräte haben ebenfalls Kontakt damit',
  },
  alwaysOn: '{who} sprach während {value} % des Tages mit dem Internet; üblich sind bei ihm {usual} %.',
  destinations:
    '{who} wandte sich binnen einer Stunde an {value} Adressen im Internet; üblich sind {usual} in seiner regsten Stunde.',
  connections: '{who} öffnete binnen einer Stunde {value} Verbindungen; üblich sind {usual} in seiner regsten Stunde.',
  latency: '{who} braucht {value} ms für eine Antwort; üblich sind bei ihm {usual} ms.',
  flood: 'Jemand im Haus erfindet MAC-Adressen: bisher {addresses}{connections}{mail}.',
  floodConnections: { one: ', mit {n} Verbindung', other: ', mit {n} Verbindungen' },
  floodMail: {
    one: ', darunter {n} Versuch, Mail zu verschicken',
    other: ', darunter {n} Versuche, Mail zu verschicken',
  },
  floodBearers: {
    one: 'Die Pakete tragen die IP-Adresse von {macs}.',
    other: 'Die Pakete tragen die IP-Adressen von {macs}.',
  },
  fleet: {
    warns: {
      family:
        'Ihr Verbund warnt: In {mailed} von {exposed} Haushalten mit einem solchen Gerät begann nach einem Kontakt mit {backend} der Mailversand.',
      maker:
        'Ihr Verbund warnt: In {mailed} von {exposed} Haushalten mit Geräten desselben Herstellers begann nach einem Kontakt mit {backend} der Mailversand.',
      things:
        'Ihr Verbund warnt: In {mailed} von {exposed} Haushalten begannen Geräte nach einem Kontakt mit {backend}, Mail zu verschicken.',
    },
    contacts: {
      one: '{who} hatte einmal Kontakt damit, am {day}; {mail}.',
      other: '{who} hatte {n} Mal Kontakt damit, zuletzt am {day}; {mail}.',
    },
    noMail: 'Mail hat es, soweit zu sehen war, nicht verschickt',
    mail: 'es hat auch schon Mail verschickt',
  },
  loss: 'Damals gingen der Aufzeichnung etwa {percent} % der Pakete verloren: Die Zahlen können zu niedrig sein.',
  outerSide:
    '{who} kann der Router selbst sein, von seiner Außenseite gesehen: Für ein Urteil ist noch zu wenig Verkehr da.',
  that: 'Das',
});

export const advice = inPlaceOf<EnglishPack['advice']>()({
  disconnect:
    'Trennen Sie das Gerät jetzt vom Netz: Ziehen Sie sein Netzwerkkabel oder sperren Sie es im Router; ziehen Sie den Stecker, wenn Sie es entbehren können.',
  disconnectIfNot:
    'Wenn nicht: Trennen Sie das Gerät jetzt vom Netz. Ziehen Sie sein Netzwerkkabel oder sperren Sie es im Router; ziehen Sie den Stecker, wenn Sie es entbehren können.',
  reset:
    'Setzen Sie es auf Werkseinstellungen zurück. Das ist ein allgemeiner Rat, da kein Firmware-Hinweis auf dieses Gerät passt: Wie es geht, steht in seiner Anleitung.',
  reinstall:
    'Installieren Sie die neueste Firmware von der Website des Herstellers neu, nicht nur über das Update-Menü des Geräts.',
  password:
    'Setzen Sie ein neues, langes Passwort, bevor es wieder ins Netz geht, und schalten Sie Fernzugriffe aus, die Sie nicht brauchen.',
  expected:
    'Wenn Sie selbst auf diesem Gerät Mail eingerichtet haben, vermerken Sie sie als erwartet; erlaubt sind dann nur diese Server und Ports.',
  setUp:
    'Haben Sie auf diesem Gerät Mail eingerichtet (Scannen in eine Mail, Alarm-Mails, Berichte)? Dann vermerken Sie sie als erwartet; erlaubt sind dann nur dieser Anbieter und Port.',
  outbreak: [
    'Trennen Sie jedes hier genannte Gerät vom Netz, bevor Sie weitersuchen.',
    'Sperren Sie den Namen des Backends im Router oder in Ihrem DNS-Filter, wenn Sie einen haben.',
    'Setzen Sie jedes Gerät zurück und installieren Sie seine Firmware vom Hersteller neu; fragen Sie den Hersteller, ob in dieses Backend eingebrochen wurde.',
    'Behalten Sie die Geräte im Auge, die dasselbe Backend benutzen und noch keine Mail verschicken.',
  ],
  symptom: [
    'Für sich allein beweist das nichts: Eine neue App, ein Update oder mehr Benutzung des Geräts erklären es ebenso.',
    'Sehen Sie nach, ob dasselbe Gerät zuletzt Mail verschickt hat, aus dem Internet erreicht wurde oder ein neues Backend gefunden hat.',
  ],
  flood: [
    'Eine MAC-Adresse lässt sich erfinden, deshalb kann der Sensor nicht sagen, welches Gerät es tut. Geräte, die schon vorher bekannt waren, werden beobachtet wie immer.',
    'Trennen Sie ein Gerät nach dem anderen vom Netz, zuerst die, denen Sie am wenigsten trauen, und sehen Sie, wann die Zahl stehen bleibt: Das letzte war es.',
    'Wenn der Sensor gerade erst angeschlossen wurde: Ein belebtes Netz mit vielen Geräten, denen niemand antwortet, sieht genauso aus. Vermerken Sie den Vorfall als erledigt und sehen Sie, ob er wiederkommt.',
  ],
  updatesOverdue: [
    'Sehen Sie in seinen Einstellungen oder seiner App nach, ob Updates noch eingeschaltet sind.',
    'Fragen Sie den Hersteller, ob das Gerät noch versorgt wird.',
  ],
  newBackend: [
    'Überlegen Sie, ob Sie auf dem Gerät kürzlich eine App oder eine Funktion eingerichtet haben.',
    'Wenn nicht, behalten Sie es im Auge: Ein neues Backend allein beweist nichts.',
  ],
  fleetFirst: [
    'Halten Sie es vom Internet fern, bis das geklärt ist: Sperren Sie es im Router oder ziehen Sie sein Netzwerkkabel. Im Haus darf es weiter arbeiten.',
    'Sehen Sie auf der Website des Herstellers nach, ob er von einem Einbruch oder einem schlechten Update berichtet, und fragen Sie sonst nach.',
  ],
  fleetLast: [
    'Nehmen Sie nichts von dort, woher es bisher kam: Das Update-Menü des Geräts führt vielleicht zu eben dem Backend, vor dem andere Haushalte warnen.',
    'Behalten Sie es im Auge: Wenn es anfängt, Mail zu verschicken, meldet dieser Sensor das sofort und von sich aus. Die Warnung sagt, was andere Haushalte sahen, und kann falsch sein; sie endet hier, wenn sie dort endet.',
  ],
  sensor: [
    'Der Rechner, auf dem dieser Sensor läuft, hat diese Verbindung selbst geöffnet.',
    'Sehen Sie nach, was sonst darauf läuft: ein Mailprogramm, Berichte des Systems, eine Überwachung. Wenn Sie das eingerichtet haben, vermerken Sie es als erwartet.',
    'Wenn nicht: Trennen Sie ihn vom Netz und installieren Sie ihn von einem frischen Abbild neu, mit neuen Passwörtern. Verlassen Sie sich nicht auf das, was er seitdem gemeldet hat.',
  ],
  gateway: [
    'Der Router selbst hat diese Verbindung geöffnet, oder ein Gerät hinter ihm, das dieser Sensor nicht von ihm unterscheiden kann.',
    'Sehen Sie im Menü des Routers nach, ob Benachrichtigungen per Mail eingerichtet sind; wenn ja, vermerken Sie sie als erwartet.',
    'Wenn nicht: Setzen Sie den Router zurück, installieren Sie die neueste Firmware des Herstellers, setzen Sie ein neues Passwort und schalten Sie die Fernverwaltung aus.',
  ],
  blind:
    'Dieser Vorfall endet von selbst binnen Minuten, wenn der Sensor das Heimnetz wieder sieht. Bis dahin beweist eine ruhige Seite nichts.',
});
