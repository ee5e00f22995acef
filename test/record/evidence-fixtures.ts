// Mail with secrets in it, and what is kept of it: for the tests of evidence.

import { execFileSync } from 'node:child_process';
import { english } from '../../sensor/language/words.ts';
import { evidenceReport } from '../../sensor/record/evidence-report.ts';
import type { EvidenceFrame } from '../../sensor/record/evidence-ring.ts';
import { reportDevice } from '../../sensor/record/report-builder.ts';
import { DIALOGUES } from '../support/dialogues.ts';
import { tcpConversation } from '../support/packet-builder.ts';
import { at, CAMERA, MAIL_SERVER, outside, SECOND, START, type Stage } from '../support/stage.ts';

interface Mail {
  port?: number;
  time?: number;
  from?: { mac: string; ip: string };
  dialogue?: string;
  clientPort?: number;
  outcome?: 'unanswered' | 'connected';
}

/** A connection of a device to a mail server, with one of the secret dialogues. */
export function mail({
  clientPort = 40000,
  dialogue,
  from = CAMERA,
  outcome = 'connected',
  port = 25,
  time = START,
}: Mail) {
  return tcpConversation({
    client: at(from, from.ip, clientPort),
    server: outside(MAIL_SERVER, port),
    time,
    outcome,
    dialogue: (DIALOGUES[dialogue ?? ''] ?? []).map(([side, text]) => ({
      from: side,
      bytes: Buffer.from(text, 'latin1'),
    })),
  });
}

/** SYNs that nobody answers, each a connection of its own. */
export const attempts = (count: number, from = CAMERA, time = START, step = SECOND) =>
  Array.from({ length: count }, (_, n) =>
    mail({ from, clientPort: 10_000 + n, time: time + n * step, outcome: 'unanswered' }),
  ).flat();

/** What is kept of the one incident of its kind. */
export function framesOf(stage: Stage, kind = 'mail_started'): EvidenceFrame[] {
  return stage.spine.recorder.framesOf(stage.incident(kind).id);
}

/** Its report for an abuse desk. */
export function reportOf(stage: Stage, kind = 'mail_started'): string {
  const { engine, knowledge, recorder } = stage.spine;
  const incident = recorder.incidents.get(stage.incident(kind).id);
  if (incident === undefined) throw new Error('gone');
  const device = incident.device === null ? undefined : engine.devices.get(incident.device);
  const described = device === undefined ? null : reportDevice(english, device, knowledge, engine.devices);
  const frames = recorder.framesOf(incident.id);
  const { seen } = recorder.evidence.ring.countOf(incident.id);
  return evidenceReport({ incident, device: described, frames, seen, vantage: engine.vantage, version: '1.2.3' });
}

/** What a command line tool prints of `input`, with times in UTC. */
export function tool(command: string, args: string[], input: Buffer): string {
  return execFileSync(command, args, { input, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' }, stdio: 'pipe' });
}
