// Doctor's checks of the listening side: privileges, the interface, tcpdump, the capture add-on, offloads.
import { existsSync, readFileSync } from 'node:fs';
import { HARDWARE_TYPES, type InterfaceInfo } from '../capture/interfaces.ts';
import { offloadCommand, readOffloads } from '../capture/offloads.ts';
import { PROJECT_ROOT } from '../checkout.ts';
import { type DoctorCheck, runProgram } from './doctor-check.ts';

/** Bits of CapEff in /proc/self/status, see capabilities(7). */
const CAPABILITIES = { netAdmin: 12n, netRaw: 13n } as const;

const AS_ROOT =
  'start it with sudo, or as the service in sensor/deploy/thingwatch.service, which gets this one right and no other';

/** @param status text of /proc/self/status; null off Linux, where root decides */
export function checkPrivileges(status: string | null, userId: number | undefined): DoctorCheck {
  const name = 'privileges';
  const why = 'without the right to open a raw socket no frame can be captured';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? '')?.[1];
  const has = (bit: bigint) => effective !== undefined && ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
  const who = userId === 0 ? 'root' : `user ${userId ?? 'unknown'}`;
  if (effective === undefined) {
    if (userId === 0) return { name, result: 'ok', found: who, why, fix: null };
    return { name, result: 'fail', found: `${who}, not root`, why, fix: AS_ROOT };
  }
  if (!has(CAPABILITIES.netRaw)) {
    return { name, result: 'fail', found: `${who}, without CAP_NET_RAW`, why, fix: AS_ROOT };
  }
  const admin = has(CAPABILITIES.netAdmin) ? ' and CAP_NET_ADMIN' : '';
  return { name, result: 'ok', found: `${who}, with CAP_NET_RAW${admin}`, why, fix: null };
}

/** @param wanted the interface to listen on; null when none was configured or found */
export function checkInterface(wanted: string | null, interfaces: readonly InterfaceInfo[]): DoctorCheck {
  const name = 'interface';
  const why = 'the sensor sees only what arrives at the port it listens on';
  const choices = interfaces.filter(({ loopback }) => !loopback).map((one) => one.name);
  const choose = `set capture.interface to one of: ${choices.join(', ') || '(this machine has none)'}`;
  if (wanted === null) return { name, result: 'fail', found: 'no interface to listen on', why, fix: choose };
  const found = interfaces.find((one) => one.name === wanted);
  if (found === undefined) return { name, result: 'fail', found: `there is no ${wanted}`, why, fix: choose };
  const say = (result: DoctorCheck['result'], what: string, fix: string | null): DoctorCheck => {
    return { name, result, found: `${wanted}: ${what}`, why, fix };
  };
  if (found.loopback) return say('warn', 'the loopback, on which no other device speaks', choose);
  if (found.hardwareType !== HARDWARE_TYPES.ethernet) {
    return say('fail', `not Ethernet (hardware type ${found.hardwareType}), so it bears no MAC addresses`, choose);
  }
  if (!found.up) return say('fail', 'is down', `sudo ip link set ${wanted} up`);
  if (found.carrier === false)
    return say('fail', 'is up, but no cable partner answers', 'check the cable and the mirror port');
  if (found.wireless) return say('warn', "Wi-Fi: it hears this machine's own traffic, no mirror port's", choose);
  const promiscuous = found.promiscuous ? ', already in promiscuous mode' : '';
  return say('ok', `Ethernet, up${found.carrier === true ? ', cable connected' : ''}${promiscuous}`, null);
}

/** A busy machine takes its time. */
const OPENS_WITHIN = 15_000;

