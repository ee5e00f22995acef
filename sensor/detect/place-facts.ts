// What findings say of where a device is, if its frames do not bear its own MAC alone: facts for the evidence, and whose it is.
import type { Place } from '../attribute/whereabouts.ts';
import type { IpAddress } from '../decode/packet.ts';
import type { Finding } from './finding.ts';

export type PlaceFacts = Pick<Finding, 'inner' | 'evidence'>;

/** To be spread into a finding. The name of what carries the device is filled in where incidents are told. */
export function placeFacts(place: Place | null, ip: IpAddress): PlaceFacts {
  if (place === null) return { evidence: { behind: undefined } };
  const { apart, kind, mac, who } = place;
  const evidence = { behind: { mac, name: null, kind, who } };
  return apart ? { inner: ip, evidence: { ...evidence, innerAddress: ip } } : { evidence };
}

/** Nothing that is known of the device under that MAC holds for it. */
export function isStrange(place: Place | null): boolean {
  return place?.who === 'address';
}
