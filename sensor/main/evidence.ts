// `thingwatch evidence`: what is kept of an incident, as a report and as a capture. Belongs to main.ts.
import { existsSync, writeFileSync } from 'node:fs';
import { DeviceTable } from '../attribute/device-table.ts';
import { type EvidenceCommand, EXIT } from '../cli.ts';
import type { Knowledge } from '../detect/knowledge.ts';
import { english } from '../language/words.ts';
import { evidencePcap } from '../record/evidence-export.ts';
import { EvidenceReader, type ReadEvidence, type StoredIncident } from '../record/evidence-reader.ts';
import { evidenceReport } from '../record/evidence-report.ts';
import { isoTime } from '../record/report.ts';
import { reportDevice } from '../record/report-builder.ts';
import { EdgeError } from './edge-error.ts';

export interface EvidenceIo {
  out(text: string | Buffer): void;
  complain(text: string): void;
}

export interface EvidencePlace {
  /** Of the database. */
  path: string;
  version: string;
  /** Loaded only where a device is to be described. */
  knowledge(): Knowledge;
}

/** Resolves to nothing; throws EdgeError and StoreError. */
export function printEvidence(command: EvidenceCommand, place: EvidencePlace, io: EvidenceIo): void {
  const { id, pcap, text } = command;
  if (pcap === '-' && text === '-')
    throw new EdgeError(EXIT.usage, '- is standard output: give it to one of --pcap and --text only');
  if (!existsSync(place.path))
    throw new EdgeError(EXIT.failed, `there is no database ${place.path}: name its directory with --state or --config`);
  const reader = new EvidenceReader(place.path);
  try {
    if (id === null) io.out(listText(reader.list()));
    else printOne(found(reader.read(id), id), command, place, io);
  } finally {
    reader.close();
  }
}

function found(evidence: ReadEvidence | null, id: string): ReadEvidence {
  if (evidence !== null) return evidence;
  throw new EdgeError(
    EXIT.failed,
    `there is no incident ${JSON.stringify(id)}: "thingwatch evidence" lists those with evidence, and the page has the id in its address`,
  );
}

function printOne(evidence: ReadEvidence, command: EvidenceCommand, place: EvidencePlace, io: EvidenceIo): void {
  const { pcap } = command;
  const text = command.text ?? (pcap === null ? '-' : null);
  if (pcap !== null) {
    if (evidence.frames.length === 0)
      throw new EdgeError(EXIT.failed, 'no frames of this incident are kept, so there is no capture to write');
    write(pcap, evidencePcap(evidence.frames), io);
  }
  if (text === null) return;
  const { chain, frames, incident, seen, vantage } = evidence;
  const [device] = chain;
  const devices = new DeviceTable();
  for (const known of chain) devices.restore(known);
  const described = device === undefined ? null : reportDevice(english, device, place.knowledge(), devices);
  const { version } = place;
  write(text, evidenceReport({ incident, device: described, frames, seen, vantage, version }), io);
}

function write(to: string, content: string | Buffer, io: EvidenceIo): void {
  if (to === '-') {
    io.out(content);
    return;
  }
  try {
    writeFileSync(to, content, { mode: 0o600 });
  } catch (error) {
    throw new EdgeError(EXIT.failed, `${to} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
  io.complain(`Wrote ${to}.\n`);
}

function listText(incidents: readonly StoredIncident[]): string {
  if (incidents.length === 0) return 'No incident has evidence.\n';
  const lines = incidents.map(({ incident: { id, lastAt, severity, summary }, kept, seen }) =>
    [
      `${id}  ${isoTime(lastAt).slice(0, 16).replace('T', ' ')}Z  ${severity}, ${kept} of ${seen} frames kept`,
      `    ${summary}`,
    ].join('\n'),
  );
  return `${lines.join('\n')}\n`;
}
