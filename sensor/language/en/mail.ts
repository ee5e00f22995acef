// English: mail, and the lookups that come before it. Only what the sensor saw is claimed.

export const mail = {
  sending: '{who} is sending mail to servers on the Internet{odd}{through}: {counts}.',
  talking: '{who} is talking to mail servers on the Internet{odd}{through}: {counts}.',
  trying: '{who} is trying to reach mail servers on the Internet{odd}{through}: {counts}.',
  submitting: "{who} hands mail to a provider's server ({server}, port {port}){through}: {counts}.",
  odd: ' on a port that is not for mail',
  through: ' through the proxy {proxy}',
  counts: '{attempts} to {servers}{outcomes}{accepted}{burst}',
  attempts: { one: '{n} attempt', other: '{n} attempts' },
  servers: { one: '{n} server', other: '{n} servers' },
  outcomes: ' ({outcomes})',
  connected: '{n} connected',
  refused: '{n} refused',
  refusedBy: '{n} refused, lately by {ip}: {reason}',
  /** What an ICMP error says. */
  reasons: {
    'administratively-prohibited': 'administratively prohibited',
    'host-unreachable': 'host unreachable',
    'port-unreachable': 'port unreachable',
    'network-unreachable': 'network unreachable',
    otherwise: 'other',
  },
  unanswered: '{n} without a visible answer',
  accepted: { one: ', {n} message accepted', other: ', {n} messages accepted' },
  burst: '; {attempts} attempts to {servers} in {minutes}{before}',
  minutes: { one: '{n} minute', other: '{n} minutes' },
  silentBefore: ', silent before',
  answerOnly: 'Only the answer to its first packet was seen.',
  answerOnlyAtFirst: 'Of the first connection only the answer to its first packet was seen.',
  beganBefore: 'The connection began before the sensor looked.',
  firstBeganBefore: 'The first connection began before the sensor looked.',
  forged: 'MAC address forged: the device is told from its IP address alone.',
  besides: 'Besides, {signs}.',
  signs: {
    mail_lookup: 'it looked up mail servers or block lists',
    exposed: 'it was reached from the Internet',
    outbreak: 'other devices that use the same backend mail as well',
    symptom: 'it behaves unlike its last two weeks',
    blockListed: 'a server refused it as listed on a block list',
  },
  stages: {
    attempt: 'It tries to reach a mail server.',
    connected: 'A mail server took its call.',
    accepted: 'A mail server accepted a message from it.',
    'fan-out': 'It goes to many servers or recipients.',
    corroborated: 'Something else speaks against it as well.',
  },
} as const;

export const lookup = {
  asked: '{who} asked {what}, as senders of mail do.',
  askedOwn:
    "{who} asked {what}, among them about this home's own address: a sender of spam wants to know whether it is listed.",
  askedOne:
    "{who} asked {what} about one and the same address, which is probably this home's own: a sender of spam wants to know whether it is listed.",
  servers: {
    one: 'for the mail servers of domains ({n} question)',
    other: 'for the mail servers of domains ({n} questions)',
  },
  lists: { one: '{n} block list ({questions})', other: '{n} block lists ({questions})' },
  questions: { one: '{n} question', other: '{n} questions' },
  advice: [
    'Alone this proves nothing: a mail server, a spam filter or a mail program asks the same.',
    'If this device has none of them, watch it: what it asks for comes just before the mail.',
  ],
} as const;
