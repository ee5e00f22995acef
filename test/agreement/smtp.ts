// SMTP in captures: what the sensor counts beside what tshark dissects, file by file. tshark gives commands and replies; which
// reply answers which command, and so what was accepted, is worked out from those here, in a few lines of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../../sensor/attribute/connection.ts';
import { ConnectionTable, type Side } from '../../sensor/attribute/connections.ts';
import { Dialogues } from '../../sensor/attribute/dialogues.ts';
import { CaptureError } from '../../sensor/capture/errors.ts';
import { replay } from '../../sensor/capture/replay.ts';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { isMailPort } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import type { Packet, Tcp } from '../../sensor/decode/packet.ts';
import type { SmtpFacts } from '../../sensor/decode/smtp-facts.ts';
import { replayed } from '../support/replayed.ts';

/** Counts of a file; `hello`, `auth` and `startTls` are connections on which that was said (STARTTLS: and accepted). */
export const COLUMNS = [
  'hello',
  'mail',
  'rcpt',
  'data',
  'bdat',
  'auth',
  'startTls',
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  'messages',
  'recipients',
] as const;
export type Column = (typeof COLUMNS)[number];
export type Counts = Record<Column, number>;

export interface ComparedFile {
  file: string;
  /** Null where the sensor refuses the file. */
  ours: Counts | null;
  tshark: Counts;
}

const OUR_COUNTS: Partial<Record<Column, string>> = {
  mail: 'mailCommands',
  rcpt: 'rcptCommands',
  data: 'dataCommands',
  bdat: 'bdatCommands',
  '2xx': 'replies2xx',
  '3xx': 'replies3xx',
  '4xx': 'replies4xx',
  '5xx': 'replies5xx',
  messages: 'messages',
  recipients: 'recipients',
};

/** Files in which both are right in their own way, or tshark is not, as looked up by hand; with tshark 4.0. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  'arkime__smtp-decrypted.pcap':
    'made of sessions whose TLS was taken off: after an accepted STARTTLS the sensor reads nothing, which on a wire is TLS',
  'zeek__smtp__rfc3030-bdat-nonascii.pcap':
    'the reply to EHLO comes in two segments, a line each: tshark counts it twice, it is one reply',
  'zeek__smtp__smtp-bdat-pipeline-8bitmime.pcap':
    'MAIL, RCPT, BDAT and the message lie in one segment: tshark takes it all for message text, its replies are those of two mails',
};

const noCounts = () => Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Counts;

/** Every file of the folder, or of `only`, in which either side finds SMTP. */
export async function compareSmtp(folder: string, only?: ReadonlySet<string>): Promise<ComparedFile[]> {
  const compared: ComparedFile[] = [];
  const files = readdirSync(folder).filter((name) => /\.pcap(?:ng)?_?$/.test(name));
  for (const file of files.filter((name) => only?.has(name) ?? true)) {
    const [ours, tshark] = [await oursOf(join(folder, file)), tsharkOf(join(folder, file))];
    if (COLUMNS.some((column) => tshark[column] > 0 || (ours?.[column] ?? 0) > 0))
      compared.push({ file, ours, tshark });
  }
  return compared;
}

/** Counts by the whole path, from the incidents of a replay in which every destination is outside; facts by connection. */
async function oursOf(file: string): Promise<Counts | null> {
  try {
    const counts = await replayed(file, ['255.255.255.255/32'], (_, { incidents }) => {
      const sums = noCounts();
      for (const { evidence } of incidents) {
        for (const column of COLUMNS) {
          const value = evidence[OUR_COUNTS[column] ?? ''];
          if (typeof value === 'number') sums[column] += value;
        }
      }
      return sums;
    });
    const facts = await factsOf(file);
    const connections = (key: keyof SmtpFacts) => facts.filter((known) => known[key] === true).length;
    return {
      ...counts,
      hello: connections('helloSeen'),
      auth: connections('authTried'),
      startTls: connections('startTls'),
    };
  } catch (error) {
    if (error instanceof CaptureError) return null;
    throw error;
  }
}

async function factsOf(file: string): Promise<SmtpFacts[]> {
  const facts = new Map<Connection, SmtpFacts>();
  const dialogues = new Dialogues();
  const nothing = () => {};
  const table = new ConnectionTable(
    { opened: nothing, settled: nothing, received: nothing, ended: (connection) => dialogues.end(connection) },
    isMailPort,
  );
  const heard = (tcp: Tcp) => (connection: Connection, from: Side) => {
    const news = dialogues.follow(connection, tcp, from, { hostnames: [] });
    if (news !== null) facts.set(connection, { ...news.facts });
  };
  const take = (packet: Packet, tcp: Tcp, time: number) => {
    if (table.follow(packet, tcp, time, heard(tcp)) !== null || tcp.payloadLength === 0) return;
    const adopted = isMailPort(tcp.destinationPort) ? table.adopt(packet, tcp, time) : null;
    if (adopted !== null) heard(tcp)(adopted, 'originator');
  };
  const counters = new DecodeCounters();
  await replay({
    files: [file],
    onFrame: (frame) => {
      const packet = decodeFrame(frame, counters);
      if (packet?.tcp) take(packet, packet.tcp, frame.time);
    },
    onWarning: nothing,
    signal: new AbortController().signal,
  });
  return [...facts.values()];
}

