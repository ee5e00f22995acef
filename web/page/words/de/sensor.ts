// German: the sensor's own state, how much it saw, and who may read the page.
import type { Gap } from '../../../../sensor/record/watch-hours.ts';
import { day, figure, hoursAndMinutes, percent, plural, span } from '../../format.ts';
import type { Words } from '../en/index.ts';

/** By the sensor's reasons. */
const GAP_WORDS: Record<string, string> = {
  off: 'der Sensor war aus',
  capture: 'Pakete konnten nicht ankommen',
  mirror: 'der Spiegel-Port zeigte zu wenig, oder es kam zu wenig vorbei, um das zu sagen',
  loss: 'zu viele Pakete gingen verloren',
  clock: 'die Uhr ging nicht nachweislich richtig',
} satisfies Record<Gap, string>;

export const coverage = {
  title: 'Wie viel vom Heimnetz zu sehen war',
  week: (share) =>
    share === null
      ? 'Von den letzten sieben Tagen ist nichts verzeichnet.'
      : `${percent(share)} % der letzten sieben Tage, soweit sie verzeichnet sind.`,
  strip: (days) => {
    const whole = days.filter((day) => day.percent === 100).length;
    const partly = days.filter((day) => day.percent !== null && day.percent < 100).length;
    const none = days.length - whole - partly;
    return [
      `Von den letzten ${days.length} Tagen ${figure(whole)} ganz gesehen`,
      `${figure(partly)} nicht ganz`,
      ...(none > 0 ? [`von ${figure(none)} ist nichts verzeichnet`] : []),
    ].join(', ');
  },
  firstDay: 'vor 30 Tagen',
  lastDay: 'heute',
  why: (days) => `Was nicht zu sehen war, an ${plural(days, 'Tag', 'Tagen')}`,
  day: ({ day: date, gaps, percent: share }) =>
    `${day(`${date}T12:00`)}: ${percent(share ?? 0)} %. ${Object.entries(gaps)
      .map(([gap, minutes]) => `${hoursAndMinutes(minutes)}: ${GAP_WORDS[gap] ?? gap}`)
      .join('; ')}.`,
} satisfies Words['coverage'];

