// From where the sensor looks, in words, and what to change on the switch or router: the one place of them, for page, broker,
// doctor, reports and incidents.
import type { Judgement, Vantage, VantageDirection, VantageReason } from '../attribute/vantage.ts';
import type { Sight } from './health.ts';
import type { Incident } from './incident.ts';
import { fields, number, plural, text } from './wording-parts.ts';

export interface VantageAdvice {
  /** A few words behind "seen from": `inside the home, both directions`. */
  place: string;
  /** What that means, a whole sentence. */
  sentence: string;
  /** What to change, and where; null when nothing need be. */
  fix: string | null;
}

const MIRROR =
  'On the managed switch, mirror ("SPAN") the port that leads to the router, both directions (RX and TX), to the port of the sensor.';

const ADVICE: Record<Exclude<Vantage, 'lan-one-way'>, VantageAdvice> = {
  'lan-both-ways': {
    place: 'inside the home, both directions',
    sentence: 'The sensor sees inside the home, both directions.',
    fix: null,
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
};

const ONE_WAY: Record<VantageDirection | 'unknown', VantageAdvice> = {
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
};

/** `direction` matters to `lan-one-way` alone. */
export function vantageAdvice(vantage: Vantage, direction: VantageDirection | null = null): VantageAdvice {
  return vantage === 'lan-one-way' ? ONE_WAY[direction ?? 'unknown'] : ADVICE[vantage];
}

const UNSURE = ' There is too little traffic yet to be sure.';

/** The sentence, with a word of doubt where there is any. */
export function vantageSentence({ confidence, direction, vantage }: Judgement): string {
  const { sentence } = vantageAdvice(vantage, direction);
  return confidence === 'unsure' ? `${sentence}${UNSURE}` : sentence;
}

/** The judgement as page, broker and reports show it. */
export function sightOf(judged: Judgement): Sight {
  const { confidence, direction, reasons, vantage } = judged;
  const { fix, place } = vantageAdvice(vantage, direction);
  return { direction, confidence, place, sentence: vantageSentence(judged), fix, reasons: reasons.map(reasonText) };
}

/** `3 devices are seen only by broadcast …: A, B and 1 more`; null where there is none. */
export function notCoveredText(count: number, names: readonly string[]): string | null {
  if (count === 0) return null;
  const shown = names.slice(0, count);
  const more = count - shown.length;
  const who = shown.length === 0 ? '' : `: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${plural(count, 'device')} ${count === 1 ? 'is' : 'are'} seen only by broadcast, not covered by the mirror${who}`;
}

/** What the judgement rests on, a few words each. */
export function reasonText({ count = 0, kind }: VantageReason): string {
  switch (kind) {
    case 'both-directions':
      return `${plural(count, 'packet')} between the home and the Internet, of both directions`;
    case 'only-from-home':
      return `${plural(count, 'packet')} from the home to the Internet, none or next to none back`;
    case 'only-to-home':
      return `${plural(count, 'packet')} from the Internet to the home, none or next to none back`;
    case 'local-only':
      return 'no exchange with the Internet was seen, or no answer to it';
    case 'public-on-both-ends':
      return `${plural(count, 'packet')} with public addresses on both ends`;
    case 'pppoe':
      return `${plural(count, 'packet')} inside a PPPoE session, as a router has with a provider`;
    case 'carrier-address':
      return 'an address that providers give to routers (100.64.0.0/10)';
    case 'passed-on':
      return `${plural(count, 'packet')} that a router had passed on before (hop limits one below where systems begin)`;
    case 'systems':
      return `${count} kinds of operating systems behind one address`;
    case 'nobody-else':
      return 'nobody else of a home speaks on this link';
    case 'own-only':
      return `${plural(count, 'packet')} of this machine itself, none between others`;
    case 'broadcasts-only':
      return `${plural(count, 'broadcast')}, nothing between two devices`;
    case 'silence':
      return count === 0 ? 'not one frame' : `no frame for ${plural(count, 'second')}`;
    case 'no-carrier':
      return 'the port has no cable partner';
    case 'quiet':
      return 'little traffic at present: the last judgement stands';
  }
}

/** The sentence of a `sensor_blind` incident; it tells mail that cannot be laid to a device. */
export function blindSummary({ evidence, state }: Pick<Incident, 'evidence' | 'state'>): string {
  const { direction, vantage } = evidence;
  const { sentence } = vantageAdvice(vantageFrom(vantage), directionFrom(direction));
  const attempts = number(evidence.mailAttempts);
  const mail =
    attempts === 0
      ? ''
      : ` ${plural(attempts, 'attempt')} to send mail came out of the home; which device made ${attempts === 1 ? 'it' : 'them'} cannot be told from there.`;
  return `${sentence}${mail}${state === 'resolved' ? ' This is over.' : ''}`;
}

/** What to change, and what it costs to leave it. */
export function blindAdvice({ evidence }: Pick<Incident, 'evidence'>): string[] {
  const { fix } = vantageAdvice(vantageFrom(evidence.vantage), directionFrom(evidence.direction));
  return [
    ...(fix === null ? [] : [fix]),
    'This incident ends by itself, within minutes, when the sensor sees the home again. Until then a quiet page proves nothing.',
  ];
}

/** Behind the sentence of an incident that little traffic was there to judge by. */
export function doubtOf(evidence: Record<string, unknown>): string {
  const { address } = fields(evidence.outerSide);
  if (evidence.outerSide === undefined) return '';
  const who = address === undefined ? 'That' : `${text(address)}`;
  return ` ${who} may be the router itself, seen from its outer side: there is too little traffic yet to tell.`;
}

function vantageFrom(value: unknown): Vantage {
  const known = ['lan-both-ways', 'lan-one-way', 'wan-side', 'own-traffic-only', 'broadcast-only'] as const;
  return known.find((one) => one === value) ?? 'nothing';
}

function directionFrom(value: unknown): VantageDirection | null {
  return value === 'from-home' || value === 'to-home' ? value : null;
}
