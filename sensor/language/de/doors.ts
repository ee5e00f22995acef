// Deutsch: wer aus dem Internet ein Gerät erreicht hat, und welche Ports des Routers ein Gerät öffnen ließ.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const doors = inPlaceOf<EnglishPack['doors']>()({
  exposed: '{who} wurde aus dem Internet erreicht, und zwar auf {where}{service}: {connections} von {sources}.',
  where: { one: 'Port {ports}', other: 'den Ports {ports}' },
  service: ' – {service}',
  services: {
    telnet: 'Telnet (Fernsteuerung ohne Verschlüsselung)',
    ssh: 'SSH (Fernsteuerung)',
    adb: 'ADB (Fernsteuerung von Android)',
    rdp: 'Remotedesktop',
    vnc: 'VNC (sein Bildschirm)',
    smb: 'Dateifreigabe (SMB)',
    http: 'eine Webseite',
    https: 'eine Webseite',
    rtsp: 'sein Videobild (RTSP)',
    mqtt: 'MQTT',
    'tr-069': 'Fernwartung (TR-069)',
  },
  connections: { one: '{n} Verbindung', other: '{n} Verbindungen' },
  sources: { one: '{n} Adresse', other: '{n} Adressen' },
  exposedAdvice: [
    'Wenn Sie diesen Port mit Absicht geöffnet haben, vermerken Sie ihn als erwartet; erlaubt ist dann nur dieser Port dieses Geräts.',
    'Wenn nicht: Suchen Sie im Router nach einer Portfreigabe oder UPnP-Freigabe für dieses Gerät und löschen Sie sie; schalten Sie UPnP aus, wenn nichts es braucht.',
    'Schalten Sie den Fernzugriff des Geräts aus, setzen Sie ein neues, langes Passwort und installieren Sie seine Updates: Was zum Internet offen ist, wird binnen Minuten ausprobiert.',
  ],
  mapping: '{who} hat den Router gebeten, {outer} ({protocol}) für {inner} zu öffnen, {lifetime}{named}.',
  outer: 'Port {port}',
  ofItsChoice: 'einen Port seiner Wahl',
  inner: 'Port {port}',
  innerOf: 'Port {port} von {client}',
  forGood: 'auf Dauer',
  forTime: 'für {time}',
  named: ', mit dem Namen „{name}“',
  closed: 'Inzwischen hat es ihn wieder geschlossen.',
  requests: { one: 'Insgesamt {n} Anfrage.', other: 'Insgesamt {n} Anfragen.' },
  mappingAdvice: [
    'Überlegen Sie, ob dieses Gerät von außen erreichbar sein muss: Spielkonsolen, Telefonie und Dateifreigaben bitten darum; Kameras sollten es nicht.',
    'Wenn nicht: Löschen Sie die Freigabe im Router und schalten Sie dort UPnP, NAT-PMP und PCP aus.',
  ],
});

export const time = inPlaceOf<EnglishPack['time']>()({
  days: { one: '{n} Tag', other: '{n} Tage' },
  hours: { one: '{n} Stunde', other: '{n} Stunden' },
  minutes: { one: '{n} Minute', other: '{n} Minuten' },
  seconds: { one: '{n} Sekunde', other: '{n} Sekunden' },
  both: '{more} {less}',
});
