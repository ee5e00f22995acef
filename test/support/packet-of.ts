// One crafted frame as the decoders read it, for tests of what is made of packets.
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet } from '../../sensor/decode/packet.ts';
import { frameOf } from './hex.ts';
import type { CapturedFrame } from './packet-builder.ts';

/** @throws Error for what the decoders do not take. */
export function packetOf({ data, time }: CapturedFrame): Packet {
  const packet = decodeFrame(frameOf(data, { time }), new DecodeCounters());
  if (packet === null) throw new Error('no packet');
  return packet;
}
