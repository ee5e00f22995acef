// Which of a device's addresses stands for it in one line.

/** The newest IPv4 address, which is what a router's list shows; else the newest IPv6 address; null without any. */
export function mainAddress(addresses: { ip: string; to: string }[]): string | null {
  const isV6 = ({ ip }: { ip: string }): number => Number(ip.includes(':'));
  const best = [...addresses].sort((left, right) => isV6(left) - isV6(right) || right.to.localeCompare(left.to));
  return best[0]?.ip ?? null;
}
