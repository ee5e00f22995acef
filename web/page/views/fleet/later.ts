// What only a home that reports to a fleet shows, as one piece with its words: others never load it.
export { FleetCard } from './card.tsx';
export { KeepPrivate } from './keep-private.tsx';
export { FleetReportView } from './report.tsx';
