// Domains below which everybody may have a name of their own for a home's changing address, and that the Public Suffix List does not
// know as such: a name there tells which home it is. Those that the list knows (duckdns.org, ddns.net, myfritz.net …) need no entry.

/** Services for anybody, and what makers of routers, cameras and recorders give their customers. */
export const DYNAMIC_DNS: ReadonlySet<string> = new Set([
  // FreeDNS (afraid.org): the most used of its shared domains.
  ...['mooo.com', 'chickenkiller.com', 'strangled.net', 'twilightparadox.com', 'crabdance.com', 'us.to', 'uk.to'],
  ...['ignorelist.com', 'jumpingcrab.com', 'allowed.org', 'bigmoney.biz', 'info.tm', 'my.to'],
  // changeIP, now-dns, dnsexit, ydns, dtdns, dd-dns, selfhost, twodns and others of their kind.
  ...['changeip.net', 'dynamic-dns.net', 'ddns.info', 'ddns.us', 'ddns.mobi', 'ddns.name', 'mynetav.net'],
  ...['now-dns.com', 'linkpc.net', 'publicvm.com', 'work.gd', 'run.place', 'line.pm', 'ydns.eu', 'dtdns.net'],
  ...['dd-dns.de', 'my-wan.de', 'selfhost.eu', 'selfhost.de', 'selfhost.me', 'selfhost.bz', 'twodns.de'],
  ...['dnsdynamic.org', 'no-ip.com', 'dyndns.com', 'dyndns.ru', 'ddns.jp', 'ieserver.net', 'dip.jp', 'jpn.ph'],
  // Oray and 3322, in China.
  ...['3322.org', 'f3322.net', '8866.org', '8800.org', 'xicp.net', 'vicp.net', 'gicp.net', 'oicp.net', 'eicp.net'],
  ...['wicp.net', 'imwork.net', 'iask.in', 'gnway.net', 'nat123.net'],
  // Routers.
  ...['asuscomm.com', 'mynetgear.com', 'tplinkdns.com', 'mercusysdns.com', 'dlinkddns.com', 'mynetname.net'],
  ...['ruijieddns.com', 'huaweiddns.com', 'hldns.ru'],
  // Cameras and recorders: often with the device's serial number or MAC for a name.
  ...['dahuaddns.com', 'quickddns.com', 'hikvisionddns.com', 'hiddns.com', 'hik-online.com', 'myfoscam.org'],
  // Ways in past the router, with a name for each home.
  ...['plex.direct', 'localtunnel.me', 'loca.lt', 'pagekite.me', 'serveo.net', 'wd2go.com', 'nabu.casa'],
]);
