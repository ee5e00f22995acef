// What seeds are taken from: the frames of the captures that the lab recorded, of the self-test's cases, and of further captures where
// a folder of them is named. Those are read and never written.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../sensor/checkout.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { CASES } from '../../sensor/self-test/cases.ts';
import { framesOf } from '../support/pcap-frames.ts';

/** Frames of one recording; longer ones are left at that. */
const MOST_FRAMES = 300;

export interface Material {
  /** Ethernet frames, recording by recording, in order. */
  recordings: Recordings;
  /** Payloads of datagrams from or to one of these ports, each once. */
  datagrams(...ports: number[]): Buffer[];
  /** Payloads of segments from or to one of these ports, each once. */
  segments(...ports: number[]): Buffer[];
  /** Frames for which `wanted` holds, at most `most`, each length once. */
  frames(wanted: (packet: Packet) => boolean, most?: number): Buffer[];
}

export type Recordings = readonly (readonly Buffer[])[];

/** Those of the lab. */
export function ownRecordings(): Buffer[][] {
  const names = ['demo', 'inside-mail', 'ipv6-mail', 'lease-reuse', 'three-mailers', 'vlan-qinq'];
  return names.map((name) => framesIn(join(PROJECT_ROOT, 'test/captures', `${name}.pcap`)));
}

/** All of them; `folder` holds captures of others. It takes a while: done once for all targets. */
export function readRecordings(folder: string | null): Buffer[][] {
  const others = folder === null ? [] : readdirSync(folder).map((name) => framesIn(join(folder, name)));
  const played = CASES.map(({ frames }) =>
    frames()
      .flat()
      .sort((a, b) => a.time - b.time)
      .slice(0, MOST_FRAMES)
      .map(({ data }) => data),
  );
  return [...ownRecordings(), ...others, ...played].filter((frames) => frames.length > 0);
}

export function materialOf(recordings: Recordings): Material {
  let known: { data: Buffer; packet: Packet | null }[] | null = null;
  // Not every target asks.
  const all = () => (known ??= recordings.flat().map((data) => ({ data, packet: packetIn(data) })));
  const payloads = (layer: 'tcp' | 'udp', ports: readonly number[]) => {
    const found = new Map<string, Buffer>();
    for (const { packet } of all()) {
      const upper = packet?.[layer];
      if (!upper || upper.payload.length === 0) continue;
      if (!ports.includes(upper.sourcePort) && !ports.includes(upper.destinationPort)) continue;
      if (found.size < 200) found.set(upper.payload.toString('latin1'), upper.payload);
    }
    return [...found.values()];
  };
  return {
    recordings,
    datagrams: (...ports) => payloads('udp', ports),
    segments: (...ports) => payloads('tcp', ports),
    frames(wanted, most = 200) {
      const found = new Map<number, Buffer>();
      for (const { data, packet } of all())
        if (packet !== null && found.size < most && wanted(packet)) found.set(data.length, data);
      return [...found.values()];
    },
  };
}

function packetIn(data: Buffer): Packet | null {
  return decodeFrame({ time: 0, linkType: 1, data, originalLength: data.length }, new DecodeCounters());
}

/** Nothing of a file that is another kind of capture. */
function framesIn(file: string): Buffer[] {
  try {
    return framesOf(file)
      .slice(0, MOST_FRAMES)
      .map(({ data }) => data);
  } catch {
    return [];
  }
}
