// German: devices, one device, and what was called normal.
import { plural } from '../../format.ts';
import type { Words } from '../en/index.ts';
import { PROTOCOLS } from '../protocols.ts';

export const device = {
  home: 'Das Heimnetz',
  role: { gateway: 'Router', sensor: 'Dieser Sensor', device: 'Gerät' },
  notSeen: 'Nur seine Rundrufe (Broadcasts) sind zu sehen: Dieses Gerät kann ich nicht beurteilen.',
  randomized: 'Lokal vergebene Adresse: Sie kann sich ändern.',
  shared: 'Mehrere Geräte sprechen hinter dieser Adresse.',
  behind: (kind, name) =>
    `Hinter dem ${kind === 'repeater' ? 'Repeater' : 'Router'} ${name}: Seine Pakete tragen hier dessen MAC-Adresse.`,
  at: (address) => `Ein Gerät mit der Adresse ${address}`,
  addressesBehind: 'Geräte dahinter, hier ohne eigene MAC-Adresse',
  nameFrom: (from) => (from === 'user' ? 'selbst vergebener Name' : `Name aus ${PROTOCOLS[from] ?? from}`),
  noVendor: 'Hersteller unbekannt',
} satisfies Words['device'];

export const devices = {
  title: 'Geräte',
  search: 'Nach Name, Adresse, Hersteller oder MAC-Adresse suchen',
  searchShort: 'Geräte suchen',
  none: 'Noch wurde kein Gerät gesehen.',
  noneHint: 'Geräte erscheinen, sobald sie im Netz sprechen.',
  noMatch: 'Kein Gerät passt dazu.',
  count: (shown, all) =>
    shown === all ? plural(all, 'Gerät', 'Geräte') : `${shown} von ${plural(all, 'Gerät', 'Geräten')}`,
  mails: (count) => plural(count, 'Mail-Versuch', 'Mail-Versuche'),
  lastSeen: (time) => `zuletzt ${time}`,
  openIncident: 'Offener Vorfall',
  notJudged: 'Nicht zu beurteilen',
  newAddress: 'neuere Adresse eines anderen',
  perhaps: (name) => `vielleicht eine weitere Adresse von ${name}`,
} satisfies Words['devices'];

