// Every target by its name. A file of targets is loaded by the process that runs one of them, and not before.
import type { Target } from './target.ts';

type Loader = () => Promise<Target>;

/** Of a file that makes several. */
function from(
  names: readonly string[],
  load: () => Promise<Readonly<Record<string, () => Target | Promise<Target>>>>,
): Record<string, Loader> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const make = (await load())[name];
        if (make === undefined) throw new Error(`targets: ${name} is named and not made`);
        return make();
      },
    ]),
  );
}

export const TARGETS: Readonly<Record<string, Loader>> = {
  ...from(
    ['frame', 'remote-mirror', 'dhcp', 'dhcpv6', 'pcp', 'nat-pmp'],
    async () => (await import('./targets/packets.ts')).PACKETS,
  ),
  ...from(['dns', 'dns-tcp', 'mdns', 'llmnr', 'nbns', 'ssdp'], async () => (await import('./targets/names.ts')).NAMES),
  ...from(
    ['tls', 'tls-split', 'stream', 'quic', 'quic-sealed', 'http'],
    async () => (await import('./targets/openings.ts')).OPENINGS,
  ),
  ...from(
    ['igd', 'igd-exchange', 'socks', 'tunnel', 'login', 'texts'],
    async () => (await import('./targets/talks.ts')).TALKS,
  ),
  ...from(['smtp', 'smtp-mask'], async () => (await import('./targets/smtp.ts')).SMTP),
  ...from(['pcap', 'unpack', 'sniff', 'fritzbox'], async () => (await import('./targets/capture.ts')).CAPTURE),
  ...from(['engine', 'spine'], async () => (await import('./targets/spine.ts')).SPINE),
  ...from(['orders', 'mqtt-guard', 'mqtt-client'], async () => (await import('./targets/mqtt.ts')).MQTT),
  ...from(['notify-answer', 'push-subscription'], async () => (await import('./targets/notify.ts')).NOTIFY),
  ...from(['fleet-warning'], async () => (await import('./targets/fleet.ts')).FLEET),
  ...from(['api', 'http-server'], async () => (await import('./targets/web.ts')).WEB),
  ...from(['note', 'guide', 'patterns', 'config'], async () => (await import('./targets/files.ts')).FILES),
};
