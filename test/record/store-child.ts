// The program that the crash tests run and kill: a store in a process of its own. Prints one JSON line per step.
import { rmSync, statfsSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '../../sensor/record/store.ts';
import { StoreError } from '../../sensor/record/store-error.ts';
import { incident, message, NOW } from './store-fixtures.ts';

const [mode, directory = '', prefix = 'i'] = process.argv.slice(2);
const path = join(directory, 'thingwatch.db');

/** Synchronous, so that a line is out before the next step. */
function say(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

function open(): Store {
  return Store.open({ path, now: () => NOW });
}

/** Saves incidents, each with its message, and says each id once it is saved; until it is killed. */
function saveForEver(): void {
  const store = open();
  say('open');
  for (let n = 0; ; n += 1) {
    const id = `${prefix}${n}`;
    store.save({ incidents: [incident(id)], outbox: [message(id)], durable: n % 2 === 0 });
    say(id);
  }
}

function hold(): void {
  const store = open();
  say('open');
  setInterval(() => store.sizeBytes(), 60_000);
}

/** Opens, and brings an older database up to date; until it is killed. */
function openOnly(): void {
  say('started');
  open();
  say('open');
  setInterval(() => {}, 60_000);
}

function codeOf(work: () => void): string {
  try {
    work();
    return 'none';
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

/** On a small file system of its own: opens with none, then saves until none is left, then frees some and tries again. */
function fillDisk(): void {
  const ballast = join(directory, 'ballast');
  const free = () => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  };
  writeFileSync(ballast, Buffer.alloc(free()));
  const openedFull = codeOf(open);
  truncateSync(ballast, free() + statSync(ballast).size - 700_000);
  const store = open();
  const saved: string[] = [];
  let batch = { incidents: [incident('')], outbox: [message('')], durable: true };
  const failedWith = codeOf(() => {
    for (let n = 0; ; n += 1) {
      const id = `i${n}`;
      batch = {
        incidents: [incident(id, { evidence: { padding: 'x'.repeat(20_000) } })],
        outbox: [message(id)],
        durable: true,
      };
      store.save(batch);
      saved.push(id);
    }
  });
  const kept = { incidents: store.loadIncidents().length, messages: store.outbox.size() };
  const again = codeOf(() => store.save(batch));
  rmSync(ballast);
  const afterFreeing = codeOf(() => store.save(batch));
  store.close();
  const reopened = open();
  const last = { incidents: reopened.loadIncidents().length, messages: reopened.outbox.size() };
  reopened.close();
  say({ openedFull, saved: saved.length, failedWith, kept, again, afterFreeing, last });
}

switch (mode) {
  case 'save':
    saveForEver();
    break;
  case 'hold':
    hold();
    break;
  case 'open':
    openOnly();
    break;
  case 'fill':
    fillDisk();
    break;
  default:
    throw new Error('usage: store-child save|hold|open|fill DIRECTORY [PREFIX]');
}
