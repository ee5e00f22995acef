// Segmentation offloads of a port: with them on, the card or the kernel hands over merged segments, and each takes 64 KiB of the
// capture ring, so that frames get lost under load. Reads and switches them through ethtool, and remembers what it switched.
import type { Log } from '../log.ts';
import type { Warning } from './live-source.ts';
import { runProgram } from './run-program.ts';

/** As `ethtool -k` names them, and the short names that `ethtool -K` takes. */
const OFFLOADS: Readonly<Record<string, string>> = {
  'generic-receive-offload': 'gro',
  'large-receive-offload': 'lro',
  'tcp-segmentation-offload': 'tso',
  'generic-segmentation-offload': 'gso',
  'rx-gro-hw': 'rx-gro-hw',
};
export const OFFLOAD_NAMES: readonly string[] = Object.values(OFFLOADS);

export interface OffloadsOn {
  /** By the names that `ethtool -K` takes. */
  switchable: string[];
  /** Those that the driver does not let go. */
  fixed: string[];
}

/** What is on in the text that `ethtool -k` prints. */
export function offloadsOn(features: string): OffloadsOn {
  const on: OffloadsOn = { switchable: [], fixed: [] };
  for (const [, feature = '', fixed] of features.matchAll(/^\s*([a-z0-9-]+): on( \[fixed\])?/gm)) {
    const short = OFFLOADS[feature];
    if (short !== undefined) (fixed === undefined ? on.switchable : on.fixed).push(short);
  }
  return on;
}

/** What is on at a port, or why that cannot be told. */
export async function readOffloads(device: string): Promise<OffloadsOn | { problem: string; missing: boolean }> {
  const { code, missing, output } = await runProgram('ethtool', ['-k', device]);
  if (code === 0) return offloadsOn(output);
  return { problem: missing ? 'ethtool is missing' : (output.split('\n').at(-1) ?? ''), missing };
}

/** The command that a person would type. */
export function offloadCommand(device: string, names: readonly string[], state: 'on' | 'off'): string {
  return `sudo ethtool -K ${device} ${names.map((name) => `${name} ${state}`).join(' ')}`;
}

/** Resolves to those that were switched. */
export type SwitchOffloads = (device: string, names: readonly string[], state: 'on' | 'off') => Promise<string[]>;

/** Each by itself: one that its driver refuses shall not keep the others. Resolves to those that were switched. */
export async function switchOffloads(device: string, names: readonly string[], state: 'on' | 'off'): Promise<string[]> {
  const switched: string[] = [];
  for (const name of names) {
    const { code } = await runProgram('ethtool', ['-K', device, name, state]);
    if (code === 0) switched.push(name);
  }
  return switched;
}

export interface Mended {
  /** What was done, or why not, in a sentence. */
  readonly said: string;
  readonly done: boolean;
  /** What was switched off. */
  readonly switched: readonly string[];
}

/**
 * Switches off what is on at a port and can be; `before` is told what will be done, and to which. `switchThem`: by whoever has the
 * right to.
 */
export async function mendOffloads(
  device: string,
  before: (said: string, names: readonly string[]) => void,
  switchThem: SwitchOffloads = switchOffloads,
): Promise<Mended> {
  const found = await readOffloads(device);
  if ('problem' in found) {
    const fix = found.missing ? ': sudo apt-get install ethtool' : '';
    return { said: `the offloads of ${device} cannot be read (${found.problem})${fix}`, done: false, switched: [] };
  }
  const { switchable } = found;
  if (switchable.length === 0)
    return { said: `no offload that can be switched is on at ${device}`, done: true, switched: [] };
  before(`switching off the offloads of ${device}: ${switchable.join(', ')}`, switchable);
  const switched = await switchThem(device, switchable, 'off');
  const left = switchable.filter((name) => !switched.includes(name));
  if (left.length === 0) return { said: `off at ${device}: ${switched.join(', ')}`, done: true, switched };
  const said = `still on at ${device}: ${left.join(', ')}; it takes root: ${offloadCommand(device, left, 'off')}`;
  return { said, done: false, switched };
}

