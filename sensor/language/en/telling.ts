// English: the weekly summary, and what is told beside the page: test alerts, notices to a person's phone, Home Assistant's entities.

export const week = {
  watched: 'The home was watched for {percent} % of the week.',
  notWatched: 'Not watched: {gaps}.',
  gap: '{time} ({why})',
  gaps: {
    off: 'the sensor was off',
    capture: 'frames could not arrive',
    mirror: 'the mirror showed too little, or too little passed to tell',
    loss: 'too many frames were lost',
    clock: 'the clock was not known to be right',
    unrecorded: 'there is no record of it',
  },
  nothingToSay: 'Of what went on meanwhile nothing can be said.',
  notInFigures: 'What happened while it was not watched is not in these figures.',
  noMail: 'No attempt to send mail was seen.',
  mailExpected: {
    one: '{n} attempt to send mail was seen, an expected one.',
    other: '{n} attempts to send mail were seen, all of them expected.',
  },
  mailUnexpected: {
    one: '{n} attempt to send mail was seen, not an expected one{by}.',
    other: '{n} attempts to send mail were seen, none of them expected{by}.',
  },
  mailMixed: {
    one: '{n} attempt to send mail was seen: {expected} expected, {unexpected} not{by}.',
    other: '{n} attempts to send mail were seen: {expected} expected, {unexpected} not{by}.',
  },
  by: ' ({devices})',
  notReached: 'Nobody was seen to reach a device from the Internet.',
  reached: {
    one: '{n} device answered somebody on the Internet: {devices}.',
    other: '{n} devices answered somebody on the Internet: {devices}.',
  },
  mapped: {
    one: '{n} device had the router open a port: {devices}.',
    other: '{n} devices had the router open a port: {devices}.',
  },
  noneFetched: 'No device was seen to fetch firmware.',
  fetched: { one: '{n} device fetched firmware: {devices}.', other: '{n} devices fetched firmware: {devices}.' },
  overdue: {
    one: '{n} device asked for no update for a long time: {devices}.',
    other: '{n} devices asked for no update for a long time: {devices}.',
  },
  seen: { one: '{n} device was seen, {fresh}.', other: '{n} devices were seen, {fresh}.' },
  noneFresh: 'none for the first time',
  fresh: '{n} for the first time: {devices}',
  more: '{n} more',
  forgotten: {
    one: '{n} device that is forgotten by now',
    other: '{n} devices that are forgotten by now',
  },
} as const;

export const alerts = {
  test: 'This is a test alert, which a person asked for. Nothing has happened.',
  testTitle: 'Thingwatch: test alert',
  title: 'Thingwatch: {who}',
  titleResolved: 'Thingwatch: {who} (resolved)',
  yourHome: 'your home',
  resolved: 'Resolved: {summary}',
  weekTitle: 'Thingwatch: the last week',
  /** Of those that quiet hours held back, two or more. */
  digestTitle: 'Thingwatch: {n} alerts from quiet hours',
  digestWorst: 'The worst of them is {severity}.',
  digestLine: '• {severity}: {text}',
  digestMore: '… and {n} more',
  severities: { info: 'info', low: 'low', medium: 'medium', high: 'high', critical: 'critical' },
  notStored: 'Not stored: the disk of the sensor takes nothing new.',
} as const;

/** Names of entities: without the device's name, which Home Assistant puts before them. */
export const entities = {
  sending_mail: 'Sending mail',
  alert: 'Alert',
  mail_connections: 'Mail connections',
  last_mail: 'Last mail connection',
  last_update_backend: 'Last update backend',
  last_firmware_download: 'Last firmware download',
  update_connections: 'Update connections',
  internet_activity: 'Internet activity',
  allow_mail: 'Allow mail',
  acknowledge: 'Acknowledge alert',
  connection: 'Connection',
  mirror_port: 'Mirror port',
  storage: 'Storage',
  devices_sending_mail: 'Devices sending mail',
  devices_seen: 'Devices seen',
  packets: 'Packets',
  capture_loss: 'Capture loss',
  coverage: 'Coverage',
  weekly_summary: 'Weekly summary',
  alerts_dropped: 'Alerts dropped',
  started: 'Started',
  acknowledge_all: 'Acknowledge all alerts',
} as const;

export const homeAssistant = {
  model: 'Gateway sensor',
  /** Where the name of a device is the beginning of an entity's. */
  notAnEntity: '{name} device',
} as const;
