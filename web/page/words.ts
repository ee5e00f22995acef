// Every word of the page, in English. A second language is one more file of this shape.
import type { RoleSource } from '../../sensor/attribute/device.ts';
import type { DeviceClass } from '../../sensor/attribute/device-class.ts';
import type { IncidentKind, Severity } from '../../sensor/detect/finding.ts';
import type { IncidentState } from '../../sensor/record/incident.ts';
import type { NoteSection } from '../shapes.ts';
import { clockTime, DAY_MS, figure, HOUR_MS, percent, relativeTime, shortTime } from './format.ts';

const plural = (count: number, one: string, many: string): string => `${figure(count)} ${count === 1 ? one : many}`;

const lower = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

const NAME_SOURCES: Record<string, string> = {
  dhcp: 'DHCP',
  dhcpv6: 'DHCPv6',
  mdns: 'mDNS',
  llmnr: 'LLMNR',
  nbns: 'NetBIOS',
  ssdp: 'SSDP',
};

function span(milliseconds: number): string {
  if (milliseconds >= 1.9 * DAY_MS) return plural(Math.round(milliseconds / DAY_MS), 'day', 'days');
  if (milliseconds >= HOUR_MS) return plural(Math.floor(milliseconds / HOUR_MS), 'hour', 'hours');
  return plural(Math.max(1, Math.floor(milliseconds / 60_000)), 'minute', 'minutes');
}

