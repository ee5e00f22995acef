// English: from where the sensor looks and what to change, what it cannot judge, and what makes it see less than it could.

const MIRROR =
  'On the managed switch, mirror ("SPAN") the port that leads to the router, both directions (RX and TX), to the port of the sensor.';

export const sight = {
  from: {
    'lan-both-ways': {
      place: 'inside the home, both directions',
      sentence: 'The sensor sees inside the home, both directions.',
    },
    'wan-side': {
      place: 'the outer side of the router',
      sentence:
        'The sensor looks at the outer side of the router: all devices share one address there and cannot be told apart.',
      fix: 'Mirror a cable on the inner side: the LAN port between the router and the switch with all devices, not the cable to the modem or provider.',
    },
    'own-traffic-only': {
      place: 'an ordinary port: its own traffic and broadcasts only',
      sentence:
        'Only this machine’s own traffic and broadcasts arrive: its port is an ordinary one, or the mirror is off.',
      fix: `${MIRROR} If the mirror is set, see that it is on, and that its target is the port the sensor listens on.`,
    },
    'broadcast-only': {
      place: 'an ordinary port: broadcasts only',
      sentence:
        'Only broadcasts arrive, nothing of what devices say to the Internet: the port is an ordinary one, or the mirror is off.',
      fix: `${MIRROR} If the mirror is set, see that it is on: some switches forget it when they restart.`,
    },
    nothing: {
      place: 'nowhere: nothing arrives',
      sentence: 'Nothing arrives on the mirror port.',
      fix: 'Look at the cable and at the lights of both ports, and whether the switch is on and still mirrors to this port.',
    },
  },
  oneWay: {
    'from-home': {
      place: 'inside the home, one direction only: what devices send',
      sentence: 'The mirror shows one direction only, from the home to the Internet: answers cannot be seen.',
      fix: 'Set the mirror on the switch to both directions (RX and TX) of the router’s port; now it sends on only what goes to the router.',
    },
    'to-home': {
      place: 'inside the home, one direction only: what devices receive',
      sentence:
        'The mirror shows one direction only, from the Internet to the home: what devices send, and the first sign of mail, cannot be seen.',
      fix: 'Set the mirror on the switch to both directions (RX and TX) of the router’s port; now it sends on only what comes from the router.',
    },
    unknown: {
      place: 'inside the home, one direction only',
      sentence: 'Only one direction of what devices say was seen so far: answers cannot be seen.',
      fix: 'See that the mirror on the switch is set to both directions (RX and TX) of the router’s port.',
    },
  },
  unsure: '{sentence} There is too little traffic yet to be sure.',
  /** What the judgement rests on, a few words each. */
  reasons: {
    'both-directions': {
      one: '{n} packet between the home and the Internet, of both directions',
      other: '{n} packets between the home and the Internet, of both directions',
    },
    'only-from-home': {
      one: '{n} packet from the home to the Internet, none or next to none back',
      other: '{n} packets from the home to the Internet, none or next to none back',
    },
    'only-to-home': {
      one: '{n} packet from the Internet to the home, none or next to none back',
      other: '{n} packets from the Internet to the home, none or next to none back',
    },
    'local-only': 'no exchange with the Internet was seen, or no answer to it',
    'public-on-both-ends': {
      one: '{n} packet with public addresses on both ends',
      other: '{n} packets with public addresses on both ends',
    },
    pppoe: {
      one: '{n} packet inside a PPPoE session, as a router has with a provider',
      other: '{n} packets inside a PPPoE session, as a router has with a provider',
    },
    'carrier-address': 'an address that providers give to routers (100.64.0.0/10)',
    'passed-on': {
      one: '{n} packet that a router had passed on before (hop limits one below where systems begin)',
      other: '{n} packets that a router had passed on before (hop limits one below where systems begin)',
    },
    systems: '{n} kinds of operating systems behind one address',
    'nobody-else': 'nobody else of a home speaks on this link',
    'own-only': {
      one: '{n} packet of this machine itself, none between others',
      other: '{n} packets of this machine itself, none between others',
    },
    'broadcasts-only': {
      one: '{n} broadcast, nothing between two devices',
      other: '{n} broadcasts, nothing between two devices',
    },
    noFrame: 'not one frame',
    silence: { one: 'no frame for {n} second', other: 'no frame for {n} seconds' },
    'no-carrier': 'the port has no cable partner',
    quiet: 'little traffic at present: the last judgement stands',
  },
  notCovered: {
    one: '{n} device is seen only by broadcast, not covered by the mirror{who}',
    other: '{n} devices are seen only by broadcast, not covered by the mirror{who}',
  },
  notCoveredNames: ': {names}',
  notCoveredMore: ': {names} and {n} more',
  blindMail: {
    one: '{n} attempt to send mail came out of the home; which device made it cannot be told from there.',
    other: '{n} attempts to send mail came out of the home; which device made them cannot be told from there.',
  },
  over: 'This is over.',
} as const;

export const health = {
  clock:
    "This machine's clock is not known to be right: times are marked as not certain, and are corrected once it is.",
  router: 'What the router itself sends to the Internet cannot be judged from inside the home.',
  lossUnknown: 'too few packets to tell',
  lossUnsure: 'too few packets to tell exactly',
} as const;
