// From where the sensor looks, judged by what passes: a mirror that shows half, the wrong side of the router, or nothing.
import { type Mac, type Packet, TCP_FLAGS } from '../decode/packet.ts';
import type { Home } from './home.ts';
import { isGroup } from './mac-address.ts';

export const VANTAGES = [
  'lan-both-ways',
  'lan-one-way',
  'wan-side',
  'own-traffic-only',
  'broadcast-only',
  'nothing',
] as const;
export type Vantage = (typeof VANTAGES)[number];

/** Both ends outside the home on this share of packets with addresses: the sensor hangs before the NAT. */
const WAN_SHARE = 0.9;
/** Packets needed before the wrong side is called. */
const WAN_EVIDENCE = 20;
/** Pairs of talking MACs remembered. */
const PAIRS = 256;

export class VantageJudge {
  readonly #home: Home;
  readonly #sensorMac: Mac | null;
  #frames = 0;
  #unicast = 0;
  #foreignUnicast = 0;
  #syn = 0;
  #synAck = 0;
  #toOutside = 0;
  #fromOutside = 0;
  #betweenOutside = 0;
  /** Pairs of MACs seen talking, `sender receiver`, until one was seen talking back. */
  readonly #spoke = new Set<string>();
  #answered = false;

  /** `sensorMac`: the capture interface's own address, null in a replay. */
  constructor(home: Home, sensorMac: Mac | null) {
    this.#home = home;
    this.#sensorMac = sensorMac;
  }

  observe(packet: Packet): void {
    this.#frames++;
    const { destinationMac, ip, sourceMac, tcp } = packet;
    if (destinationMac !== null && isGroup(destinationMac)) return;
    this.#unicast++;
    if (sourceMac !== this.#sensorMac && destinationMac !== this.#sensorMac) this.#foreignUnicast++;
    if (ip === null) return;
    if (!this.#answered) this.#noteSpeaker(sourceMac, destinationMac);
    if (tcp !== null && (tcp.flags & TCP_FLAGS.syn) !== 0) {
      if ((tcp.flags & TCP_FLAGS.ack) !== 0) this.#synAck++;
      else this.#syn++;
    }
    const sourceInside = this.#home.isInside(ip.source);
    const destinationInside = this.#home.isInside(ip.destination);
    if (sourceInside && !destinationInside) this.#toOutside++;
    else if (!sourceInside && destinationInside) this.#fromOutside++;
    // A home's own IPv6 addresses are public too, and its prefix may not have been announced yet.
    else if (!sourceInside && !destinationInside && ip.version === 4) this.#betweenOutside++;
  }

  /** Two MACs that send packets to each other show both directions, whatever becomes of their connections. */
  #noteSpeaker(sender: Mac | null, receiver: Mac | null): void {
    if (sender === null || receiver === null) return;
    this.#answered = this.#spoke.has(`${receiver} ${sender}`);
    if (this.#spoke.size < PAIRS) this.#spoke.add(`${sender} ${receiver}`);
  }

  judge(): Vantage {
    if (this.#frames === 0) return 'nothing';
    if (this.#unicast === 0) return 'broadcast-only';
    if (this.#sensorMac !== null && this.#foreignUnicast === 0) return 'own-traffic-only';
    const addressed = this.#toOutside + this.#fromOutside + this.#betweenOutside;
    const outside = this.#betweenOutside / Math.max(1, addressed);
    if (!this.#home.fixed && addressed >= WAN_EVIDENCE && outside >= WAN_SHARE) return 'wan-side';
    const bothWays = (this.#syn > 0 && this.#synAck > 0) || (this.#toOutside > 0 && this.#fromOutside > 0);
    return bothWays || this.#answered ? 'lan-both-ways' : 'lan-one-way';
  }
}
