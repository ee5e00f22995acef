// What a target is, and what it is told. Shapes only.
import type { LookupFunction } from 'node:net';
import type { Severity } from '../../detect/finding.ts';
import type { IncidentChange } from '../../record/events.ts';
import type { weekFigures } from '../payloads.ts';
import type { PhoneKeys, VapidKey } from './web-push.ts';

export const TARGET_KINDS = ['ntfy', 'gotify', 'webhook', 'webpush'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** Between the name of the setting and the id of a phone's browser. */
export const PHONE_OF = ':';

/** What a phone's push service is shown, and what the phone reads messages with. */
export interface PushAccess {
  keys: PhoneKeys;
  vapid: VapidKey;
  /** An address of who runs the sensor, for the service. */
  contact: string;
  /** The service is one that browsers come with, so it is on the Internet. */
  isBuiltIn: boolean;
}

/** One that is told of alerts, with its secrets: none of them is ever shown. */
export interface NotifyTarget {
  /** As in the configuration, for people; of a phone, with the id of its browser. */
  name: string;
  kind: TargetKind;
  /** Of ntfy and Gotify the server; of a webhook and a phone all of it, which may be a secret. */
  url: URL;
  /** Of ntfy; empty for others. */
  topic: string;
  /** Of ntfy and Gotify; null without one. */
  token: string | null;
  /** What a webhook's messages are signed with; null for none. */
  secret: string | null;
  /** Nothing milder is told. */
  least: Severity;
  /** `22:00-07:00` in local time; null for none. */
  quiet: string | null;
  /** Of each week a summary. */
  weekly: boolean;
  /** Devices by their names. */
  names: boolean;
  /** PEM texts of the authorities that are trusted; null for those that Node.js knows. */
  ca: string | null;
  /** Of a phone; left out for others. */
  push?: PushAccess;
}

/** What is kept in the outbox for a target, and what a webhook gets. */
export interface Notice {
  schema: 'thingwatch.alert/1';
  /** Stable: the same event has the same id after a crash. */
  id: string;
  test: boolean;
  event_type: string;
  /** `digest`: several that were held back in quiet hours; it is made when they end and never waits in the outbox. */
  change: IncidentChange | 'test' | 'week' | 'digest';
  kind: string | null;
  severity: Severity;
  incident: string | null;
  title: string;
  text: string;
  /** What to do first; null where nothing is. */
  advice: string | null;
  device: string | null;
  /** Where names are told; else null. */
  mac: string | null;
  /** Where the page has more; null where no phone can open it. */
  link: string | null;
  /** ISO 8601. */
  time: string;
  /** Of a summary: its figures. */
  week?: ReturnType<typeof weekFigures>;
}

/** How it was answered. Headers are in lower case. */
export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of an answer that was asked for; empty else. */
  text: string;
}

export interface HttpQuestion {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: string | Buffer;
  /** Null for the authorities that Node.js knows. */
  ca: string | null;
  /** Whether the text of a good answer matters; else its status ends it. */
  wantsText: boolean;
  signal: AbortSignal;
  /** In place of the system's. */
  lookup?: LookupFunction;
}
