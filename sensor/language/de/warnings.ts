// Deutsch: was den Sensor weniger sehen lässt, als er könnte, und sich beheben lässt.
import type { EnglishPack } from '../en/index.ts';
import { inPlaceOf } from '../sentences.ts';

export const warnings = inPlaceOf<EnglishPack['warnings']>()({
  offloads: 'Der Port {port} fasst Segmente zusammen ({offloads}): Unter Last gehen Pakete verloren.',
  offloadsFix: '{command}, oder setzen Sie capture.fix_offloads',
  sourceSilent: {
    one: 'Seit {n} Sekunde kam nichts von {source}.',
    other: 'Seit {n} Sekunden kam nichts von {source}.',
  },
  sourceSilentFix:
    'Prüfen Sie, ob der Router dort noch aufzeichnet; nach drei Minuten startet der Sensor die Aufzeichnung von selbst neu.',
  sourceBehind:
    'Die Uhr von {source} geht gegenüber der dieses Sensors nach, Rückstand {time}: Ihre Pakete zählen ab ihrer Ankunft.',
  sourceAhead:
    'Die Uhr von {source} geht gegenüber der dieses Sensors vor, Vorsprung {time}: Ihre Pakete zählen ab ihrer Ankunft.',
  sourceClockFix: 'Lassen Sie beide ihre Uhr über das Netz stellen (NTP).',
  descriptors:
    'Dieser Prozess hat keine Dateideskriptoren mehr: Er kann keine neuen Verbindungen annehmen, keine Seiten öffnen und die Aufzeichnung nicht neu starten.',
  descriptorsFix:
    'Erhöhen Sie seine Grenze (LimitNOFILE= des Dienstes oder „prlimit --nofile“), oder starten Sie ihn neu.',
  staysRoot: 'Der Sensor bleibt root: {problem}.',
  staysRootFix:
    'Geben Sie diesem Benutzer Zugriff darauf, oder nennen Sie mit run_as einen anderen (root, um ohne diese Warnung root zu bleiben).',
  notesUnread: '{path} ({key}) lässt sich nicht lesen; die Hinweise darin werden nicht benutzt.',
  fileGone: '{path} ({key}) ist verschwunden; was beim Start davon gelesen wurde, gilt weiter.',
  notesLate:
    '{path} ({key}) lässt sich jetzt lesen, war beim Start aber nicht da; die Hinweise darin werden noch nicht benutzt.',
  startAgain: 'Starten Sie den Sensor neu.',
  putNotesBack: 'Legen Sie es zurück, oder nehmen Sie es aus notes.dirs heraus.',
  putFileBack: 'Legen Sie die Datei vor dem nächsten Start zurück, oder ändern Sie {key}.',
});
