// English: who on the Internet reached a device, and which ports of the router a device asked for.

export const doors = {
  exposed: '{who} was reached from the Internet on {where}{service}: {connections} from {sources}.',
  where: { one: 'port {ports}', other: 'ports {ports}' },
  service: ', {service}',
  services: {
    telnet: 'telnet (remote control without encryption)',
    ssh: 'SSH (remote control)',
    adb: 'ADB (Android remote control)',
    rdp: 'remote desktop',
    vnc: 'VNC (its screen)',
    smb: 'file sharing (SMB)',
    http: 'a web page',
    https: 'a web page',
    rtsp: 'its video stream (RTSP)',
    mqtt: 'MQTT',
    'tr-069': 'remote management (TR-069)',
  },
  connections: { one: '{n} connection', other: '{n} connections' },
  sources: { one: '{n} address', other: '{n} addresses' },
  exposedAdvice: [
    'If you opened this port on purpose, mark it as expected; only this port of this device will then be allowed.',
    'If not: look in the router for a port forwarding or a UPnP mapping to this device and delete it; turn UPnP off if nothing needs it.',
    "Turn off the device's remote access, set a new, long password and install its updates: what is open to the Internet is tried within minutes.",
  ],
  mapping: '{who} asked the router to open {outer} ({protocol}) for {inner}, {lifetime}{named}.',
  outer: 'port {port}',
  ofItsChoice: 'a port of its choice',
  inner: 'port {port}',
  innerOf: 'port {port} of {client}',
  forGood: 'for good',
  forTime: 'for {time}',
  named: ', named "{name}"',
  closed: 'It has closed it since.',
  requests: { one: '{n} request in all.', other: '{n} requests in all.' },
  mappingAdvice: [
    'Think whether this device has to be reached from outside: game consoles, telephony and file sharing ask for this; cameras should not.',
    'If it need not be: delete the mapping in the router and turn UPnP, NAT-PMP and PCP off there.',
  ],
} as const;

/** As in "for …". */
export const time = {
  days: { one: '{n} day', other: '{n} days' },
  hours: { one: '{n} hour', other: '{n} hours' },
  minutes: { one: '{n} minute', other: '{n} minutes' },
  seconds: { one: '{n} second', other: '{n} seconds' },
  both: '{more} {less}',
} as const;
