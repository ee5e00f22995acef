// The faults of a soak: how each is made and how it ends. Whether the sensor got over it is seen from its page.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { databaseIn } from '../../sensor/spine.ts';
import { PORT } from '../bench/mirror-lab.ts';
import type { FaultKind } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Traffic } from './traffic.ts';

/** What is gone with a process that is killed: what had been counted for less than this long (ms), as the manual says of a crash. */
const COUNTED_LATE = 2000;
const STALLED_CLIENTS = 60;
const A_BURST = { madeUp: 600, garbage: 400 } as const;
const MB = 1024 * 1024;

/**
 * How long before it begins (ms) what passes may not be counted, for a fault that keeps the sensor from seeing; null for one that
 * must not cost it anything.
 */
export const BLINDS: Readonly<Record<FaultKind, number | null>> = {
  'sensor killed': COUNTED_LATE,
  'sensor stopped': 0,
  // What the child had read and not handed on.
  'capture killed': 200,
  'capture hung': 200,
  'port down': 200,
  'broker killed': null,
  'broker hung': null,
  'disk full': null,
  'database locked': null,
  'page clients stall': null,
  'made-up devices': null,
  garbage: null,
};

/** Makes the fault, lets it last for `ms`, ends it. Throws where the sensor does not do what it should at once. */
export async function inject(kind: FaultKind, ms: number, stage: Stage, traffic: Traffic): Promise<void> {
  switch (kind) {
    case 'sensor killed':
      await stage.killSensor();
      await sleep(ms);
      return stage.startSensor();
    case 'sensor stopped': {
      const code = await stage.stopSensor();
      if (code !== 0) throw new Error(`it ended with ${code} when it was asked to stop`);
      await sleep(ms);
      return stage.startSensor();
    }
    case 'capture killed':
      return kill(stage.capturePid(), 'SIGKILL');
    case 'capture hung': {
      const pid = stage.capturePid();
      kill(pid, 'SIGSTOP');
      for (let passed = 0; passed < ms && stage.capturePid() === pid; passed += 500) await sleep(500);
      if (stage.capturePid() === pid) {
        kill(pid, 'SIGCONT');
        throw new Error(`the capture child hung for ${ms / 1000} s and was not replaced`);
      }
      return;
    }
    case 'broker killed':
      await stage.stopBroker();
      await sleep(ms);
      return stage.startBroker();
    case 'broker hung':
      kill(stage.broker.pid ?? 0, 'SIGSTOP');
      await sleep(ms);
      return kill(stage.broker.pid ?? 0, 'SIGCONT');
    case 'disk full':
      return fillDisk(stage, ms);
    case 'database locked':
      return lockDatabase(stage, ms);
    case 'port down':
      await stage.script('sensor', [`ip link set ${PORT} down`]);
      await sleep(ms);
      await stage.script('sensor', [`ip link set ${PORT} up`]);
      return;
    case 'page clients stall':
      return stallClients(stage, ms);
    case 'made-up devices':
      return inBursts(ms, () => traffic.makeUpDevices(A_BURST.madeUp));
    case 'garbage':
      return inBursts(ms, () => traffic.sendGarbage(A_BURST.garbage));
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) throw new Error('the process to be struck is not there');
  process.kill(pid, signal);
}

async function inBursts(ms: number, burst: () => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    burst();
    await sleep(500);
  }
}

/** To the last byte, and again where the sensor has made room. */
async function fillDisk(stage: Stage, ms: number): Promise<void> {
  const path = join(stage.disk, 'filler');
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(MB);
  const fill = (): void => {
    for (let size = chunk.length; size >= 512; ) {
      try {
        writeSync(file, chunk, 0, size);
      } catch {
        size = Math.floor(size / 2);
      }
    }
  };
  try {
    for (let passed = 0; passed < ms; passed += 250) {
      fill();
      await sleep(250);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** Another program writes to the database, and takes its time. */
async function lockDatabase(stage: Stage, ms: number): Promise<void> {
  const db = new Database(databaseIn(stage.state));
  try {
    db.exec('BEGIN IMMEDIATE');
    await sleep(ms);
    db.exec('ROLLBACK');
  } finally {
    db.close();
  }
}

/** Connections that say half of what they want and then nothing. */
async function stallClients(stage: Stage, ms: number): Promise<void> {
  const halves = [
    'GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-Slow: ',
    'POST /api/pair HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    '',
  ];
  const clients: Socket[] = [];
  for (let n = 0; n < STALLED_CLIENTS; n++) {
    const client = connect(stage.pageSocket);
    client.on('error', () => {});
    client.write(halves[n % halves.length] ?? '');
    clients.push(client);
  }
  await sleep(ms);
  for (const client of clients) client.destroy();
}
