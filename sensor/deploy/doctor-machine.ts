// Doctor's checks of the machine itself: versions, the port's MTU, the clock, and how it writes.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { KERNEL_BUFFER } from '../capture/live.ts';
import { offloadCommand, readOffloads } from '../capture/offloads.ts';
import { type DoctorCheck, runProgram } from './doctor-check.ts';
import type { Watched } from './doctor-traffic.ts';

/** Node 20's own needs (BUILDING.md, "Platform list"); libpcap and tcpdump before these have known memory errors (September 2019). */
const LEAST = { node: '20.19.0', kernel: '4.18', libpcap: '1.9.1', tcpdump: '4.9.3' } as const;

export async function checkVersions(thingwatch: string): Promise<DoctorCheck> {
  const { output } = await runProgram('tcpdump', ['--version']);
  const named = (program: string) => new RegExp(`^${program} version (\\d[\\w.]*)`, 'm').exec(output)?.[1] ?? null;
  return judgeVersions(thingwatch, {
    node: process.versions.node,
    kernel: release(),
    libpcap: named('libpcap'),
    tcpdump: named('tcpdump'),
  });
}

export function judgeVersions(
  thingwatch: string,
  versions: Readonly<Record<keyof typeof LEAST, string | null>>,
): DoctorCheck {
  const parts = (Object.keys(LEAST) as (keyof typeof LEAST)[]).map((program) => ({ program, is: versions[program] }));
  const old = parts.filter(({ is, program }) => is !== null && isBefore(is, LEAST[program]));
  const said = parts.map(({ is, program }) => `${program} ${is ?? 'unknown'}`).join(', ');
  const check = { name: 'versions', why: 'older ones lack what the sensor needs, or have known faults', fix: null };
  if (old.length === 0) return { ...check, result: 'ok', found: `thingwatch ${thingwatch}, ${said}` };
  const fixes = old.map(({ program }) => UPDATES[program]);
  return {
    ...check,
    result: old.some(({ program }) => program === 'node' || program === 'kernel') ? 'fail' : 'warn',
    found: `${old.map(({ is, program }) => `${program} ${is} is too old (${LEAST[program]} or newer)`).join(', ')}; ${said}`,
    fix: [...new Set(fixes)].join('; '),
  };
}

const UPDATES: Record<keyof typeof LEAST, string> = {
  node: `install Node.js ${LEAST.node} or newer from nodejs.org or your distribution, then npm start`,
  kernel: 'update the system: sudo apt-get update && sudo apt-get full-upgrade, and restart it',
  libpcap: 'sudo apt-get update && sudo apt-get install libpcap0.8 tcpdump',
  tcpdump: 'sudo apt-get update && sudo apt-get install libpcap0.8 tcpdump',
};

function isBefore(version: string, least: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  const [is, wanted] = [numbers(version), numbers(least)];
  const at = wanted.findIndex((part, n) => (is[n] ?? 0) !== part);
  return at !== -1 && (is[at] ?? 0) < (wanted[at] ?? 0);
}

const MEBIBYTE = 1024 * 1024;
const ETHERNET_MTU = 1500;

/** Tagged frames are 4 to 8 bytes longer than the MTU, which drivers take; what one refuses counts as too long. */
export function checkMtu(device: string, mtu: number | null, watched: Watched): DoctorCheck {
  const name = 'mtu';
  const why = 'what is longer than the port takes, jumbo frames or ones with tags, never arrives';
  if (mtu === null) return { name, result: 'ok', found: `${device} tells none`, why, fix: null };
  const tooLong = 'problem' in watched ? 0 : (watched.port?.tooLong ?? 0);
  if (tooLong > 0) {
    const fix = `sudo ip link set ${device} mtu ${mtu < 1508 ? 1508 : 9000} (jumbo frames in your home: 9000)`;
    return { name, result: 'warn', found: `${mtu} at ${device}, and ${tooLong} frames were too long for it`, why, fix };
  }
  if (mtu < ETHERNET_MTU) {
    const fix = `sudo ip link set ${device} mtu ${ETHERNET_MTU}`;
    return { name, result: 'warn', found: `${mtu} at ${device}, less than Ethernet's ${ETHERNET_MTU}`, why, fix };
  }
  return {
    name,
    result: 'ok',
    found: `${mtu} at ${device}${mtu > 1508 ? ', room for jumbo frames' : ''}`,
    why,
    fix: null,
  };
}

/** With offloads on libpcap makes every slot as large as cap's snapshot length of 65,535 bytes; else it takes the MTU. */
const LARGE_SLOT = 65_616;
/** What the kernel puts before a frame in its slot, and the link-layer header. */
const SLOT_OVERHEAD = 100;
/** A gigabit port that brings the smallest of frames fills fewer within some milliseconds. */
const FEW_SLOTS = 2048;

