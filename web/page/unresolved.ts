// What several views ask for first: the incidents that still need a look.
import type { ReportIncident } from '../../sensor/record/report.ts';

export interface IncidentPage {
  incidents: ReportIncident[];
  next: string | null;
}

/** What is of severity info is for looking up: it needs no look by itself. */
export const UNRESOLVED = 'api/incidents?limit=100&states=open,acknowledged&least=low';