/** One stream as tshark tells it. */
interface Stream {
  /** Commands whose reply is outstanding. */
  open: string[];
  greeted: boolean;
  said: Set<string>;
}

function tsharkOf(file: string): Counts {
  const fields = ['tcp.stream', 'smtp.req.command', 'smtp.req.parameter', 'smtp.response.code'];
  const options = [
    '-r',
    file,
    '-o',
    'tcp.desegment_tcp_streams:TRUE',
    '-d',
    'tcp.port==2525,smtp',
    '-Y',
    'smtp',
    '-T',
    'fields',
    '-E',
    'occurrence=a',
  ];
  const args = [...options, ...fields.flatMap((field) => ['-e', field])];
  // It ends with an error where a capture is cut short, and has said all that it found before.
  const { error, stdout: text } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  const counts = noCounts();
  const streams = new Map<string, Stream>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [id = '', commands = '', parameters = '', codes = ''] = line.split('\t');
    const stream = streams.get(id) ?? { open: [], greeted: false, said: new Set() };
    streams.set(id, stream);
    const last = / LAST\b/i.test(` ${parameters}`);
    for (const command of commands.split(',').filter(Boolean))
      commanded(command.trim().toUpperCase(), last, stream, counts);
    for (const code of codes.split(',').filter(Boolean)) answered(Number(code), stream, counts);
  }
  return counts;
}

const SAID: Record<string, Column> = { EHLO: 'hello', HELO: 'hello', AUTH: 'auth' };
const COUNTED: Record<string, Column> = { MAIL: 'mail', RCPT: 'rcpt', DATA: 'data', BDAT: 'bdat' };

function commanded(command: string, last: boolean, stream: Stream, counts: Counts): void {
  const [counted, said] = [COUNTED[command], SAID[command]];
  if (counted !== undefined) counts[counted]++;
  if (said !== undefined) saidOnce(said, stream, counts);
  stream.open.push(command === 'BDAT' && last ? 'LAST' : command);
}

function answered(code: number, stream: Stream, counts: Counts): void {
  counts[`${Math.min(5, Math.max(2, Math.floor(code / 100)))}xx` as Column]++;
  const isGreeting = !stream.greeted && code === 220;
  stream.greeted = true;
  if (isGreeting) return;
  if (code === 354) {
    if (stream.open[0] === 'DATA') stream.open[0] = 'BODY';
    return;
  }
  // 334 asks for more: what the client says next is no command for tshark.
  if (code === 334) return;
  const command = stream.open.shift();
  if (command === 'RCPT' && (code === 250 || code === 251)) counts.recipients++;
  if ((command === 'BODY' || command === 'LAST') && code === 250) counts.messages++;
  if (command?.startsWith('STAR') && code === 220) saidOnce('startTls', stream, counts);
}

function saidOnce(column: Column, { said }: Stream, counts: Counts): void {
  if (said.has(column)) return;
  said.add(column);
  counts[column]++;
}

/** What differs in a file: `rcpt 3, tshark 4`. */
export function differencesOf({ ours, tshark }: ComparedFile): string[] {
  if (ours === null) return ['refused by the sensor'];
  return COLUMNS.filter((column) => ours[column] !== tshark[column]).map(
    (column) => `${column} ${ours[column]}, tshark ${tshark[column]}`,
  );
}

/** `ours/tshark` for each count, one figure where they agree. */
export function smtpTable(files: readonly ComparedFile[]): string {
  const cell = (o: number | undefined, t: number) =>
    (o === t ? (t === 0 ? '' : `${t}`) : `${o ?? '-'}/${t}`).padStart(11);
  const row = (name: string, ours: Counts | null, tshark: Counts) =>
    `${name.padEnd(58)}${COLUMNS.map((column) => cell(ours?.[column], tshark[column])).join('')}`;
  const sum = (list: (Counts | null)[]) => {
    const all = noCounts();
    for (const counts of list) for (const column of COLUMNS) all[column] += counts?.[column] ?? 0;
    return all;
  };
  const agreeing = files.filter((file) => differencesOf(file).length === 0).length;
  return [
    `${'file (ours/tshark where they differ)'.padEnd(58)}${COLUMNS.map((column) => column.padStart(11)).join('')}`,
    ...files.map(({ file, ours, tshark }) => row(file, ours, tshark)),
    row('all', sum(files.map(({ ours }) => ours)), sum(files.map(({ tshark }) => tshark))),
    '',
    `${agreeing} of ${files.length} files agree in every count`,
    ...files.flatMap((file) => differencesOf(file).map((difference) => `${file.file}: ${difference}`)),
    '',
    ...files.flatMap(({ file }) => (EXPLAINED[file] === undefined ? [] : [`${file}: ${EXPLAINED[file]}`])),
  ].join('\n');
}
