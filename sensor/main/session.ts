// What every command shares: configuration and log. Belongs to main.ts.
import { networkInterfaces } from 'node:os';
import { NULL_ADDRESS } from '../attribute/mac-address.ts';
import { listInterfaces } from '../capture/interfaces.ts';
import type { GlobalOptions, ReplayCommand } from '../cli.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Mac } from '../decode/packet.ts';
import { type Log, LogBook, LogTail } from '../log.ts';

/** Lines the page's log shows. */
const LOG_TAIL = 300;

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
  const sink = (line: string) => {
    logTail.push(line);
    process.stderr.write(`${line}\n`);
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
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [
    ...new Set(addresses.flatMap(({ internal, mac }) => (internal || mac === NULL_ADDRESS ? [] : mac.toLowerCase()))),
  ];
}
