// A program whose output is a capture, as a live source: real programs, the real tcpdump, this machine's clock.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Command, commandOpener } from '../../sensor/capture/command-stream.ts';
import type { Frame } from '../../sensor/capture/frame.ts';
import type { LiveSource, LiveState } from '../../sensor/capture/live-source.ts';
import { type StreamLimits, StreamSource } from '../../sensor/capture/stream-source.ts';
import { english } from '../../sensor/language/words.ts';
import type { Log } from '../../sensor/log.ts';
import * as build from '../support/packet-builder.ts';
import { attempts, ownTcpdumps, syn, write } from './replay-stage.ts';

const QUICK: Partial<StreamLimits> = { firstRetry: 50, longestRetry: 400, healthyAfter: 300 };

class Running {
  readonly frames: Frame[] = [];
  readonly states: [LiveState, string | null][] = [];
  readonly lines: string[] = [];
  readonly source: StreamSource;
  /** When each `starting` or new try was told, ms. */
  readonly troubles: number[] = [];

  constructor(command: Command, limits: Partial<StreamLimits> = {}, now: () => number = Date.now) {
    const say = (level: string) => (text: string) => this.lines.push(`${level} ${text}`);
    const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    const environment = { PATH: process.env.PATH, THINGWATCH_MQTT_PASSWORD: 'hush' };
    this.source = new StreamSource({
      opener: commandOpener({ command, environment, log }),
      limits: { ...QUICK, ...limits },
      log,
      now,
      onFrame: ({ data, ...frame }) => this.frames.push({ ...frame, data: Buffer.from(data) }),
      onState: (state, error) => {
        this.states.push([state, error]);
        if (error !== null) this.troubles.push(performance.now());
      },
    });
  }

  async until(what: (running: this) => boolean): Promise<void> {
    for (const deadline = performance.now() + 15_000; !what(this); await sleep(5)) {
      if (performance.now() > deadline)
        throw new Error(`it did not come to that: ${JSON.stringify([this.states, this.lines, this.frames.length])}`);
    }
  }
}

let running: Running | null = null;
async function start(...args: ConstructorParameters<typeof Running>): Promise<Running> {
  running = new Running(...args);
  await running.source.start();
  return running;
}
afterEach(() => running?.source.stop());

const now = () => Date.now();
const capture = (name: string, count: number, from = now()) => write(name, build.pcapBytes(attempts(count, from)));

/** Seconds to sleep for, by which a process of this file is known among all of the machine. */
const seconds = (whole: number) => `${whole}.${process.pid}`;

