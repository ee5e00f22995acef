// English: incidents that are neither of mail nor of open doors, and what to do about all of them.

export const incidents = {
  newBackend: '{who} contacted {backend} for the first time.',
  newBackends: '{who} contacted {n} new backends, lately {backend}.',
  inRole: '{backend} ({role})',
  roles: { update: 'update', telemetry: 'telemetry', cloud: 'cloud', store: 'store', time: 'time' },
  updatesOverdue: '{who} has not contacted its update server {backend} since {day}.',
  outbreak: '{who} began to send mail after contacting {backend}; {use}.',
  outbreakOfUpdate: '{who} began to send mail after contacting the update server {backend}; {use}.',
  outbreakDevices: '{n} devices',
  usedByNoOther: 'no other device uses it',
  usedByOthers: { one: '{n} other device uses it too', other: '{n} other devices use it too' },
  alwaysOn: '{who} talked to the Internet during {value} % of the day; {usual} % is usual for it.',
  destinations: '{who} went to {value} Internet addresses within an hour; {usual} are usual for its busiest hour.',
  connections: '{who} opened {value} connections within an hour; {usual} are usual for its busiest hour.',
  latency: '{who} takes {value} ms to answer; {usual} ms is usual for it.',
  flood: 'Someone in the home makes up MAC addresses: {addresses} so far{connections}{mail}.',
  floodConnections: { one: ', with {n} connection', other: ', with {n} connections' },
  floodMail: {
    one: ', {n} attempt to send mail among them',
    other: ', {n} attempts to send mail among them',
  },
  floodBearers: {
    one: 'The frames bear the IP address of {macs}.',
    other: 'The frames bear the IP addresses of {macs}.',
  },
  fleet: {
    warns: {
      family:
        'Your fleet warns: in {mailed} of {exposed} homes with such a device, mail began after contact with {backend}.',
      maker:
        'Your fleet warns: in {mailed} of {exposed} homes with devices of the same maker, mail began after contact with {backend}.',
      things: 'Your fleet warns: in {mailed} of {exposed} homes, devices began to mail after contact with {backend}.',
    },
    contacts: {
      one: '{who} has contacted it once, on {day}; {mail}.',
      other: '{who} has contacted it {n} times, last on {day}; {mail}.',
    },
    noMail: 'it has not been seen to send mail',
    mail: 'it has been seen to send mail',
  },
  loss: 'The capture was losing about {percent} % of packets then: counts may be too low.',
  outerSide: '{who} may be the router itself, seen from its outer side: there is too little traffic yet to tell.',
  that: 'That',
} as const;

export const advice = {
  disconnect:
    'Disconnect the device now: pull its network cable, or block it in the router; pull the power plug if you can spare it.',
  disconnectIfNot:
    'If you did not: disconnect the device now: pull its network cable, or block it in the router; pull the power plug if you can spare it.',
  reset: 'Reset it to factory settings. General advice, as no firmware note fits this device: its manual says how.',
  reinstall: "Install the newest firmware from the manufacturer's own site, not over the device's update menu alone.",
  password: 'Set a new, long password before it goes back on the network, and turn off remote access you do not use.',
  expected:
    'If you set up mail on this device yourself, mark it as expected; only these servers and ports will then be allowed.',
  setUp:
    'Did you set up mail on this device (scan to mail, alarm mail, reports)? Then mark it as expected; only this provider and port will then be allowed.',
  outbreak: [
    'Disconnect every device named here before you look further.',
    "Block the backend's name in the router or in your DNS filter, if you have one.",
    'Reset each device and reinstall its firmware from the manufacturer; ask the manufacturer whether that backend was broken into.',
    'Watch the devices that use the same backend and do not send mail yet.',
  ],
  symptom: [
    'Alone this proves nothing: a new app, an update or more use of the device explain it as well.',
    'Look whether the same device sends mail, was reached from the Internet or found a new backend lately.',
  ],
  flood: [
    'A MAC address can be made up, so the sensor cannot say which device does this. Devices that were known before are watched as ever.',
    'Disconnect devices one after the other, those you trust least first, and look when the count stands still: the last one did it.',
    'If the sensor was put in its place just now, a busy network with many devices that nobody answers looks the same: mark this as resolved and see whether it comes back.',
  ],
  updatesOverdue: [
    'Look in its settings or app whether updates are still on.',
    'Ask the manufacturer whether the device is still supported.',
  ],
  newBackend: [
    'Think whether you installed an app or a function on the device lately.',
    'If not, watch it: a new backend alone is no proof of anything.',
  ],
  fleetFirst: [
    'Keep it off the Internet until this is cleared up: block it in the router, or pull its network cable. Within the home it may go on working.',
    "Look on the manufacturer's own site for a notice about a break-in or a bad update, and ask where there is none.",
  ],
  fleetLast: [
    'Take nothing from where it fetched before: the update menu of the device may lead to the very backend that other homes warn of.',
    'Watch it: when it begins to send mail, this sensor tells that at once and by itself. The warning is what other homes saw, and may be wrong; it ends here when it ends there.',
  ],
  sensor: [
    'The machine that this sensor runs on opened this connection itself.',
    'Look what else runs on it: a mail program, reports of its system, monitoring. If you set that up, mark it as expected.',
    'If you did not: take it off the network and install it anew from a fresh image, with new passwords. Do not rely on what it has told since then.',
  ],
  gateway: [
    'The router itself opened this connection, or a device behind it that this sensor cannot tell apart.',
    "Look in the router's menu whether mail notifications are set up; if so, mark it as expected.",
    "If not: reset the router, install the manufacturer's newest firmware, set a new password and turn off remote administration.",
  ],
  blind:
    'This incident ends by itself, within minutes, when the sensor sees the home again. Until then a quiet page proves nothing.',
} as const;
