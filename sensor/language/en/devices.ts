// English: what devices are called, who an incident is about, what happened before, and why two addresses may be one thing.

export const names = {
  thisSensor: 'This sensor',
  router: 'Router',
  device: 'Device {mac}',
  itself: '{name} itself',
  labelledSensor: '{name} (this sensor itself)',
  /** The subject of a sentence. */
  someDevice: 'A device',
  deviceAt: 'A device at {address}',
  /** Within a sentence. */
  oneAt: 'a device at {address}',
  /** What is told where names are not. */
  thing: 'A device',
  computer: 'A computer or phone',
  networkDevice: 'A device of the network',
  theRouter: 'The router',
  homeHost: 'a host of the home',
} as const;

export const places = {
  behind: '{name}, behind {carrier},',
  addressBehind: 'A device at {address}, behind {carrier},',
  perhapsOther: '{name} or another device behind the same MAC ({address})',
  perhapsBehind: '{name}, or a device behind it,',
  doubted: '{name} or another device behind the same MAC',
  /** As in "behind …", "in the menu of …". */
  carriers: { repeater: 'the repeater {name}', router: 'the router {name}' },
  whichAddress: 'which device has the address {address}',
  whichBehind: 'which devices are behind it',
  lookInRouter:
    'Look in the menu of {carrier} {which}: all that is behind it bears its MAC here, so the sensor cannot tell.',
  mirrorInside:
    'To see those devices by themselves, mirror a port inside that router, or turn it into a bridge (access point mode).',
  lookInLists:
    "Look in the router's list or in that of {carrier} {which}: several addresses bear one MAC here, as behind an extender.",
  accessPoint:
    'To see those devices by themselves, connect the extender by cable or run it as an access point or in a mesh.',
} as const;

export const before = {
  firmwareDownload: 'Downloaded {size} KiB from {where}, an update backend.',
  storeDownload: 'Downloaded {size} KiB from {where}, a store of apps or plugins.',
  firmwareChange: 'Announced software changed from {from} to {to}.',
  newBackend: 'First contact with {where}{role}{through}.',
  role: ' ({role})',
  through: ' through the proxy {proxy}',
  inbound: '{where} on the Internet connected to its port {port}.',
  lookupServers: {
    one: 'Looked up mail servers ({n} question).',
    other: 'Looked up mail servers ({n} questions).',
  },
  lookupLists: {
    one: 'Looked up mail servers or block lists ({n} question).',
    other: 'Looked up mail servers or block lists ({n} questions).',
  },
  login: '{host} on the Internet used its {service} (port {port}) for {time}.',
  someHost: 'A host',
  someLogin: 'login',
  portMapped: 'Asked the router to open {outer} ({protocol}) for port {port}.',
  mailResumed: 'Sent mail again after a quiet day or more.',
  unnamed: 'an unnamed address',
  namedByOther: '{where} (named by another device)',
} as const;

export const same = {
  name: 'it announced the name {name} as well',
  facts: {
    'client-id': 'it gave the router the same identifier',
    id: 'it announces the same identifier in the home',
    adjacent: 'the two hardware addresses are neighbours',
    model: 'it is the same model',
    system: 'it asks for an address in the same way',
    note: 'it is of the same kind',
  },
  fellSilent: 'it fell silent before this address appeared',
  neverTogether: 'the two were never active in the same hour',
  seldomTogether: 'the two are seldom active at the same time',
  several: '{facts}, and {last}',
  older: {
    one: 'The same is true of one more address before it: one yes joins them all.',
    other: 'The same is true of {n} more addresses before it: one yes joins them all.',
  },
} as const;