/** What the capture asks the kernel for. The kernel tells nobody but the socket's owner what it gave. */
export async function checkRing(device: string, mtu: number | null): Promise<DoctorCheck> {
  const name = 'ring';
  const why = 'while the sensor is busy the kernel keeps frames there; what finds no slot is lost';
  const on = await readOffloads(device);
  const isLarge = 'problem' in on || on.switchable.length + on.fixed.length > 0;
  const slotBytes = Math.min(LARGE_SLOT, isLarge ? LARGE_SLOT : (mtu ?? LARGE_SLOT) + SLOT_OVERHEAD);
  const slots = Math.floor(KERNEL_BUFFER / slotBytes);
  const found = `the capture asks for ${KERNEL_BUFFER / MEBIBYTE} MiB: about ${slots} frames`;
  if (slots >= FEW_SLOTS) return { name, result: 'ok', found, why, fix: null };
  const canSwitch = !('problem' in on) && on.fixed.length === 0;
  const fix = canSwitch ? offloadCommand(device, on.switchable, 'off') : null;
  return { name, result: 'warn', found: `${found}, as slots are as large as merged segments`, why, fix };
}

export function mtuOf(device: string): number | null {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/mtu`, 'utf8'));
  } catch {
    return null;
  }
}

export interface ClockFacts {
  /** This machine's clock, milliseconds since 1970. */
  readonly now: number;
  readonly synchronised: 'yes' | 'no' | 'unknown';
  /** A clock with a battery: whether it tells the same. */
  readonly battery: 'right' | 'wrong' | 'none';
  /** The last time that a sensor with this state directory knew; null before the first. */
  readonly lastKnown: number | null;
}

const OLDEST_PLAUSIBLE_YEAR = 2026;
/** A clock that is this far behind what was known (ms) was not only slewed. */
const BEHIND = 60_000;

export function checkClock({ battery, lastKnown, now, synchronised }: ClockFacts): DoctorCheck {
  const name = 'clock';
  const why = 'what is recorded bears these times; a small computer without a battery starts in the past';
  const fix = 'sudo timedatectl set-ntp true (without systemd: install and start chrony)';
  const time = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const batteries = {
    right: 'battery clock agrees',
    wrong: 'battery clock tells another time',
    none: 'no battery clock',
  };
  const details = [
    { yes: 'synchronised', no: 'not synchronised', unknown: 'nothing here tells whether it is synchronised' }[
      synchronised
    ],
    batteries[battery],
    ...(lastKnown === null ? [] : [`last known ${time(lastKnown)}`]),
  ].join(', ');
  const found = `${time(now)}, ${details}`;
  if (new Date(now).getUTCFullYear() < OLDEST_PLAUSIBLE_YEAR) return { name, result: 'fail', found, why, fix };
  if (lastKnown !== null && now < lastKnown - BEHIND)
    return { name, result: 'fail', found: `${found}: behind what was known already`, why, fix };
  return { name, result: synchronised === 'no' ? 'warn' : 'ok', found, why, fix: synchronised === 'no' ? fix : null };
}

const PROBE_WRITES = 16;
const PROBE_BYTES = 4096;
/** A slower write to disk (ms) holds up the first alert by as much. */
const SLOW_WRITE = 250;
/** SD cards of the cheap kind are good for some tens of terabytes; this a day leaves them years. */
const MUCH_A_DAY = 4096 * MEBIBYTE;

/**
 * Writes a small file into the state directory, each block through to the disk, and removes it again.
 * @param aDay bytes that the running sensor writes a day; null where none runs, or it cannot be told
 */
export function checkWriting(stateDir: string, aDay: number | null): DoctorCheck | null {
  const name = 'writing';
  const why = 'an incident is on disk before anybody is told of it; SD cards wear out by writing';
  if (!existsSync(stateDir) || !statSync(stateDir).isDirectory()) return null;
  let milliseconds: number;
  try {
    milliseconds = probe(path.join(stateDir, `.doctor-${process.pid}`));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    // The check of the directory says what to do.
    return { name, result: 'warn', found: `not tried: ${stateDir} cannot be written (${reason})`, why, fix: null };
  }
  const each = milliseconds / PROBE_WRITES;
  const rate = Math.round(((PROBE_WRITES * PROBE_BYTES) / 1024 / Math.max(milliseconds, 1)) * 1000);
  const daily = aDay === null ? '' : `; the running sensor writes ${Math.ceil(aDay / MEBIBYTE)} MiB a day`;
  const found = `${each.toFixed(1)} ms a write through to the disk, ${rate} KiB/s${daily}`;
  if (each > SLOW_WRITE)
    return { name, result: 'warn', found, why, fix: 'set state_dir to a faster disk, such as a USB drive' };
  if ((aDay ?? 0) > MUCH_A_DAY) return { name, result: 'warn', found, why, fix: 'set store.flush_seconds to 3600' };
  return { name, result: 'ok', found, why, fix: null };
}

function probe(file: string): number {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    const block = Buffer.alloc(PROBE_BYTES);
    const begun = performance.now();
    for (let n = 0; n < PROBE_WRITES; n++) {
      writeSync(descriptor, block);
      fsyncSync(descriptor);
    }
    return performance.now() - begun;
  } finally {
    closeSync(descriptor);
    unlinkSync(file);
  }
}
