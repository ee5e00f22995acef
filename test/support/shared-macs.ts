// What the cable shows of devices whose frames another hands on: the same packets, with its MAC in place of theirs.
import type { CapturedFrame } from './packet-builder.ts';

const octets = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex');
const ARP = 0x0806;

/** The frames of `client`, and to it, bear the MAC of `carrier`: proxy ARP, MAC translation, or a router in between. */
export function through(
  carrier: { mac: string },
  client: { mac: string },
  frames: readonly CapturedFrame[],
): CapturedFrame[] {
  const [theirs, others] = [octets(client.mac), octets(carrier.mac)];
  return frames.map((frame) => {
    const data = Buffer.from(frame.data);
    const places = data.readUInt16BE(12) === ARP ? [0, 6, 22, 32] : [0, 6];
    for (const at of places) if (data.subarray(at, at + 6).equals(theirs)) others.copy(data, at);
    return { ...frame, data };
  });
}

/** Frames from `mac` with packets that have come over so many routers. */
export function routed(from: { mac: string }, frames: readonly CapturedFrame[], hops = 1): CapturedFrame[] {
  return frames.map((frame) => {
    const data = Buffer.from(frame.data);
    if (!data.subarray(6, 12).equals(octets(from.mac))) return frame;
    const at = { 2048: 22, 34525: 21 }[data.readUInt16BE(12)];
    if (at !== undefined) data.writeUInt8(data.readUInt8(at) - hops, at);
    return { ...frame, data };
  });
}

/** Frames to `mac` go to everybody instead, as a server answers who asks for that (RFC 2131, section 4.1). */
export function broadcast(to: { mac: string }, frames: readonly CapturedFrame[]): CapturedFrame[] {
  return frames.map((frame) => {
    const data = Buffer.from(frame.data);
    if (data.subarray(0, 6).equals(octets(to.mac))) data.fill(0xff, 0, 6);
    return { ...frame, data };
  });
}
