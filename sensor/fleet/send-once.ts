// One record to the fleet over a connection of its own, for a command that ends then.
import { silentLog } from '../log.ts';
import { systemTimers } from '../publish/ports.ts';
import type { OutboxMessage } from '../record/outbox.ts';
import type { Enrolment } from './enrolment.ts';
import { recordTopic } from './topics.ts';
import { Uplink } from './uplink.ts';

export interface SendOnceOptions {
  enrolment: Enrolment;
  /** As of UplinkOptions. */
  authorities: string | null;
  /** The record. */
  payload: string;
  /** How long is waited for its acknowledgement, ms. */
  within?: number;
}

const WITHIN_MS = 20_000;

/** Resolves to what kept it from the fleet, for a person; null where it has it. */
export async function sendOnce({ authorities, enrolment, payload, within }: SendOnceOptions): Promise<string | null> {
  const topic = recordTopic(enrolment.home);
  const waiting: OutboxMessage[] = [{ id: 'once', topic, payload, createdAt: 0, priority: 'alert' }];
  let onTaken = () => {};
  const taken = new Promise<void>((resolve) => {
    onTaken = resolve;
  });
  const uplink = new Uplink({
    enrolment,
    // The sensor's own connection stays.
    clientId: `${enrolment.home}-once`,
    authorities,
    queue: { peek: () => [...waiting], remove: () => waiting.splice(0), size: () => waiting.length },
    timers: systemTimers,
    now: Date.now,
    random: Math.random,
    log: silentLog,
    onEmpty: onTaken,
  });
  uplink.start();
  let late: NodeJS.Timeout | undefined;
  await Promise.race([
    taken,
    new Promise<void>((resolve) => {
      late = setTimeout(resolve, within ?? WITHIN_MS);
    }),
  ]);
  clearTimeout(late);
  const { error } = uplink.status();
  await uplink.stop();
  return waiting.length === 0 ? null : (error ?? 'the fleet does not answer');
}
