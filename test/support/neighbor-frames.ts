// Neighbor Discovery (RFC 4861) as hosts and routers send it to everybody on the link, in frames.
import { type CapturedFrame, ethernet, ipv6, routerAdvertisement, type UpperLayer } from './packet-builder.ts';

/** A message of `mac`, at its address `source`, to all nodes. */
export function ndp(mac: string, source: string, message: UpperLayer, time: number): CapturedFrame {
  const packet = ipv6({ source, destination: 'ff02::1', hopLimit: 255 }, message);
  return { time, data: ethernet({ source: mac, destination: '33:33:00:00:00:01' }, packet) };
}

export interface Said {
  prefix: string;
  /** 64 unless told. */
  length?: number;
  validLifetime?: number;
}

/** `mac` advertises itself as a router, with these prefixes. */
export function advertised(mac: string, said: readonly Said[], time: number, routerLifetime = 1800): CapturedFrame {
  const prefixes = said.map((one) => ({ length: 64, ...one }));
  return ndp(mac, 'fe80::1', routerAdvertisement({ sourceMac: mac, prefixes, routerLifetime }), time);
}