/** Processes of other groups than ours whose command line holds the text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

const told = (source: LiveSource) => source.warnings().map(({ key, say }) => ({ key, ...say(english) }));

describe('a command', () => {
  test('that ends when it is told to leaves no timer behind, which would hold the program for two seconds more', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const file = capture('ends.pcap', 1);
    const { source } = await start(`cat ${file}; exec sleep ${seconds(4712)}`);
    await running?.until(({ frames }) => frames.length === 1);
    await source.stop();
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test('that has not said a thing yet ends with the sensor', async () => {
    const sleeping = `sleep ${seconds(4711)}`;
    await start(sleeping);
    await running?.until(() => processesWith(sleeping).length > 0);
    const ended = running?.source.stop().then(() => 'ended');
    // It was three minutes, until silence was taken for a fault.
    expect(await Promise.race([ended, sleep(15_000, 'goes on')])).toBe('ended');
    await running?.until(() => processesWith(sleeping).length === 0);
  });

  test.each([
    ['pcap', 'for the shell', build.pcapBytes],
    ['pcapng', 'for the shell', build.pcapngBytes],
    ['pcap', 'as a list', build.pcapBytes],
  ])('that writes %s, %s, delivers its frames at once, and what the filter drops not', async (_, how, bytes) => {
    const from = now();
    const bulk = build.ethernet(
      { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
      { etherType: 0x88cc, bytes: Buffer.alloc(60) },
    );
    const file = write('live.cap', bytes([{ time: from, data: bulk }, ...attempts(2, from)]));
    const script = `cat ${file}; sleep 60`;
    const { frames, states, until } = await start(how === 'as a list' ? ['/bin/sh', '-c', script] : script);
    await until.call(running as Running, () => frames.length === 2);
    expect(frames.map(({ data, time }) => [data.toString('hex'), time - from])).toEqual([
      [syn(40_000).toString('hex'), 0],
      [syn(40_001).toString('hex'), 1000],
    ]);
    expect(states).toEqual([
      ['starting', null],
      ['running', null],
    ]);
  });

  test('that ends is started again, later each time, and its last words are told', async () => {
    const one = await start("echo 'ssh: connect to host router port 22: No route to host' >&2; exit 255");
    await one.until(({ source }) => source.restarts >= 5);
    const words =
      'the command in capture.command ended with exit code 255: ssh: connect to host router port 22: No route to host';
    expect(one.states.slice(0, 5)).toEqual([
      ['starting', null],
      ...['restarting', 'restarting', 'restarting', 'failed'].map((state) => [state, words]),
    ]);
    const gaps = one.troubles.slice(1).map((time, index) => time - (one.troubles[index] ?? 0));
    for (const [index, least] of [50, 100, 200, 400].entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least - 2);
    expect(one.lines.filter((line) => line.startsWith('error'))).toEqual([`error ${words}; trying again`]);
  });

  test('that was healthy and ends is started again soon, and its frames come again', async () => {
    const file = capture('short.pcap', 1);
    const { length } = build.pcapBytes(attempts(1));
    // Bytes go on for half a second, as those of a router do.
    const rest = build.pcapBytes(attempts(1)).subarray(24).length;
    const script = `cat ${file}; for i in 1 2 3 4 5 6; do sleep 0.1; tail -c ${rest} ${file}; done`;
    expect(rest).toBe(length - 24);
    const one = await start(script, { firstRetry: 50, longestRetry: 5000, healthyAfter: 300 });
    await one.until(({ source }) => source.restarts >= 3);
    const waits = one.states.filter(([state]) => state === 'failed');
    expect(waits).toEqual([]);
    expect(one.frames.length).toBeGreaterThanOrEqual(7 * 3);
    expect(one.lines.filter((line) => /frames come again/.test(line)).length).toBeGreaterThanOrEqual(2);
  });

  test('that says its last words some time after its output has ended is told of by them', async () => {
    const one = await start("exec 1>&-; sleep 0.8; echo 'the router goes down' >&2; exit 7");
    await one.until(({ states }) => states.length > 1);
    expect(one.states[1]?.[1]).toBe('the command in capture.command ended with exit code 7: the router goes down');
  });

  test('that says nothing is told of, then started again, though it still runs', async () => {
    const file = capture('silent.pcap', 1);
    const one = await start(`cat ${file}; exec sleep ${seconds(4242)}`, { silent: 1000, stuck: 3000 });
    await one.until(({ frames }) => frames.length === 1);
    expect(one.source.warnings()).toEqual([]);
    await one.until(({ source }) => source.warnings().length === 1);
    expect(told(one.source)[0]).toMatchObject({
      key: 'source_silent',
      text: expect.stringContaining('Nothing has come from the command in capture.command for'),
    });
    await one.until(({ frames }) => frames.length === 2);
    expect(one.states.slice(1, 4)).toEqual([
      ['running', null],
      ['restarting', 'nothing came from the command in capture.command for 3 seconds'],
      ['running', null],
    ]);
    expect(one.source.warnings()).toEqual([]);
    expect(processesWith(seconds(4242))).toHaveLength(1);
  });

  test('whose filter here hangs is started again', async () => {
    const file = capture('endless.pcap', 1);
    const header = 24;
    const script = `cat ${file}; while :; do tail -c +${header + 1} ${file}; done`;
    const before = new Set(ownTcpdumps());
    const one = await start(script, { filterStuck: 1500 });
    await one.until(({ frames }) => frames.length > 0);
    const [filter] = ownTcpdumps().filter((pid) => !before.has(pid));
    process.kill(Number(filter), 'SIGSTOP');
    await one.until(({ states }) => states.length >= 4);
    expect(one.states.slice(2, 4)).toEqual([
      ['restarting', 'tcpdump, which filters here, hung for 2 seconds'],
      ['running', null],
    ]);
    expect(ownTcpdumps()).not.toContain(filter);
  });

  test('is not taken for stuck because the sensor itself did not run for a while', async () => {
    const file = capture('patient.pcap', 1);
    const one = await start(`cat ${file}; exec sleep ${seconds(4243)}`, { silent: 4000, stuck: 5000 });
    await one.until(({ frames }) => frames.length === 1);
    // As when the machine slept, or a terminal held it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6000);
    await sleep(300);
    expect([one.source.restarts, one.source.warnings()]).toEqual([0, []]);
  });

  test('that writes no capture is told so in words', async () => {
    const one = await start('echo Permission denied; sleep 60');
    await one.until(({ states }) => states.length > 1);
    expect(one.states[1]?.[1]).toBe('the command in capture.command is not a packet capture (neither pcap nor pcapng)');
  });

  test('that does not exist, too', async () => {
    const one = await start(['/nowhere/tcpdump', '-w', '-']);
    await one.until(({ states }) => states.length > 1);
    expect(one.states[1]).toEqual(['restarting', 'capture.command cannot be started: there is no such program']);
  });

  test('what it says on standard error is in the log, cleaned and bounded; the command and our settings never', async () => {
    const secret = 'pa55word';
    const noise = `printf 'listening\\033[31m on\\tbr-lan\\n%0999d\\n' 7 >&2`;
    const one = await start(`: ${secret}; ${noise}; echo "[$THINGWATCH_MQTT_PASSWORD]" >&2; exit 1`);
    await one.until(({ source }) => source.restarts >= 1);
    expect(one.lines.slice(0, 3)).toEqual([
      'info it says: listening [31m on br-lan',
      `info it says: ${'0'.repeat(300)}`,
      'info it says: []',
    ]);
    expect(JSON.stringify([one.lines, one.states])).not.toMatch(/pa55word|hush/);
  });

  test('stopping ends all that it started, also what does not want to', async () => {
    const file = capture('stubborn.pcap', 1);
    const [first, second, third] = [seconds(987), seconds(988), seconds(989)];
    const one = await start(
      `trap '' TERM; cat ${file}; sh -c 'trap "" TERM; sleep ${first}; sleep ${second}' & sleep ${third}`,
    );
    await one.until(({ frames }) => frames.length === 1);
    await one.until(() => processesWith(`sleep ${first}`).length > 0 && processesWith(`sleep ${third}`).length > 0);
    await one.source.stop();
    await one.until(() => [first, second, third].every((text) => processesWith(text).length === 0));
    expect(ownTcpdumps()).toEqual([]);
    expect(one.states.at(-1)).toEqual(['running', null]);
  });
});

describe('the clock of the router', () => {
  const days = (time: number) => Math.round(time / 86_400_000);
  test.each([
    ['hours behind', -3 * 3_600_000, '3 hours behind'],
    ['in 1970', -now(), `(?:${[-1, 1].map((minutes) => days(now() + minutes * 60_000)).join('|')}) days behind`],
    ['days ahead', 3 * 86_400_000, '3 days ahead of'],
    ['a minute ahead', 65_000, '6\\d seconds ahead of'],
  ])('%s: frames count from their arrival, and a warning says so', async (_, offset, words) => {
    const began = now();
    const file = write('clock.pcap', build.pcapBytes(attempts(3, Math.max(1000, began + offset))));
    const one = await start(`cat ${file}; sleep 60`);
    await one.until(({ frames }) => frames.length === 3);
    for (const { time } of one.frames) expect(began <= time && time <= now()).toBe(true);
    expect(told(one.source)).toEqual([
      {
        key: 'source_clock',
        text: expect.stringMatching(
          new RegExp(
            `^The clock of the command in capture\\.command is ${words} this sensor's: its frames count from their arrival\\.$`,
          ),
        ),
        fix: expect.any(String),
      },
    ]);
    expect(one.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  test('that is a little off is believed: it knows better when a frame passed', async () => {
    const from = now() - 20_000;
    const one = await start(`cat ${capture('near.pcap', 3, from)}; sleep 60`);
    await one.until(({ frames }) => frames.length === 3);
    expect(one.frames.map(({ time }) => time - from)).toEqual([0, 1000, 2000]);
    expect(one.source.warnings()).toEqual([]);
  });

  test('that is set right meanwhile is believed again, and one at the border does not switch to and fro', async () => {
    const began = now();
    const offsets = [-40_000, -20_000, -31_000, -16_000, -10_000, -25_000, -12_000];
    const frames = offsets.map((offset, n) => ({ time: began + offset, data: syn(40_000 + n) }));
    const one = await start(`cat ${write('set.pcap', build.pcapBytes(frames))}; sleep 60`, {}, () => began);
    await one.until(() => one.frames.length === 7);
    expect(one.frames.map(({ time }) => time - began)).toEqual([0, 0, 0, 0, -10_000, -25_000, -12_000]);
    expect(one.lines.filter((line) => /clock/.test(line))).toHaveLength(2);
  });
});
