// Infrastructure that unrelated services rent: a name or address there identifies neither a vendor nor an attacker.

/** Domains of content networks, clouds and hosting, as their operators publish them. */
export const SHARED_DOMAINS: ReadonlySet<string> = new Set([
  'akadns.net',
  'akamai.net',
  'akamaiedge.net',
  'akamaihd.net',
  'akamaized.net',
  'amazonaws.com',
  'amazonaws.com.cn',
  'appspot.com',
  'azure-api.net',
  'azure-devices.net',
  'azureedge.net',
  'azurefd.net',
  'azurewebsites.net',
  'b-cdn.net',
  'cdn77.org',
  'cloudapp.net',
  'cloudflare.com',
  'cloudflare.net',
  'cloudfront.net',
  'digitaloceanspaces.com',
  'edgekey.net',
  'edgesuite.net',
  'fastly.net',
  'fastlylb.net',
  'firebaseapp.com',
  'firebaseio.com',
  'github.com',
  'githubusercontent.com',
  'googleapis.com',
  'googleusercontent.com',
  'gstatic.com',
  'herokuapp.com',
  'hwcdn.net',
  'llnwd.net',
  'myqcloud.com',
  'netlify.app',
  'ntp.org',
  'oraclecloud.com',
  'stackpathcdn.com',
  'trafficmanager.net',
  'web.app',
  'windows.net',
  'workers.dev',
]);

/** Whether `host` (lower case) lies in shared infrastructure. */
export function isSharedInfrastructure(host: string): boolean {
  for (let rest = host; rest !== ''; ) {
    if (SHARED_DOMAINS.has(rest)) return true;
    const dot = rest.indexOf('.');
    if (dot < 0) return false;
    rest = rest.slice(dot + 1);
  }
  return false;
}
