// What stands in the way of a live capture, in words for a person: what libpcap says, what it means and what to do.

/** libpcap says so when the kernel refuses the filter for its size; it then filters in the child. */
export const SLOW_FILTER = /optmem_max/;

export function slowFilter(device: string): string {
  return `the kernel has no room for the capture filter on ${device}, so filtering costs more processor time: set "sysctl -w net.core.optmem_max=131072"`;
}

/** `said` is all that the child said before it ended. */
export function whyItEnded(said: string, device: string): string {
  // Printed for every interface without an IPv4 address, as a mirror port is; it says nothing about an end.
  const words = said.replace(/^Warning: .*$/gm, '').trim();
  if (/permission|Operation not permitted|EPERM/i.test(words)) {
    return `capturing on ${device} needs the right CAP_NET_RAW: start it with sudo, or as the service in sensor/deploy/thingwatch.service, which gets this one right and no other`;
  }
  if (/No such device|doesn't exist/i.test(words)) {
    return `there is no interface ${device}: name the one at the mirror port with capture.interface`;
  }
  if (/is not up|Network is down/i.test(words)) {
    return `the interface ${device} is down: bring it up with "ip link set ${device} up"`;
  }
  if (/link type/i.test(words)) {
    return `the interface ${device} does not carry Ethernet frames (${words}), so devices cannot be told apart there: name the one at the mirror port with capture.interface`;
  }
  // cap ends in this way when the packet socket reports an error.
  if (/Assertion `status == 0' failed/.test(words)) return `the interface ${device} went down or away`;
  return words === '' ? `the capture on ${device} ended without a word` : `the capture on ${device} ended: ${words}`;
}

/** A child that lives and gives no sign of it: `quiet` and `left` in ms, the latter until it is ended. */
export function hanging(device: string, quiet: number, left: number): string {
  const then = left > 0 ? `it is ended and started again unless it moves within ${left / 1000}` : 'it was ended';
  return `the capture on ${device} hangs: no sign of life for ${quiet / 1000} seconds; ${then}${left > 0 ? ' seconds' : ''}`;
}
