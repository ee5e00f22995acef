// What every command shares: configuration and log. Belongs to main.ts.
import { listInterfaces } from '../capture/interfaces.ts';
import { ownNetwork } from '../capture/own-addresses.ts';
import type { GlobalOptions, ReplayCommand } from '../cli.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Mac } from '../decode/packet.ts';
import { type Log, LogBook, type LogLevel, LogTail } from '../log.ts';
import { goesToJournal } from './terminal.ts';

/** Lines the page's log shows. */
const LOG_TAIL = 300;

/** How a line tells the journal its level (sd-daemon(3)), for `journalctl -p warning`. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' };

export interface Session {
  config: Config;
  log(room: string): Log;
  logTail: LogTail;
  now(): number;
}

/** @throws ConfigError */
export function openSession(globals: GlobalOptions): Session {
  const { config } = loadConfig({ file: globals.config, workingDirectory: process.cwd(), environment: process.env });
  const logTail = new LogTail(LOG_TAIL);
  const now = () => Date.now();
  const isJournal = goesToJournal();
  const sink = (line: string, level: LogLevel) => {
    logTail.push(line);
    process.stderr.write(`${isJournal ? PRIORITIES[level] : ''}${line}\n`);
  };
  const atEnd = (flush: () => void) => process.once('exit', flush);
  const book = new LogBook({ sink, threshold: config.log.level, now, atEnd });
  return { config, logTail, now, log: (room) => book.room(room) };
}

/** What is inside the home: as the command says, else as the configuration does. */
export function homeNetOf({ homeNet }: Pick<ReplayCommand, 'homeNet'>, { config }: Session): string[] {
  return homeNet.length > 0 ? homeNet : config.capture.home_net;
}

export function macOf(interfaceName: string | null): Mac | null {
  return listInterfaces().find(({ name }) => name === interfaceName)?.mac ?? null;
}

/** Of the interfaces that this machine speaks on: what it sends itself leaves by one of them. */
export function ownMacs(): Mac[] {
  return [...ownNetwork().macs];
}
