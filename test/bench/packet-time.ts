// A sensor in this process whose timers run in packet time, so that days pass as fast as their frames are read. Its database is a
// real file.

import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { loadConfig } from '../../sensor/config.ts';
import { english } from '../../sensor/language/words.ts';
import { silentLog } from '../../sensor/log.ts';
import { viewOf } from '../../sensor/main/publish-source.ts';
import { alertMessages } from '../../sensor/publish/alerts.ts';
import { FLUSH_MAIL, type Spine, TELL } from '../../sensor/spine.ts';
import { openSpine } from '../../sensor/stored-spine.ts';
import type { CapturedFrame } from '../support/packet-builder.ts';
import { TOPICS } from '../support/publisher-lab.ts';

const SECOND = 1000;

export interface PacketTimeOptions {
  /** Packet time (ms) at which its timers begin. */
  start: number;
  /** Each flush is brought to the disk, as the kernel does by itself within half a minute. */
  isSynced: boolean;
}

/** A spine that flushes in packet time, and alerts that nobody fetches but the broker's queue. */
export class PacketTimeSensor {
  readonly spine: Spine;
  opened = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'thingwatch-bench-'));
  readonly #flushEvery: number;
  readonly #isSynced: boolean;
  /** Of the latest frame, ms. */
  #time: number;
  #nextMail: number;
  #nextAll: number;

  constructor({ isSynced, start }: PacketTimeOptions) {
    this.#isSynced = isSynced;
    this.#time = start;
    this.#nextMail = start;
    this.#nextAll = start;
    const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
    this.#flushEvery = config.store.flush_seconds * SECOND;
    this.spine = openSpine({
      config,
      stateDir: this.#folder,
      homeNet: [],
      sensorMac: null,
      log: () => silentLog,
      now: () => this.#time,
      alerts: (event, device) =>
        alertMessages(english, TOPICS, event, device === null ? null : viewOf(this.spine, device)),
    });
    this.spine.events.on('incident', ({ change }) => {
      if (change === 'opened') this.opened++;
      const { outbox } = this.spine.store;
      for (const { id } of outbox.peek(100)) outbox.remove(id);
    });
  }

  play(frames: readonly CapturedFrame[], until: number): void {
    for (const frame of frames) this.take(frame);
    this.#pass(until);
  }

  take({ data, time }: CapturedFrame): void {
    this.#pass(time);
    this.#time = time;
    this.spine.engine.frame({ time, linkType: LINK_TYPES.ethernet, data, originalLength: data.length });
  }

  close(): void {
    this.spine.close();
    rmSync(this.#folder, { recursive: true });
  }

  #pass(time: number): void {
    while (this.#nextMail <= time) {
      if (this.#nextMail % SECOND === 0) this.spine.engine.tick(this.#nextMail);
      this.spine.recorder.flushMail();
      if (this.#nextMail % TELL === 0) this.spine.recorder.tell();
      if (this.#nextMail >= this.#nextAll) {
        this.spine.recorder.flush();
        if (this.#isSynced) toDisk(this.spine.databasePath);
        this.#nextAll += this.#flushEvery;
      }
      this.#nextMail += FLUSH_MAIL;
    }
  }
}

/** The database, its journal and that one's index: as the kernel does by itself within half a minute. */
function toDisk(database: string): void {
  for (const file of [database, `${database}-wal`, `${database}-shm`].filter((name) => existsSync(name))) {
    const descriptor = openSync(file, 'r+');
    fdatasyncSync(descriptor);
    closeSync(descriptor);
  }
}
