// What systemd knows and is asked to do. Belongs to the commands that install.

import { SERVICE } from './places.ts';
import { lastWords, mustRun, runCommand } from './run-command.ts';
import { StepError } from './steps.ts';

/** Null where systemd runs this machine, else why not. */
export async function withoutSystemd(): Promise<string | null> {
  const { code, output } = await runCommand('systemctl', ['show', '--property=Version']);
  if (code === 0) return null;
  return code === 127 ? 'there is no systemctl here' : `systemctl does not work here: ${lastWords(output)}`;
}

export interface ServiceState {
  /** systemd's words: active, inactive, failed, activating … */
  active: string;
  /** enabled, disabled, or empty where there is no unit. */
  enabled: string;
  /** When it became active, as systemd writes it; empty where it is not. */
  since: string;
  restarts: number;
}

export async function serviceState(): Promise<ServiceState> {
  const properties = ['ActiveState', 'UnitFileState', 'ActiveEnterTimestamp', 'NRestarts'];
  const { output } = await runCommand('systemctl', ['show', SERVICE, `--property=${properties.join(',')}`]);
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1] ?? '';
  return {
    active: value('ActiveState'),
    enabled: value('UnitFileState'),
    since: value('ActiveEnterTimestamp'),
    restarts: Number(value('NRestarts')),
  };
}

const LOOK = `look at "journalctl -u ${SERVICE} -n 50" for the reason`;

export async function reload(): Promise<void> {
  await mustRun(['systemctl', 'daemon-reload'], 'see whether systemd runs this machine');
}

/** Resolves when the sensor captures, since the unit is of Type=notify. @throws StepError with the last lines of its log */
export async function restart(): Promise<void> {
  const { code, output } = await runCommand('systemctl', ['restart', SERVICE]);
  if (code === 0) return;
  throw new StepError(`it does not start: ${await lastOfLog(lastWords(output))}`, LOOK);
}

export async function stop(): Promise<void> {
  await mustRun(['systemctl', 'stop', SERVICE], LOOK);
}

export async function enable(): Promise<void> {
  await mustRun(['systemctl', 'enable', SERVICE], LOOK);
}

export async function disableAndStop(): Promise<void> {
  await mustRun(['systemctl', 'disable', '--now', SERVICE], LOOK);
}

export async function lastOfLog(otherwise: string): Promise<string> {
  const { code, output } = await runCommand('journalctl', ['-u', SERVICE, '-n', '5', '--no-pager', '-o', 'cat']);
  return code === 0 && output !== '' ? lastWords(output) : otherwise;
}
