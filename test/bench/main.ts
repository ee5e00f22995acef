// `npm run bench -- NAME [ARGS]`: figures for people. Nothing here passes or fails; the aims stand beside the figures.
import { run as agreement } from './agreement.bench.ts';
import { run as chatty } from './chatty.bench.ts';
import { run as detection } from './detection.bench.ts';
import { run as discovery } from './discovery.bench.ts';
import { run as disk } from './disk.bench.ts';
import { run as everything } from './everything.bench.ts';
import { run as fleetCollect } from './fleet-collect.bench.ts';
import { run as fleetDesk } from './fleet-desk.bench.ts';
import { run as fleetHome } from './fleet-home.bench.ts';
import { run as fleetOutbreak } from './fleet-outbreak.bench.ts';
import { run as flood } from './flood.bench.ts';
import { run as generate } from './generate.bench.ts';
import { run as growth } from './growth.bench.ts';
import { run as household } from './household.bench.ts';
import { run as latency } from './latency.bench.ts';
import { run as live } from './live.bench.ts';
import { run as loss } from './loss.bench.ts';
import { UsageError } from './measure.ts';
import { run as memory } from './memory.bench.ts';
import { run as naming } from './naming.bench.ts';
import { run as pi } from './pi.bench.ts';
import { run as replay } from './replay.bench.ts';
import { run as smtpAgreement } from './smtp-agreement.bench.ts';
import { run as stages } from './stages.bench.ts';
import { run as startup } from './startup.bench.ts';
import { run as tables } from './tables.bench.ts';
import { run as worst } from './worst.bench.ts';

interface Bench {
  run(args: string[]): Promise<void>;
  args: string;
  what: string;
}

const BENCHES: Record<string, Bench> = {
  replay: {
    run: replay,
    args: '[FILE] [--rounds N] [--packets N]',
    what: 'time of a replay beside tcpdump, ndpiReader and tshark; without FILE on a made-up capture',
  },
  everything: {
    run: everything,
    args: '[FILE] [--packets N] [--rounds N]',
    what: 'a replay of which every packet passes the filter, beside tcpdump, ndpiReader and tshark',
  },
  chatty: {
    run: chatty,
    args: '[--packets N] [--rounds N]',
    what: 'CPU time a packet for four days of a hundred chatty things, beside ndpiReader and tshark',
  },
  stages: {
    run: stages,
    args: '[FILE] [--packets N] [--rounds N]',
    what: 'processor time of a replay by stage: tcpdump, pcap-parser, decoding, attribution, judging; without FILE of the chatty home',
  },
  naming: { run: naming, args: '[FILE] [--rounds N]', what: 'what naming adds to a replay' },
  latency: {
    run: latency,
    args: '[ATTEMPTS] [--mixed MBITS] [--browser ATTEMPTS]',
    what: 'from a SYN on the wire to the alert at an MQTT client, idle or under load, and to the page in chromium (lab, root)',
  },
  live: {
    run: live,
    args: '[FILE|mixed|everything [MBITS …]] [--offloads 1]',
    what: 'captures played into a veth at rising rates: what is taken in and found, at what cost, beside tcpdump (lab, root)',
  },
  pi: {
    run: pi,
    args: '[--mbits N] [--seconds N] [--megabytes N]',
    what: 'mixed traffic for a minute on one core with 256 MB: losses, memory, CPU and latency (lab, root)',
  },
  loss: {
    run: loss,
    args: '[FILE] [--seeds N]',
    what: 'frames dropped at random, and what the estimate of capture loss says',
  },
  discovery: { run: discovery, args: '', what: '100 devices appear in Home Assistant' },
  'fleet-collect': {
    run: fleetCollect,
    args: '[--homes N] [--days N]',
    what: 'records a second that a collector of a fleet stores, beside plain INSERTs, and octets of a home and day (NATS, PostgreSQL)',
  },
  'fleet-home': {
    run: fleetHome,
    args: '[pauses|running …] [--devices N] [--incidents N] [--rounds N]',
    what: 'what a fleet costs a home: how long working out what to tell holds it up, beside all at once; memory and start of a run (root)',
  },
  flood: {
    run: flood,
    args: '[KIND …] [--rate N] [--seconds N] [--megabytes N]',
    what: 'memory of the running sensor, counted by the kernel, under floods of made-up devices, names, addresses … (lab, root)',
  },
  tables: {
    run: tables,
    args: '[KIND] [--frames N] [--snapshot 1]',
    what: 'a flood through the spine in one process: do its tables and the heap level off',
  },
  disk: {
    run: disk,
    args: '[day|year|incidents …] [--devices N] [--days N]',
    what: 'bytes written in a day of a busy home, the database after a year, what a flood of incidents writes',
  },
  growth: {
    run: growth,
    args: '[NAME …] [--rounds N] [--largest N]',
    what: 'how the cost of the spine grows with devices, names, incidents, destinations, connections …, and the worst single frames',
  },
  worst: {
    run: worst,
    args: '[NAME …] [--rounds N]',
    what: 'traffic made to cost as much as it can (fragments, pointers, floods of commands …) beside plain packets, and what bounds it',
  },
  startup: {
    run: startup,
    args: '[--rounds N]',
    what: 'how long the help, a small replay and a live run take to start, with an empty and a year-old database (root)',
  },
  memory: {
    run: memory,
    args: '[replayed|live|days …] [--days N] [--devices N] [--connections N]',
    what: 'memory of the running sensor and its capture child, and day after day of a busy home',
  },
  household: {
    run: household,
    args: '[--days N] [--devices N] [--connections N]',
    what: 'days of that home as a capture on standard output',
  },
  'fleet-desk': {
    run: fleetDesk,
    args: '[--homes N] [--rounds N]',
    what: 'what each answer of the fleet desk takes with 100,000 homes in a real PostgreSQL',
  },
  detection: {
    run: detection,
    args: '',
    what: 'crafted homes, half of them innocent: is each incident found, and nothing else; precision and recall',
  },
  agreement: {
    run: agreement,
    args: '[FOLDER]',
    what: 'names and mail found in captures beside what truth.ndjson there says',
  },
  'fleet-outbreak': {
    run: fleetOutbreak,
    args: '[named|quiet|liars|growth …] [--runs N] [--from N] [--homes N] [--days N] [--seed N] [--largest N]',
    what: 'simulated fleets: how soon a bad backend is named, what wrongly, what liars reach; what the count costs in PostgreSQL',
  },
  'smtp-agreement': {
    run: smtpAgreement,
    args: '[FOLDER]',
    what: 'SMTP commands, replies, messages and recipients in captures beside what tshark finds',
  },
  generate: {
    run: generate,
    args: '[--packets N] [--seed N] [--uploads PERCENT]',
    what: 'write the made-up capture, say what of it passes the filter',
  },
};

const HELP = `npm run bench -- NAME [ARGS]

${Object.entries(BENCHES)
  .map(([name, { args, what }]) => `  ${`${name} ${args}`.trim()}\n      ${what}\n`)
  .join('')}`;

export async function main(argv: string[]): Promise<number> {
  const [name = '--help', ...args] = argv;
  if (name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) {
    process.stderr.write(`bench: there is no bench ${name}\n\n${HELP}`);
    return 2;
  }
  try {
    await bench.run(args);
    return 0;
  } catch (error) {
    process.stderr.write(`bench ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
