// What came of a case at the edges, as far as it is judged: incidents as the page's API gives them, alerts and retained states
// as a client of the broker hears them.
import { z } from 'zod';
import { INCIDENT_KINDS, SEVERITIES } from '../detect/finding.ts';

export const incidentSchema = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  severity: z.enum(SEVERITIES),
  device: z.string().nullable(),
  state: z.string(),
  summary: z.string().min(1),
  evidence: z.record(z.string(), z.unknown()),
  before: z.array(z.object({ kind: z.string() })),
});
export type SeenIncident = z.infer<typeof incidentSchema>;

export const alertSchema = z.object({
  event_type: z.string(),
  incident: z.string(),
  change: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  mac: z.string().nullable(),
});
export type SeenAlert = z.infer<typeof alertSchema>;

export const deviceStateSchema = z.object({
  sending_mail: z.enum(['ON', 'OFF']),
  severity: z.enum(SEVERITIES).nullable(),
});
export type SeenDevice = z.infer<typeof deviceStateSchema>;

export interface Seen {
  incidents: readonly SeenIncident[];
  /** On the topic of the house, in order. */
  alerts: readonly SeenAlert[];
  /** On the devices' own topics, in order. */
  deviceAlerts: readonly SeenAlert[];
  /** Retained states by MAC. */
  devices: ReadonlyMap<string, SeenDevice>;
}
