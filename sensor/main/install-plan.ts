// What `thingwatch install` is to do, from flags, from the configuration that is there, or from questions: which port, for whom,
// with which file. Shows what a port sees before it is taken. Belongs to main.ts.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HARDWARE_TYPES, type InterfaceInfo, listInterfaces } from '../capture/interfaces.ts';
import { EXIT, type InstallCommand } from '../cli.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Installed, PLACES, USER } from '../deploy/service/places.ts';
import { ask, isAsked, isYes } from './ask.ts';
import { watchTraffic } from './doctor-watch.ts';
import { EdgeError } from './edge-error.ts';
import { sourceNames } from './live.ts';
import { settingsIn } from './service-settings.ts';
import type { Session } from './session.ts';

export interface InstallPlan {
  user: string;
  config: string;
  stateDir: string;
  /** Port to capture on; null where frames come from elsewhere. */
  port: string | null;
  /** Settings that the configuration file is to have. */
  settings: ReadonlyMap<string, unknown>;
}

export interface PlanIo {
  out(text: string): void;
  signal: AbortSignal;
}

/** The page for phones: nothing is shown before pairing. */
const LISTEN = '0.0.0.0:8080';

/** What a configuration that says nothing gives. */
const UNSET_STATE = './state';

/** Null when a person said no. @throws EdgeError ConfigError */
export async function planInstall(
  command: InstallCommand,
  session: Session,
  installed: Installed | null,
  io: PlanIo,
): Promise<InstallPlan | null> {
  const config = resolve(command.config ?? installed?.config ?? PLACES.config);
  const before = existsSync(config)
    ? loadConfig({ file: config, workingDirectory: '/', environment: {} }).config
    : null;
  const known = before === null ? null : sourceOf(before);
  const isBare = known === null && !saysWhereToListen(config);
  const isNew = known === null || (command.interface !== null && command.interface !== known.port);
  if (command.interface !== null && known !== null && known.port === null)
    throw new EdgeError(
      EXIT.usage,
      `${config} takes its frames from ${known.remote}: remove that there, or leave --interface out`,
    );
  if (before !== null && ![UNSET_STATE, PLACES.state].includes(before.state_dir))
    throw new EdgeError(
      EXIT.usage,
      `${config} keeps the state in ${before.state_dir}, a service keeps it in ${PLACES.state}: take state_dir out, and bring what was known along with "backup" and "restore"`,
    );
  if (!isAsked()) refuseWithoutAnswers(command, isNew);
  const port = isNew ? await choosePort(command, session, io) : (known?.port ?? null);
  if (isNew && port === null) return null;
  return {
    user: command.user ?? installed?.user ?? USER,
    config,
    stateDir: PLACES.state,
    port,
    settings: settingsFor(command, before, port, isBare),
  };
}

/** Where a configuration takes its frames from; null where it does not say. */
function sourceOf(config: Config): { port: string | null; remote: string | null } | null {
  const { command, fritzbox, interface: port } = config.capture;
  return port === undefined && command === undefined && fritzbox === undefined ? null : sourceNames(config);
}

/** A file that is not there says nothing. */
function saysWhereToListen(file: string): boolean {
  return existsSync(file) && settingsIn(readFileSync(file, 'utf8'))('web.listen') !== undefined;
}

/** `isBare`: nobody has set it up yet, as where a package has just brought it. */
function settingsFor(
  { homeNet, interface: wanted, listen }: InstallCommand,
  before: Config | null,
  port: string | null,
  isBare: boolean,
): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  settings.set('state_dir', PLACES.state);
  if (port !== null && (wanted !== null || before?.capture.interface === undefined))
    settings.set('capture.interface', port);
  if (homeNet.length > 0) settings.set('capture.home_net', homeNet);
  if (listen !== null || isBare) settings.set('web.listen', listen ?? LISTEN);
  return settings;
}

/** Without a terminal all must be said beforehand: names the flags that are missing. */
function refuseWithoutAnswers({ dryRun, interface: wanted, yes }: InstallCommand, isNew: boolean): void {
  const missing = [
    ...(isNew && wanted === null
      ? [
          `--interface ${
            choices()
              .map(({ name }) => name)
              .join('|') || 'NAME'
          }`,
        ]
      : []),
    ...(yes || dryRun ? [] : ['--yes']),
  ];
  if (missing.length === 0) return;
  throw new EdgeError(EXIT.usage, `nobody can be asked here (no terminal): give ${missing.join(' ')}`);
}

/** Ports that a mirror can be plugged into. */
function choices(): InterfaceInfo[] {
  return listInterfaces().filter(({ hardwareType, loopback }) => !loopback && hardwareType === HARDWARE_TYPES.ethernet);
}

async function choosePort(command: InstallCommand, session: Session, io: PlanIo): Promise<string | null> {
  const ports = choices();
  if (command.interface !== null) {
    if (!listInterfaces().some(({ name }) => name === command.interface))
      throw new EdgeError(
        EXIT.usage,
        `there is no interface ${command.interface} (there are ${ports.map(({ name }) => name).join(', ') || 'none'})`,
      );
    await showPort(command.interface, command, session, io);
    return command.yes || command.dryRun || (await isYes('Install with this port?')) ? command.interface : null;
  }
  if (ports.length === 0) throw new EdgeError(EXIT.failed, 'this machine has no Ethernet port to capture on');
  for (;;) {
    io.out(`Which port is at the mirror?\n${ports.map(portLine).join('\n')}\n`);
    const answer = await ask(ports.length === 1 ? 'Number or name [1]:' : 'Number or name:');
    if (answer === null) return null;
    const chosen = ports.find(
      ({ name }, n) => answer === name || answer === String(n + 1) || (answer === '' && ports.length === 1),
    );
    if (chosen === undefined) continue;
    await showPort(chosen.name, command, session, io);
    if (io.signal.aborted) return null;
    if (command.yes || (await isYes('Is this the port at the mirror?'))) return chosen.name;
  }
}

function portLine({ carrier, mac, name, up, wireless }: InterfaceInfo, n: number): string {
  const state = wireless ? 'Wi-Fi, sees its own traffic alone' : !up ? 'down' : carrier === false ? 'no cable' : 'up';
  return `  ${n + 1}) ${name.padEnd(12)} ${mac ?? ''}  ${state}`;
}

/** What it sees for some seconds, by the sensor's own path. Nothing is kept. */
async function showPort(
  port: string,
  { homeNet, seconds }: InstallCommand,
  session: Session,
  io: PlanIo,
): Promise<void> {
  if (seconds === 0) return;
  io.out(`Watching ${port} for ${seconds} seconds …\n`);
  const { config } = session;
  const capture = { ...config.capture, interface: port, ...(homeNet.length > 0 ? { home_net: homeNet } : {}) };
  const watched = await watchTraffic({ ...session, config: { ...config, capture } }, seconds, io.signal);
  if ('problem' in watched) {
    io.out(`  ${watched.problem}\n`);
    return;
  }
  const { devices, packets, vantage } = watched;
  io.out(`  ${vantage.sentence}\n  ${devices} devices, ${packets} packets of use\n`);
  if (vantage.isGood !== 'yes' && vantage.fix !== null) io.out(`  ${vantage.fix}\n`);
}