export const deviceView = {
  rename: 'Umbenennen',
  renameLabel: 'Eigener Name dafür',
  renameHint: 'Leer lassen, um den selbst gemeldeten Namen zu nehmen.',
  renamed: 'Umbenannt.',
  facts: 'Wer es ist',
  mac: 'MAC-Adresse',
  vendor: 'Hersteller',
  addresses: 'Adressen',
  olderAddresses: (count) => plural(count, 'ältere Adresse', 'ältere Adressen'),
  names: 'Selbst gemeldete Namen',
  note: 'Firmware-Hinweis',
  class: 'Art des Geräts',
  classes: {
    thing: 'ein Ding: Mail ist von ihm nicht zu erwarten',
    'general-purpose': 'Handy, Tablet oder Computer: darf seinem Anbieter Mail übergeben',
    infrastructure: 'Teil des Netzes',
  },
  noteEvidence: 'Erkannt an',
  evidenceKinds: {
    vendor: 'Hersteller',
    hostname: 'Hostname',
    mdns: 'mDNS',
    ssdp: 'SSDP',
    dhcp: 'DHCP',
    backend: 'Backend',
  },
  firstSeen: 'Zuerst gesehen',
  lastSeen: 'Zuletzt gesehen',
  incidents: 'Offene Vorfälle',
  activity: 'Aktivität',
  mail: 'Mail',
  noMail: 'Es hat nie versucht, Mail zu verschicken.',
  lookups: (mx, dnsbl) =>
    `${plural(mx, 'Anfrage', 'Anfragen')} nach Mailservern, ${plural(dnsbl, 'Anfrage', 'Anfragen')} bei Sperrlisten`,
  backends: 'Backends',
  noBackends: 'Noch ist kein Backend bekannt.',
  backendRole: {
    update: 'Updates',
    telemetry: 'Telemetrie',
    cloud: 'Cloud',
    store: 'Store für Apps oder Erweiterungen',
    time: 'Uhrzeit',
    unknown: 'Aufgabe unbekannt',
  },
  roleFrom: {
    note: 'Aufgabe laut Firmware-Hinweis',
    'store-list': 'ein bekannter Store',
    'host-label': 'Aufgabe aus dem Hostnamen geraten',
  },
  nameSource: { dns: 'DNS', sni: 'TLS', quic: 'QUIC', http: 'HTTP' },
  nameHidden: 'Name verborgen',
  throughProxy: (proxy) => `über den Proxy ${proxy}`,
  outerName: 'nur der äußere Name, der wahre ist verschlüsselt',
  sharedInfrastructure: 'gemeinsam genutzte Server',
  backendTraffic: (connections, up, down) =>
    `${plural(connections, 'Verbindung', 'Verbindungen')} · ${up} gesendet · ${down} empfangen`,
  firmware: 'Updates',
  noUpdateServer: 'Kein Kontakt zu einem Update-Server wurde erkannt.',
  updateContact: (server, when) => `Letzter Kontakt zu ${server}: ${when}`,
  storeContact: (store, first, last) =>
    `Apps oder Erweiterungen von ${store}: erster Kontakt ${first}, letzter ${last}`,
  noFirmware: 'Es hat keine Firmware-Version gemeldet.',
  version: 'Version',
  timeline: 'Verlauf',
  noTimeline: 'Noch nichts Nennenswertes.',
  merge: 'Vielleicht dasselbe Gerät.',
  mergeInterfaces: 'Dasselbe Gerät über Kabel und WLAN?',
  mergeHint: 'Bei „Ja“ gelten Name und Erwartungen des anderen auch für dieses.',
  mergeSee: (name) => `${name} ansehen`,
  mergeYes: 'Ja, dasselbe Gerät',
  mergeNo: 'Nein, verschiedene Geräte',
  merged: 'Zusammengelegt.',
  distinguished: 'Getrennt gehalten.',
  distinct: (name) => `Laut früherer Antwort ist das nicht ${name}.`,
  askAgain: 'Wieder fragen',
  askedAgain: 'Es darf wieder vorgeschlagen werden.',
  sameAs: 'Dasselbe Gerät unter einer anderen Adresse. Name und Erwartungen der älteren gelten auch hier:',
  sameThing: 'Dieses Gerät hat weitere Adressen. Sein Name und seine Erwartungen gelten auch für sie:',
  seenAt: (when) => `zuletzt gesehen ${when}`,
  unmerge: 'Nicht dasselbe Gerät',
  unmerged: 'Getrennt.',
  forget: 'Dieses Gerät vergessen',
  forgetTitle: 'Dieses Gerät vergessen?',
  forgetExplains: 'Sein Verlauf wird endgültig gelöscht. Spricht es wieder, gilt es als neues Gerät.',
  forgetYes: 'Ja, vergessen',
  forgotten: 'Vergessen.',
} satisfies Words['deviceView'];

export const expected = {
  title: 'Erwartet',
  intro: 'Was ein Mensch oder ein Firmware-Hinweis normal genannt hat. Alles andere löst weiterhin Alarm aus.',
  none: 'Nichts ist als erwartet vermerkt.',
  noneHint: 'Soll ein Gerät Mail verschicken: den Vorfall öffnen und „Das ist erwartet“ wählen.',
  by: (who, when) =>
    ({ page: `auf dieser Seite, ${when}`, 'home-assistant': `in Home Assistant, ${when}` })[who] ??
    `durch den Hinweis „${who}“, ${when}`,
  until: (time) => `bis ${time}`,
  forGood: 'auf Dauer',
  ended: 'gilt nicht mehr',
  matches: (count, last) =>
    count === 0
      ? 'hat noch nie gepasst'
      : `hat ${plural(count, 'Mal', 'Mal')} gepasst${last ? `, zuletzt ${last}` : ''}`,
  remove: 'Entfernen',
  removed: 'Entfernt. Es löst wieder Alarm aus.',
} satisfies Words['expected'];
