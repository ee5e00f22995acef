// Doctor's judgement of what it saw while it listened: from where, whom, how often, and what was lost on the way. It is handed
// the facts; main/doctor-watch.ts gathers them.
import type { DoctorCheck } from './doctor-check.ts';

/** What a port's own counters went up by meanwhile. */
export interface PortCounts {
  readonly arrived: number;
  /** The card or its driver had no room. */
  readonly dropped: number;
  /** Longer than the port's MTU takes. */
  readonly tooLong: number;
}

export interface WatchedTraffic {
  readonly seconds: number;
  /** Frames that passed the capture filter. */
  readonly packets: number;
  readonly duplicates: number;
  readonly devices: number;
  /** What those are called of which only broadcasts were seen. */
  readonly broadcastOnly: readonly string[];
  readonly vantage: {
    /** `poor`: part of what the sensor is for cannot be seen; `useless`: all of it. */
    readonly isGood: 'yes' | 'poor' | 'useless';
    readonly sentence: string;
    readonly fix: string | null;
  };
  /** Null where there were too few packets to tell. */
  readonly lossPercent: number | null;
  /** Null where frames come from no port of this machine. */
  readonly port: PortCounts | null;
}

/** `problem` in place of traffic: why nobody could listen. */
export type Watched = WatchedTraffic | { readonly problem: string };

const SHOWN = 5;
/** More copies than this share cost work that shows nothing. */
const MANY_COPIES = 0.3;
/** Loss in percent that shall be mended, and that leaves whole connections unseen. */
const LOSS = { warn: 0.5, fail: 5 } as const;

export function trafficChecks(watched: Watched, device: string | null): DoctorCheck[] {
  if ('problem' in watched) {
    const why = 'only traffic shows whether the mirror works';
    return [{ name: 'traffic', result: 'warn', found: `not looked at: ${watched.problem}`, why, fix: null }];
  }
  return [
    vantageCheck(watched),
    devicesCheck(watched),
    trafficCheck(watched),
    duplicatesCheck(watched),
    lossCheck(watched, device),
  ];
}

function vantageCheck({ seconds, vantage }: WatchedTraffic): DoctorCheck {
  const result = { yes: 'ok', poor: 'warn', useless: 'fail' } as const;
  const why = 'the sensor judges only what passes the port it listens on, device by device';
  const { fix, isGood, sentence } = vantage;
  return { name: 'vantage', result: result[isGood], found: `${sentence} (${seconds} s)`, why, fix };
}

function devicesCheck({ broadcastOnly, devices }: WatchedTraffic): DoctorCheck {
  const name = 'devices';
  const why = 'what is seen only by broadcast can mail without being noticed';
  const seen = `${devices} seen`;
  if (broadcastOnly.length === 0) return { name, result: 'ok', found: seen, why, fix: null };
  const more = broadcastOnly.length - SHOWN;
  const names = `${broadcastOnly.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return {
    name,
    result: 'warn',
    found: `${seen}, ${broadcastOnly.length} of them only by broadcast: ${names}`,
    why,
    fix: 'connect their access point or switch so that their way to the router leads over the mirrored port, and let each of them use the Internet once to see whether it shows',
  };
}

function trafficCheck({ packets, port, seconds }: WatchedTraffic): DoctorCheck {
  const rate = (count: number) => (count / Math.max(1, seconds)).toFixed(count < 10 * seconds ? 1 : 0);
  const of = port === null ? '' : `, of ${port.arrived} that arrived (${rate(port.arrived)} a second)`;
  const found = `${packets} packets of use in ${seconds} s (${rate(packets)} a second)${of}`;
  return {
    name: 'traffic',
    result: 'ok',
    found,
    why: 'the filter drops bulk data before it costs anything',
    fix: null,
  };
}

function duplicatesCheck({ duplicates, packets }: WatchedTraffic): DoctorCheck {
  const name = 'duplicates';
  const why = 'copies count once, but each costs as much to look at as a packet';
  const share = packets === 0 ? 0 : duplicates / packets;
  const found = duplicates === 0 ? 'none' : `${duplicates} copies (${Math.round(share * 100)} %), counted once`;
  if (share <= MANY_COPIES) return { name, result: 'ok', found, why, fix: null };
  const fix =
    "on the switch, mirror the router's port alone (both directions), not also the ports of devices or whole VLANs";
  return { name, result: 'warn', found, why, fix };
}

function lossCheck({ lossPercent, packets, port }: WatchedTraffic, device: string | null): DoctorCheck {
  const name = 'loss';
  const why = 'a lost packet may be the first of a mail connection';
  const dropped = port === null || port.dropped === 0 ? null : `${port.dropped} frames dropped by the port ${device}`;
  const estimate =
    lossPercent === null ? `too few packets to tell (${packets})` : `${lossPercent.toFixed(1)} % lost on the way`;
  const found = [estimate, dropped].filter((part) => part !== null).join('; ');
  const isBad = (lossPercent ?? 0) >= LOSS.fail;
  if (!isBad && (lossPercent ?? 0) < LOSS.warn && dropped === null)
    return { name, result: 'ok', found, why, fix: null };
  const fix =
    dropped === null
      ? 'see whether the mirrored port carries more than the port of the sensor can take: mirror fewer ports, or use a faster port'
      : `sudo ethtool -G ${device} rx 4096, if "ethtool -g ${device}" says that the card has room`;
  return { name, result: isBad ? 'fail' : 'warn', found, why, fix };
}
