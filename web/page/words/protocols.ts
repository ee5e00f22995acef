// Names of protocols that a device's name may come from, by the sensor's word for each: the same in every language.

export const PROTOCOLS: Record<string, string> = {
  dhcp: 'DHCP',
  dhcpv6: 'DHCPv6',
  mdns: 'mDNS',
  llmnr: 'LLMNR',
  nbns: 'NetBIOS',
  ssdp: 'SSDP',
};