export const sensor = {
  title: 'Sensor',
  capture: 'Aufzeichnung',
  captureState: {
    starting: 'Beginnt',
    running: 'Läuft',
    restarting: 'Startet neu',
    failed: 'Gescheitert',
    ended: 'Zu Ende',
  },
  mode: { live: 'live', replay: 'Wiedergabe', demo: 'Vorführung' },
  interface: 'Schnittstelle',
  vantage: 'Standort',
  unsure: 'noch nicht sicher',
  judgedBy: 'Erkannt an',
  notCoveredTitle: 'Nicht abgedeckt',
  notCovered: (count) =>
    `${plural(count, 'Gerät ist', 'Geräte sind')} nur durch Rundrufe (Broadcasts) zu sehen: Was dort ins Internet geht, kommt nicht am Spiegel-Port vorbei, darum lässt sich nichts darüber sagen.`,
  moreNotCovered: (count) => `und ${figure(count)} weitere`,
  frames: 'Pakete',
  perSecond: (count) => `${figure(Math.round(count))} pro Sekunde`,
  loss: 'Verloren',
  lossUnknown: 'zu wenige Pakete für eine Aussage',
  lossBetween: (low, high) => `zwischen ${percent(low)} und ${percent(high)} %`,
  portDropped: 'Vom Anschluss verworfen',
  portDroppedOf: (dropped, received, minutes) =>
    `${figure(dropped)} von ${figure(received)} Paketen in ${plural(minutes, 'Minute', 'Minuten')}`,
  copies: 'Doppelt angekommen',
  copyKinds: {
    identical: 'dasselbe Paket',
    vlan: 'mit anderer VLAN-Marke',
    routed: 'von einem Router weitergereicht',
    hairpin: 'ins Heimnetz zurückgeschickt',
  },
  lastFrame: 'Letztes Paket',
  restarts: 'Neustarts',
  mend: 'Abhilfe:',
  blindSpots: 'Nicht zu beurteilen',
  decode: 'Nicht verstandene Pakete',
  broker: 'Broker für Alarme',
  brokerNone: 'Aus',
  brokerConnected: 'Verbunden',
  brokerAway: 'Nicht verbunden',
  brokerEmbedded: 'eingebaut',
  alertsTo: (name) => `Alarme an ${name}`,
  targetKinds: { ntfy: 'ntfy', gotify: 'Gotify', webhook: 'Webhook', webpush: 'Web Push' },
  targetAt: (kind, host) => `${kind} auf ${host}`,
  phones: (count) => (count === 0 ? 'noch kein Handy' : plural(count, 'Handy', 'Handys')),
  targetTook: (when) => `nahm einen Alarm an: ${when}`,
  targetIdle: 'seit dem Start kein Alarm',
  heldUntil: (time) => `zurückgehalten bis ${time}`,
  testAlert: 'Testalarm',
  testAlertHint:
    'Geht an den Broker und an alle, die Alarme bekommen, als Test gekennzeichnet. Ein Vorfall wird daraus nicht.',
  testAlertSent: 'Ein Testalarm ist unterwegs. „Sensor“ zeigt, wer ihn annimmt.',
  waiting: (count) => plural(count, 'Alarm wartet', 'Alarme warten'),
  dropped: (count) => `${plural(count, 'Alarm', 'Alarme')} verworfen`,
  database: 'Datenbank',
  notStored: (incidents, alerts, lost) =>
    [
      `${plural(incidents, 'Vorfall', 'Vorfälle')} und ${plural(alerts, 'Alarm', 'Alarme')} nur im Arbeitsspeicher`,
      ...(lost > 0 ? [`${figure(lost)} aus Platzmangel aufgegeben`] : []),
    ].join(', '),
  clock: 'Uhr',
  clockGood: 'stimmt mit diesem Gerät überein',
  clockUncertain: 'geht nicht nachweislich richtig',
  clockOff: (milliseconds) =>
    `geht gegenüber diesem Gerät ${span(Math.abs(milliseconds))} ${milliseconds > 0 ? 'vor' : 'nach'}`,
  version: 'Version',
  running: 'Läuft seit',
  page: 'Seite',
  openPages: (count) => plural(count, 'Seite geöffnet', 'Seiten geöffnet'),
  refused: (tokens, hosts, origins) =>
    `abgewiesen: ${plural(tokens, 'falsches Token', 'falsche Token')}, ${plural(hosts, 'fremder Hostname', 'fremde Hostnamen')}, ${plural(origins, 'fremder Ursprung', 'fremde Ursprünge')}`,
  language: 'Sprache',
  languageOf: 'Sprache dieser Seite',
  asPhone: 'Wie dieses Handy',
  languageHint: 'Gilt für diesen Browser. Alarme kommen in der Sprache, die am Sensor eingestellt ist.',
  browsers: 'Gekoppelte Browser',
  thisBrowser: 'dieser',
  pairedOn: (when) => `gekoppelt ${when}`,
  usedOn: (when) => `benutzt ${when}`,
  revoke: 'Entfernen',
  revoked: 'Entfernt. Dieser Browser kann nichts mehr lesen.',
  pairAnother: 'Weiteres Handy koppeln',
  pairExplains: 'Mit dem anderen Handy scannen. Der Code gilt einmal, zehn Minuten lang.',
  pairLoopback:
    'Die Seite ist nur auf diesem Rechner erreichbar, darum kann kein Handy diesen Link öffnen. Mit web.listen: 0.0.0.0:8080 wird sie zu Hause erreichbar.',
  qrAlt: 'QR-Code des Links zum Koppeln',
  unpair: 'Entkoppeln',
  log: 'Protokoll, Neuestes zuerst',
  noLog: 'Das Protokoll ist leer.',
  bundle: 'Paket für den Support herunterladen',
  bundleHint: 'Zustand, Geräte, Vorfälle und Protokoll, ohne Hostnamen und mit gekürzten MAC-Adressen.',
} satisfies Words['sensor'];
