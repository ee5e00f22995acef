// What libpcap makes of a filter expression: its program, and which of many frames it keeps in one run of tcpdump.
import { spawnSync } from 'node:child_process';
import type { LinkType } from '../../sensor/capture/frame.ts';
import { pcapBytes } from '../support/packet-builder.ts';

const DATA_LINK_TYPES: Record<LinkType, string> = { 1: 'EN10MB', 113: 'LINUX_SLL', 276: 'LINUX_SLL2' };

function tcpdump(args: readonly string[], input: Buffer): Buffer {
  const { error, status, stderr, stdout } = spawnSync('tcpdump', args, { input, maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`tcpdump ended with ${status}: ${stderr.toString()}`);
  return stdout;
}

/** Instructions of the optimised BPF program. Throws when libpcap cannot compile the expression. */
export function programLength(expression: string, linkType: LinkType): number {
  const program = tcpdump(['-y', DATA_LINK_TYPES[linkType], '-d', expression], Buffer.alloc(0));
  return program.toString().trim().split('\n').length;
}

/** Indices of the frames that pass. Frames are told apart by their time, one second each. */
export function keptBy(expression: string, linkType: LinkType, frames: readonly Buffer[]): number[] {
  const capture = pcapBytes(
    frames.map((data, index) => ({ time: index * 1000, data })),
    { linkType },
  );
  const output = tcpdump(['-r', '-', '-w', '-', expression], capture);
  const kept: number[] = [];
  for (let at = 24; at + 16 <= output.length; at += 16 + output.readUInt32LE(at + 8))
    kept.push(output.readUInt32LE(at));
  return kept;
}
