// German: whether the phone that shows the page is told of alerts.
import type { Words } from '../en/index.ts';

export const phone = {
  title: 'Alarme auf diesem Handy',
  state: {
    untold: 'Dieses Handy bekommt keine Alarme, solange die Seite geschlossen ist.',
    told: 'Dieses Handy bekommt Alarme, auch wenn die Seite geschlossen ist.',
    lost: 'Dieses Handy bekommt keine Alarme mehr: Sein Push-Dienst kennt es nicht mehr, etwa weil der Browser zurückgesetzt oder lange nicht benutzt wurde. Bitte noch einmal einschalten.',
    foreign:
      'Dieses Handy bekommt keine Alarme mehr: Die Einstellungen des Sensors erlauben seinen Push-Dienst nicht mehr.',
  },
  took: (when) => `Der letzte kam an: ${when}.`,
  tell: 'Alarme auf dieses Handy',
  untell: 'Keine Alarme mehr auf dieses Handy',
  done: 'Dieses Handy bekommt ab jetzt Alarme. Mit „Testalarm“ lässt es sich ausprobieren.',
  undone: 'Dieses Handy bekommt keine Alarme mehr.',
  obstacle: {
    insecure:
      'Browser erlauben das nur auf https://-Seiten. Bitte die Seite unter ihrer https://-Adresse öffnen; wie sie eine bekommt, steht im Handbuch.',
    unsupported:
      'Dieser Browser kann keine Alarme bekommen. Auf iPhone und iPad die Seite erst zum Home-Bildschirm hinzufügen und von dort öffnen.',
    denied:
      'Dieser Browser lässt die Seite keine Mitteilungen zeigen. In seinen Einstellungen für diese Seite lassen sie sich erlauben.',
  },
  unreached: 'Der Push-Dienst dieses Browsers ist gerade nicht erreichbar, oder es gibt keinen.',
} satisfies Words['phone'];