/** Opens the interface as the capture will (promiscuous) and asks for its link types; no packet is read. */
export async function checkOpening(device: string): Promise<DoctorCheck> {
  const name = 'listening';
  const why = 'this is what the capture does first';
  const { code, missing, output } = await runProgram('tcpdump', ['-i', device, '-L'], OPENS_WITHIN);
  if (missing) return { name, result: 'warn', found: 'not tried: tcpdump is missing', why, fix: null };
  if (code === 0 && /\b(EN10MB|LINUX_SLL2?)\b/.test(output)) {
    return {
      name,
      result: 'ok',
      found: `${device} opens in promiscuous mode and gives Ethernet frames`,
      why,
      fix: null,
    };
  }
  // Ended for taking too long, tcpdump ends as if all had been well.
  if (code === 0 && output !== '')
    return { name, result: 'fail', found: `${device} gives no Ethernet frames`, why, fix: 'choose another interface' };
  const reason = output.replace(/^tcpdump: /, '').split('\n')[0] ?? '';
  const fix = /permi/i.test(output) ? AS_ROOT : null;
  return { name, result: 'fail', found: `${device} does not open: ${reason || 'no answer in time'}`, why, fix };
}

export async function checkTcpdump(): Promise<DoctorCheck> {
  const name = 'tcpdump';
  const why = 'it reads recorded captures, and cuts them with the filter that live capture uses';
  const { missing, output } = await runProgram('tcpdump', ['--version']);
  const versions = output.match(/^(tcpdump|libpcap) version \S+/gm);
  if (versions !== null)
    return { name, result: 'ok', found: versions.join(', ').replaceAll(' version', ''), why, fix: null };
  const fix = 'sudo apt-get install tcpdump';
  return { name, result: 'fail', found: missing ? 'missing' : `does not run: ${output.split('\n')[0]}`, why, fix };
}

/** In a child: an add-on that is broken may crash its process. */
export async function checkCaptureAddOn(folder = PROJECT_ROOT): Promise<DoctorCheck> {
  const name = 'capture add-on';
  const why = 'live capture goes through libpcap by way of the npm package cap';
  const script = `require('node:module').createRequire(${JSON.stringify(`${folder}/`)})('cap')`;
  const { code, output } = await runProgram(process.execPath, ['-e', script], 10_000);
  if (code === 0) return { name, result: 'ok', found: 'loads, with libpcap', why, fix: null };
  const reason = output.split('\n').find((line) => line.includes('Error')) ?? 'it crashes';
  return { name, result: 'fail', found: `does not load: ${reason.trim()}`, why, fix: 'npm rebuild cap' };
}

export async function checkOffloads(device: string): Promise<DoctorCheck> {
  const name = 'offloads';
  const why =
    'the card or kernel merges segments, and each then takes 64 KiB of the capture ring: frames get lost under load';
  const on = await readOffloads(device);
  if ('problem' in on) {
    const fix = on.missing ? 'sudo apt-get install ethtool' : null;
    return { name, result: 'warn', found: `unknown: ${on.problem}`, why, fix };
  }
  const { fixed, switchable } = on;
  if (switchable.length === 0 && fixed.length === 0)
    return { name, result: 'ok', found: `all off on ${device}`, why, fix: null };
  const found = `on at ${device}: ${[...switchable, ...fixed.map((short) => `${short} (fixed by its driver)`)].join(', ')}`;
  const fix = offloadCommand(device, switchable, 'off');
  return { name, result: 'warn', found, why, fix: switchable.length === 0 ? null : fix };
}

export function readOwnStatus(): string | null {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return null;
  }
}

/** The kernel charges the translated capture filter, 50 to 60 KB, against this limit; its default was 20 KB before Linux 6.8. */
const FILTER_ROOM = 131_072;
const FILTER_LIMIT = '/proc/sys/net/core/optmem_max';

/** @param limit text of net.core.optmem_max; null where there is none */
export function checkFilterRoom(limit: string | null): DoctorCheck {
  const name = 'filter';
  const why = 'without room in the kernel for the filter every frame is copied before it is dropped';
  const bytes = Number(limit);
  if (limit === null || Number.isNaN(bytes))
    return { name, result: 'warn', found: 'cannot tell the limit', why, fix: null };
  const found = `net.core.optmem_max is ${bytes}`;
  if (bytes >= FILTER_ROOM) return { name, result: 'ok', found, why, fix: null };
  return { name, result: 'warn', found, why, fix: `sudo sysctl -w net.core.optmem_max=${FILTER_ROOM}` };
}

export function readFilterLimit(): string | null {
  return existsSync(FILTER_LIMIT) ? readFileSync(FILTER_LIMIT, 'utf8').trim() : null;
}