export const words = {
  name: 'thingwatch',
  nav: {
    label: 'Pages',
    home: 'Home',
    incidents: 'Incidents',
    devices: 'Devices',
    expected: 'Expected',
    sensor: 'Sensor',
  },
  skip: 'Skip to content',

  sentence: {
    notConnected: 'I cannot reach the sensor.',
    notCurrent: 'What this page showed before is no longer current.',
    recording: {
      replay: 'This is a replayed recording, not your home now.',
      demo: 'This is a demonstration, not your home.',
    },
    cannotSee: (reason: string): string => `I cannot see enough: ${reason}`,
    alsoBlind: (reason: string): string => `Besides, I cannot see enough: ${reason}`,
    /** The first half of the sensor's own sentence; the whole of it stands among the details. */
    sight: (sentence: string): string => lower(sentence).replace(/:.*$/, '.'),
    halfBlind: 'Half blind.',
    toChange: (fix: string): string => `To see more: ${fix}`,
    capture: {
      starting: 'the capture is starting.',
      restarting: 'the capture stopped and is being restarted.',
      failed: 'the capture has failed.',
      ended: 'the capture has ended.',
    },
    noFrame: 'not one frame has arrived.',
    silentSince: (last: number, now: number): string => `no frame has arrived since ${shortTime(last, now)}.`,
    loss: (share: number): string => `${percent(share)} % of the frames are lost before I can read them.`,
    lossBetween: (low: number, high: number): string =>
      `between ${percent(low)} and ${percent(high)} % of the frames are lost before I can read them.`,
    justStarted: (started: number, now: number): string =>
      `I have been watching only since ${shortTime(started, now)}.`,
    notStored: (since: number, now: number): string =>
      `The sensor’s disk takes nothing new: what happened since ${shortTime(since, now)} is in memory only, and gone if the sensor restarts.`,
    noDevice: 'no device has been seen yet.',
    noTraffic: 'no device has spoken to the Internet yet.',
    gaps: (seen: number, hours: number): string =>
      `I saw traffic in only ${seen} of the last ${plural(hours, 'hour', 'hours')}.`,
    someGaps: (seen: number, hours: number): string =>
      `With gaps: I saw traffic in ${seen} of the last ${plural(hours, 'hour', 'hours')}.`,
    sends: (name: string, since: string, now: number): string =>
      `${name} is sending mail since ${shortTime(since, now)}.`,
    tries: (name: string, since: string, now: number): string =>
      `${name} is trying to send mail since ${shortTime(since, now)}.`,
    severalSend: (count: number, more: boolean): string =>
      `${more ? 'At least ' : ''}${plural(count, 'device is', 'devices are')} sending mail.`,
    severalTry: (count: number, more: boolean): string =>
      `${more ? 'At least ' : ''}${plural(count, 'device is', 'devices are')} trying to send mail.`,
    noneAnswered: 'No mail server was seen to answer: your provider or router may block it.',
    namely: (names: string[]): string =>
      names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', '),
    alsoOpen: (count: number): string => `${plural(count, 'other incident is', 'other incidents are')} open.`,
    toLookAt: (count: number, more: boolean): string =>
      `${more ? 'At least ' : ''}${plural(count, 'incident needs', 'incidents need')} a look.`,
    acknowledged: (name: string): string => `${name}: acknowledged, not yet resolved.`,
    severalAcknowledged: (count: number): string =>
      `${plural(count, 'incident is', 'incidents are')} acknowledged, not yet resolved.`,
    quiet(watched: number, mailers: number, milliseconds: number): string {
      const devices = `${plural(watched, 'device', 'devices')} watched`;
      if (mailers === 0) return `Quiet: ${devices}, none sent mail in ${span(milliseconds)}.`;
      return `Quiet: ${devices}, no unexpected mail in ${span(milliseconds)}. ${plural(mailers, 'device', 'devices')} sent mail that is expected or resolved.`;
    },
  },
  tone: { alert: 'Alert', notice: 'Open', blind: 'Cannot tell', quiet: 'Watching', unknown: 'No contact' },

  state: {
    loading: 'Loading …',
    noAnswer: 'The sensor does not answer.',
    failed: 'That did not work.',
    retry: 'Try again',
    lost: (since: number): string => `Connection lost at ${clockTime(since)}. What you see is from before then.`,
    lostNow: 'Reconnecting …',
    missing: 'There is nothing at this address. It may have been forgotten.',
    more: (count: number): string => `Show ${count} more`,
    olderIncidents: 'Show older incidents',
    undo: 'Undo',
    close: 'Close',
    cancel: 'Cancel',
    save: 'Save',
    never: 'never',
    yes: 'yes',
    no: 'no',
    unknown: 'unknown',
  },

  severity: { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low', info: 'Info' } satisfies Record<
    Severity,
    string
  >,
  incidentState: {
    open: 'Open',
    acknowledged: 'Acknowledged',
    expected: 'Expected',
    resolved: 'Resolved',
  } satisfies Record<IncidentState, string>,
  kind: {
    mail_started: 'Started sending mail',
    submission_started: 'Started to submit mail',
    mail_lookup: 'Looked up mail servers',
    backend_new: 'New backend',
    updates_overdue: 'Updates overdue',
    exposed: 'Reached from the Internet',
    port_mapping: 'Opened the router',
    outbreak: 'Several devices began at once',
    symptom: 'Unusual behaviour',
    sensor_blind: 'Sensor sees too little',
    mac_flood: 'Someone makes up addresses',
  } satisfies Record<IncidentKind, string>,

  home: {
    title: 'Home',
    open: 'Needs a look',
    allIncidents: 'All incidents',
    activity: 'The whole home',
  },

  incidents: {
    title: 'Incidents',
    show: 'Which incidents',
    open: 'Open',
    all: 'All',
    none: 'No incident so far.',
    noneOpen: 'Nothing is open.',
    blindHint: 'That proves little: I cannot see enough at the moment. Home says why.',
    noneHint: 'When a device starts to send mail, it appears here at once.',
    since: (start: string): string => `since ${start}`,
    times: (count: number): string => plural(count, 'time', 'times'),
  },

  incident: {
    title: 'Incident',
    facts: 'What happened',
    started: 'Since',
    last: 'Last',
    often: 'How often',
    toWhom: 'To whom',
    behind: 'Behind',
    innerAddress: 'Its address',
    forgedMac: 'MAC address forged',
    forgedMacHint: (mac: string): string => `frames bear ${mac}; told from the IP address`,
    attempts: (count: number): string => plural(count, 'attempt', 'attempts'),
    findings: (count: number): string => plural(count, 'finding', 'findings'),
    outcome: {
      unanswered: 'No answer seen',
      unansweredHint: 'your provider or router may block it',
      unansweredOneWay: 'the mirror shows no answers',
      refused: 'Refused',
      refusedHint: 'the server said no',
      connected: 'Connected',
      connectedHint: 'a mail server took the call',
      messages: 'Messages accepted',
      messagesHint: 'the server took at least this many',
      recipients: 'Recipients accepted',
      recipientsHint: 'addresses are never stored',
    },
    noDestinations: 'No destination is remembered.',
    moreDestinations: (count: number): string => `and ${plural(count, 'more destination', 'more destinations')}`,
    port: (port: number): string => `port ${port}`,
    namedToProxy: 'by this name, through a proxy',
    otherDeviceName: 'name seen in another device’s lookup',
    before: 'What happened before',
    noBefore: 'Nothing was recorded before it started.',
    now: 'What to do now',
    noAdvice: 'No advice is known for this.',
    noteSection: {
      disconnect: 'Disconnect it',
      reset: 'Factory reset',
      reinstall: 'Reinstall the firmware',
      closeAccess: 'Close remote access',
    } satisfies Record<NoteSection, string>,
    noteSource: (source: string): string => `Source: ${source}`,
    generalNote: 'General advice: no firmware family matched this device.',
    actions: 'Decide',
    expect: 'This is expected',
    expectTitle: 'Treat this as normal?',
    expectCovers: 'It will cover exactly:',
    expectDevice: (name: string): string => `from ${name}`,
    expectTarget: ({ destination, from, port }: { destination: string; port: number; from?: string }): string =>
      `${destination === '*' ? `reached by anybody on its port ${port}` : `to ${destination}, port ${port}`}${from === undefined ? '' : `, from ${from} alone`}`,
    expectMore: (count: number): string => `and ${plural(count, 'more', 'more')}`,
    expectNothing: 'nothing yet: no destination is known',
    wouldHide: (count: number): string =>
      count === 0
        ? 'It would not have hidden any past finding.'
        : `It would have hidden ${plural(count, 'past finding', 'past findings')}.`,
    anythingElse: 'Anything else this device does still raises an alarm.',
    howLong: 'For how long',
    forGood: 'For good',
    forDay: 'One day',
    forWeek: 'One week',
    forMonth: '30 days',
    expectYes: 'Yes, expected',
    seeExpected: 'See or undo it under “Expected”',
    expectedDone: 'Marked as expected.',
    acknowledge: 'Acknowledge',
    acknowledgeHint: 'I have seen it and will deal with it.',
    acknowledgedDone: 'Acknowledged.',
    resolveMail: {
      action: 'Resolved: I reset it',
      title: 'Did you reset the device?',
      explains: 'I will watch it closely for 7 days. Its next mail reopens this as critical.',
      yes: 'Yes, I reset it',
    },
    resolveOther: {
      action: 'Resolved',
      title: 'Is this over?',
      explains: 'I will watch closely for 7 days. If it happens again, this reopens as critical.',
      yes: 'Yes, it is over',
    },
    resolvedDone: 'Resolved. I am watching it closely.',
    undone: 'Undone.',
    watching: (until: string): string => `Watched closely until ${until}`,
    acknowledgedAt: (time: string): string => `Acknowledged ${time}`,
    resolvedAt: (time: string): string => `Resolved ${time}`,
    share: 'Share as text',
    shareTitle: 'Text for your provider',
    shareHint: 'Copy this text. It holds no mail content and no recipient.',
    copied: 'Copied.',
    copy: 'Copy',
    evidence: 'Evidence for others',
    evidenceHint: (kept: number, seen: number): string =>
      `${figure(kept)} of ${plural(seen, 'frame', 'frames')} kept, cut to headers: no mail address, subject or text is in them.`,
    evidenceReport: 'Report for an abuse desk',
    evidencePcap: 'Evidence (pcap)',
  },

  outbreak: {
    devices: 'Devices that send mail',
    shared: 'What all of them contacted before',
    firstContact: (when: string): string => `first contact ${when}`,
    mailSince: (when: string): string => `mail since ${when}`,
    others: (count: number): string =>
      count === 0
        ? 'no other device uses it'
        : `${plural(count, 'other device uses', 'other devices use')} it, without mail`,
  },
  /** Facts that the sensor records under these keys; others show their key. */
  dialogue: {
    title: 'What was said',
    hello: 'Calls itself',
    helloClass: {
      'own-name': 'by its own name',
      'address-literal': 'by its address',
      'foreign-domain': 'by a domain that is not its own',
    } as Record<string, string>,
    logIn: 'Log-in',
    logInTried: 'tried, not accepted',
    logInAccepted: 'accepted by the server',
    encryption: 'Encrypted',
    startTls: 'after STARTTLS: messages from there on are not counted',
    refusals: 'Refusals',
    blockList: 'Block list',
    blockListed: 'a server says that your address is on one',
    gaps: 'Places not seen',
  },
  fact: {
    backend: 'Backend',
    role: 'Its role',
    destination: 'Where',
    nameFrom: 'Name from',
    lastContact: 'Last contact',
    backends: 'New backends',
    lastDestination: 'Last to',
    firstDestination: 'First to',
    addresses: 'Made-up MAC addresses',
    mailAttempts: 'Attempts to send mail',
    examples: 'Some of them',
    behind: 'Behind',
    innerAddress: 'Its address',
    bearers: 'Whose IP addresses they bear',
  } as Record<string, string>,

  share: {
    title: 'Report from a sensor inside my home network',
    device: 'Device',
    behind: (address: string, mac: string): string => `at ${address}, behind ${mac}`,
    severity: 'Severity',
    period: 'Period',
    outcomes: 'Connections',
    destinations: 'Destinations',
    beforehand: 'Recorded before it started',
    end: 'Times are UTC. No mail address, subject or content was stored.',
  },

  device: {
    home: 'The home',
    role: { gateway: 'Router', sensor: 'This sensor', device: 'Device' },
    notSeen: 'Only its broadcasts are seen: I cannot judge this one.',
    randomized: 'Locally administered address: it may change.',
    shared: 'Several devices speak behind this address.',
    behind: (kind: 'repeater' | 'router', name: string): string =>
      `Behind the ${kind} ${name}: its frames bear that one's MAC here.`,
    at: (address: string): string => `A device at ${address}`,
    addressesBehind: 'Devices behind it, without a MAC of their own here',
    nameFrom: (from: string): string =>
      from === 'user' ? 'name given by you' : `name from ${NAME_SOURCES[from] ?? from}`,
    noVendor: 'Unknown vendor',
  },

  devices: {
    title: 'Devices',
    search: 'Search by name, address, vendor or MAC',
    searchShort: 'Search devices',
    none: 'No device has been seen yet.',
    noneHint: 'Devices appear as soon as they speak on the network.',
    noMatch: 'No device matches.',
    count: (shown: number, all: number): string =>
      shown === all ? plural(all, 'device', 'devices') : `${shown} of ${plural(all, 'device', 'devices')}`,
    mails: (count: number): string => plural(count, 'mail attempt', 'mail attempts'),
    lastSeen: (time: string): string => `seen ${time}`,
    openIncident: 'Open incident',
    notJudged: 'Cannot be judged',
    newAddress: 'newer address of another',
    perhaps: (name: string): string => `perhaps another address of ${name}`,
  },

  deviceView: {
    rename: 'Rename',
    renameLabel: 'Your name for it',
    renameHint: 'Leave empty to go back to the announced name.',
    renamed: 'Renamed.',
    facts: 'Identity',
    mac: 'MAC address',
    vendor: 'Vendor',
    addresses: 'Addresses',
    olderAddresses: (count: number): string => `${plural(count, 'older address', 'older addresses')}`,
    names: 'Announced names',
    note: 'Firmware note',
    class: 'Kind of device',
    classes: {
      thing: 'a thing: no mail is expected of it',
      'general-purpose': 'a phone, tablet or computer: it may hand mail to its provider',
      infrastructure: 'part of the network',
    } satisfies Record<DeviceClass, string>,
    noteEvidence: 'Recognised by',
    firstSeen: 'First seen',
    lastSeen: 'Last seen',
    incidents: 'Open incidents',
    activity: 'Activity',
    mail: 'Mail',
    noMail: 'It has never tried to send mail.',
    lookups: (mx: number, dnsbl: number): string =>
      `${plural(mx, 'mail-server lookup', 'mail-server lookups')}, ${plural(dnsbl, 'block-list lookup', 'block-list lookups')}`,
    backends: 'Backends',
    noBackends: 'No backend is known yet.',
    backendRole: {
      update: 'Updates',
      telemetry: 'Telemetry',
      cloud: 'Cloud',
      store: 'App or plugin store',
      time: 'Time',
      unknown: 'Role unknown',
    },
    roleFrom: {
      note: 'role from its firmware note',
      'store-list': 'a known store',
      'host-label': 'role guessed from the host name',
    } satisfies Record<RoleSource, string>,
    nameSource: { dns: 'DNS', sni: 'TLS', quic: 'QUIC', http: 'HTTP' },
    nameHidden: 'name hidden',
    throughProxy: (proxy: string) => `through proxy ${proxy}`,
    outerName: 'outer name only, the real one is encrypted',
    sharedInfrastructure: 'shared infrastructure',
    backendTraffic: (connections: number, up: string, down: string): string =>
      `${plural(connections, 'connection', 'connections')} · ${up} up · ${down} down`,
    firmware: 'Updates',
    noUpdateServer: 'No contact with an update server was recognised.',
    updateContact: (server: string, when: string): string => `Last contact with ${server}: ${when}`,
    storeContact: (store: string, first: string, last: string): string =>
      `Apps or plugins from ${store}: first contact ${first}, last ${last}`,
    noFirmware: 'It announced no firmware version.',
    version: 'Version',
    timeline: 'History',
    noTimeline: 'Nothing noteworthy yet.',
    merge: 'Perhaps the same device.',
    mergeInterfaces: 'The same device by cable and Wi-Fi?',
    mergeHint: 'If you say yes, the name and the expectations of the other one count for this one too.',
    mergeSee: (name: string): string => `See ${name}`,
    mergeYes: 'Yes, the same device',
    mergeNo: 'No, different devices',
    merged: 'Joined.',
    distinguished: 'Kept apart.',
    distinct: (name: string): string => `You said that this is not ${name}.`,
    askAgain: 'Ask again',
    askedAgain: 'It may be suggested again.',
    sameAs: 'The same device under another address. The older one’s name and expectations count here too:',
    sameThing: 'This device has other addresses too. Its name and expectations count for them:',
    seenAt: (when: string): string => `last seen ${when}`,
    unmerge: 'Not the same device',
    unmerged: 'Separated.',
    forget: 'Forget this device',
    forgetTitle: 'Forget this device?',
    forgetExplains: 'Its history is removed for good. If it speaks again, it starts as a new device.',
    forgetYes: 'Yes, forget it',
    forgotten: 'Forgotten.',
  },

  chart: {
    range: 'Period',
    day: '24 hours',
    month: '30 days',
    mail: 'Mail attempts',
    backends: 'Internet contacts',
    table: 'Show the figures as a table',
    hour: 'Hour',
    date: 'Day',
    strip: (active: number, mail: number): string =>
      `Active on ${active} of the last 30 days${mail > 0 ? `, mail on ${mail}` : ''}`,
    total: (count: number): string => `${figure(count)} in all`,
    none: 'Nothing in this period.',
  },

  expected: {
    title: 'Expected',
    intro: 'What you or a firmware note called normal. Everything else still raises an alarm.',
    none: 'Nothing is marked as expected.',
    noneHint: 'Open an incident and choose “This is expected” when a device is meant to send mail.',
    by: (who: string, when: string): string =>
      ({ page: `on this page, ${when}`, 'home-assistant': `in Home Assistant, ${when}` })[who] ??
      `by the note “${who}”, ${when}`,
    until: (time: string): string => `until ${time}`,
    forGood: 'for good',
    ended: 'no longer holds',
    matches: (count: number, last: string | null): string =>
      count === 0
        ? 'has matched nothing yet'
        : `matched ${plural(count, 'time', 'times')}${last ? `, last ${last}` : ''}`,
    remove: 'Remove',
    removed: 'Removed. It raises alarms again.',
  },

  sensor: {
    title: 'Sensor',
    capture: 'Capture',
    captureState: {
      starting: 'Starting',
      running: 'Running',
      restarting: 'Restarting',
      failed: 'Failed',
      ended: 'Ended',
    },
    mode: { live: 'live', replay: 'replayed recording', demo: 'demonstration' },
    interface: 'Interface',
    vantage: 'Looks from',
    unsure: 'not sure yet',
    judgedBy: 'Judged by',
    notCoveredTitle: 'Not covered',
    notCovered: (count: number): string =>
      `${plural(count, 'device is', 'devices are')} seen only by broadcast: what they send to the Internet does not cross the mirror, so nothing can be said of them.`,
    moreNotCovered: (count: number): string => `and ${figure(count)} more`,
    frames: 'Frames',
    perSecond: (count: number): string => `${figure(Math.round(count))} a second`,
    loss: 'Lost',
    lossUnknown: 'too few packets to tell',
    lossBetween: (low: number, high: number): string => `between ${percent(low)} and ${percent(high)} %`,
    portDropped: 'Dropped by the port',
    portDroppedOf: (dropped: number, received: number, minutes: number): string =>
      `${figure(dropped)} of ${figure(received)} frames in ${plural(minutes, 'minute', 'minutes')}`,
    copies: 'Came twice',
    copyKinds: {
      identical: 'the same frame',
      vlan: 'another VLAN tag',
      routed: 'handed on by a router',
      hairpin: 'sent back into the home',
    },
    lastFrame: 'Last frame',
    restarts: 'Restarts',
    mend: 'To mend it:',
    blindSpots: 'Cannot judge',
    decode: 'Frames not understood',
    broker: 'Alert broker',
    brokerNone: 'Off',
    brokerConnected: 'Connected',
    brokerAway: 'Not connected',
    brokerEmbedded: 'built in',
    waiting: (count: number): string => `${plural(count, 'alert', 'alerts')} waiting`,
    dropped: (count: number): string => `${plural(count, 'alert', 'alerts')} dropped`,
    database: 'Database',
    notStored: (incidents: number, alerts: number, lost: number): string =>
      [
        `${plural(incidents, 'incident', 'incidents')} and ${plural(alerts, 'alert', 'alerts')} in memory only`,
        ...(lost > 0 ? [`${figure(lost)} given up for want of room`] : []),
      ].join(', '),
    clock: 'Clock',
    clockGood: 'agrees with this device',
    clockUncertain: 'not known to be right',
    clockOff: (milliseconds: number): string =>
      `${span(Math.abs(milliseconds))} ${milliseconds > 0 ? 'ahead of' : 'behind'} this device`,
    version: 'Version',
    running: 'Running since',
    page: 'Page',
    openPages: (count: number): string => plural(count, 'page open', 'pages open'),
    refused: (tokens: number, hosts: number, origins: number): string =>
      `${plural(tokens, 'wrong pairing token', 'wrong pairing tokens')}, ${plural(hosts, 'foreign host name', 'foreign host names')}, ${plural(origins, 'foreign origin', 'foreign origins')} refused`,
    browsers: 'Paired browsers',
    thisBrowser: 'this one',
    pairedOn: (when: string): string => `paired ${when}`,
    usedOn: (when: string): string => `used ${when}`,
    revoke: 'Remove',
    revoked: 'Removed. That browser can no longer read anything.',
    pairAnother: 'Pair another phone',
    pairExplains: 'Scan this with the other phone. It works once, for ten minutes.',
    pairLoopback:
      'The page listens on this machine only, so no phone can open this link. Set web.listen to 0.0.0.0:8080 to open it to your home.',
    qrAlt: 'QR code of the pairing link',
    unpair: 'Unpair',
    log: 'Log, newest first',
    noLog: 'The log is empty.',
    bundle: 'Download support bundle',
    bundleHint: 'Health, devices, incidents and log, without host names and with MAC addresses cut.',
  },

  pair: {
    title: 'Pair this browser',
    intro: 'Only paired browsers can read this page, because an infected device is on the same network.',
    how: 'Scan the QR code in the sensor’s terminal, or open Sensor → Pair another phone on a paired one.',
    command: 'On the sensor, this prints a new link:',
    working: 'Pairing …',
    confirm: 'Pair this browser',
    nameLabel: 'Name of this browser',
    pasteHint: 'Or paste the link here',
  },
  browserName: (system: string, browser: string): string => `${browser} on ${system}`,
  asCertain: (time: string, isUncertain: true | undefined): string =>
    isUncertain === true ? `${time} (time not certain)` : time,
  relative: relativeTime,
};