export interface OffloadKeeperOptions {
  device: string;
  /** Whether to switch off what is on, and on again at the end. */
  fix: boolean;
  log: Log;
  /** Keeps what was switched off and is not on again, over a restart; empty where nothing is. */
  memory: { read(): string | null; write(text: string): void };
  /** By whoever has the right to; this process itself unless told. */
  switchThem?: SwitchOffloads;
}

/** Offloads may come on again, as when the port's driver starts anew; asking costs a process. */
const LOOK_AGAIN = 10 * 60_000;

/** The offloads of the port of a running sensor: warns of them or switches them off, and leaves the port as it was. */
export class OffloadKeeper {
  readonly #options: OffloadKeeperOptions;
  #on: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** What a sensor before this one switched off, and this one. */
  #switched: string[] = [];

  constructor(options: OffloadKeeperOptions) {
    this.#options = options;
  }

  /** Resolves to whether it switched any. */
  async start(): Promise<boolean> {
    const { device, fix, log } = this.#options;
    const before = this.#remembered();
    let isSwitched = before !== null && (!fix || before.device !== device);
    if (before !== null && isSwitched) await this.#undo(before.device, before.names);
    else if (before !== null) this.#switched = before.names;
    if (fix) {
      const earlier = this.#switched;
      const withEarlier = (names: readonly string[]) => [...new Set([...earlier, ...names])];
      const announce = (text: string, names: readonly string[]) => {
        log.info(text);
        // Before it is done: a sensor that is killed in between leaves them off.
        this.#remember(device, withEarlier(names));
      };
      const { done, said, switched } = await mendOffloads(device, announce, this.#options.switchThem);
      if (done) log.info(said);
      else log.warn(said);
      isSwitched ||= switched.length > 0;
      this.#switched = withEarlier(switched);
      this.#remember(device, this.#switched);
    }
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_AGAIN).unref();
    return isSwitched;
  }

  /** Switches on again what was on before. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#switched.length > 0) await this.#undo(this.#options.device, this.#switched);
    this.#switched = [];
  }

  warnings(): Warning[] {
    const { device, fix } = this.#options;
    if (this.#on.length === 0) return [];
    const command = offloadCommand(device, this.#on, 'off');
    const offloads = this.#on.join(', ');
    return [
      {
        key: 'offloads',
        say: ({ warnings }) => ({
          text: warnings.offloads({ port: device, offloads }),
          fix: fix ? command : warnings.offloadsFix({ command }),
        }),
      },
    ];
  }

  async #look(): Promise<void> {
    const found = await readOffloads(this.#options.device);
    this.#on = 'problem' in found ? [] : found.switchable;
  }

  async #undo(device: string, names: readonly string[]): Promise<void> {
    const { log, switchThem = switchOffloads } = this.#options;
    const back = await switchThem(device, names, 'on');
    if (back.length > 0) log.info(`offloads on again at ${device}: ${back.join(', ')}`);
    const left = names.filter((name) => !back.includes(name));
    if (left.length > 0) log.warn(`offloads that were on at ${device} stay off: ${offloadCommand(device, left, 'on')}`);
    // The next sensor tries again what could not be done, as when this one's keeper was killed; a port that is gone has lost them.
    const port = left.length === 0 ? null : await readOffloads(device);
    const isGone = port !== null && 'problem' in port && !port.missing;
    this.#remember(device, isGone ? [] : left);
  }

  #remembered(): { device: string; names: string[] } | null {
    const [device = '', ...names] = (this.#options.memory.read() ?? '').split(' ');
    const known = new Set(OFFLOAD_NAMES);
    return device === '' ? null : { device, names: names.filter((name) => known.has(name)) };
  }

  #remember(device: string, names: readonly string[]): void {
    this.#options.memory.write(names.length === 0 ? '' : [device, ...names].join(' '));
  }
}
