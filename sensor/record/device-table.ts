// Devices on disk. Knows what was last written and writes only the rows that differ, so that a flush of a whole home
// touches what changed since the last one. Every device it is given is complete: what it no longer has is deleted. What lies there from
// before the start is looked at again with the first save of a device: a start need not keep account of it.
// Told to write what is new alone, it leaves rows as they are in which only counts and times have gone on.
import type { Database, Statement } from 'better-sqlite3';
import { type Device, newDevice } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import { CHILD_TABLES, type ChildTable } from './device-children.ts';
import { type Cell, fingerprint, fromJson, type OnProblem, type Row, readRows, upsert } from './row.ts';
import { deviceIn } from './row-shapes.ts';
import { type Prints, type WrittenRow, WrittenRows } from './written-rows.ts';

interface Child {
  table: ChildTable;
  /** The rows of a device, as lists of mac, ord and the table's columns. */
  of: Statement<[string], unknown[]>;
  put: Statement<Cell[]>;
  delete: Statement<Cell[]>;
}

interface WrittenDevice {
  /** Null before the device's own row is on disk. */
  prints: Prints | null;
  lists: Map<ChildTable, WrittenRows>;
}

const NO_ROWS = new WrittenRows([], 0);

const DEVICE_COLUMNS = [
  'role',
  'label',
  'first_seen',
  'last_seen',
  'broadcast_only',
  'shared_mac',
  'connections',
  'hostnames',
  'identity',
  'firmware',
  'mail',
  'lookups',
  'same_as',
  'is_private',
] as const;

/** What is to be remembered once the transaction is on disk; dropped when it fails. */
export type AfterCommit = (() => void)[];

export class DeviceTable {
  readonly #db: Database;
  readonly #onProblem: OnProblem;
  readonly #putDevice: Statement<Cell[]>;
  readonly #deleteDevice: Statement<Cell[]>;
  readonly #children: Child[];
  readonly #timelineBefore: Statement<[number], string>;
  readonly #written = new Map<Mac, WrittenDevice>();
  /** Loaded, and not looked at again since. */
  readonly #loaded = new Set<Mac>();

  constructor(db: Database, onProblem: OnProblem) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#putDevice = upsert(db, 'devices', ['mac'], DEVICE_COLUMNS);
    this.#deleteDevice = db.prepare('DELETE FROM devices WHERE mac = ?');
    this.#timelineBefore = db.prepare<[number], string>('SELECT DISTINCT mac FROM timeline WHERE time < ?').pluck();
    this.#children = CHILD_TABLES.map((table) => ({
      table,
      of: db.prepare<[string], unknown[]>(`${rowsOf(table)} WHERE mac = ? ORDER BY ord`).raw(),
      put: upsert(db, table.name, ['mac', 'ord'], table.columns),
      delete: db.prepare(`DELETE FROM ${table.name} WHERE mac = ? AND ord = ?`),
    }));
  }

  /** All devices, by MAC. Rows that cannot be read are reported and left out. */
  load(): Device[] {
    const rows = this.#db.prepare<[], Row>('SELECT * FROM devices ORDER BY mac').all();
    const devices = new Map<Mac, Device>();
    for (const device of readRows(rows, (row) => `devices (${row.mac})`, readDevice, this.#onProblem)) {
      devices.set(device.mac, device);
    }
    this.#written.clear();
    this.#loaded.clear();
    for (const mac of devices.keys()) this.#loaded.add(mac);
    for (const table of CHILD_TABLES) this.#loadChildren(table, devices);
    return [...devices.values()];
  }

  /** Call within a transaction, and what it adds to `afterCommit` once that is through. */
  save(device: Device, what: 'all' | 'news', afterCommit: AfterCommit): void {
    const { mac } = device;
    const known = this.#written.get(mac) ?? this.#lookAgain(mac);
    // Also clears what an unreadable row of this device left behind.
    if (known === undefined) this.#deleteDevice.run(mac);
    const written = known ?? { prints: null, lists: new Map<ChildTable, WrittenRows>() };
    const cells = deviceCells(device);
    const prints = devicePrints(device, cells);
    if (prints[what] !== written.prints?.[what]) {
      this.#putDevice.run(mac, ...cells);
      afterCommit.push(() => this.#written.set(mac, { prints, lists: written.lists }));
    }
    for (const child of this.#children) {
      if (what === 'news' && child.table.countsOnly === true) continue;
      this.#saveList(device, child, { what, written }, afterCommit);
    }
  }

  /** Deletes a device and all of its rows; call within a transaction. */
  forget(mac: Mac): void {
    this.#deleteDevice.run(mac);
    // Safe even if the transaction fails: an unknown device is written whole.
    this.#written.delete(mac);
    this.#loaded.delete(mac);
  }

  /** Call before rows of the timeline from before `time` are deleted, which must not come back with the rest of their device. */
  timelineGoes(time: number): void {
    for (const mac of this.#timelineBefore.all(time)) this.#lookAgain(mac);
  }

  #saveList(
    device: Device,
    child: Child,
    { what, written }: { what: 'all' | 'news'; written: WrittenDevice },
    afterCommit: AfterCommit,
  ): void {
    const { mac } = device;
    const known = written.lists.get(child.table) ?? NO_ROWS;
    const rows: WrittenRow[] = [];
    let { highestOrd } = known;
    let previousOrd = 0;
    let isChanged = false;
    /** The first of the known rows that was not come to yet. */
    let next = 0;
    const deleteRows = (from: number, to: number) => {
      for (const ord of known.ords(from, to)) child.delete.run(mac, ord);
      isChanged ||= from < to;
    };
    child.table.each(device, (itemKey, prints, cells) => {
      const key = fingerprint(itemKey);
      const found = known.find(key, next);
      const row = found < 0 ? null : known.at(found);
      // One that lies before what was written anew of the items before it goes there as well.
      const ordHolds = row !== null && row.ord > previousOrd;
      if (row !== null) {
        deleteRows(next, ordHolds ? found : found + 1);
        next = found + 1;
      }
      if (ordHolds && row.prints[what] === prints[what]) {
        rows.push(row);
        previousOrd = row.ord;
        return;
      }
      if (!ordHolds) highestOrd += 1;
      previousOrd = ordHolds ? row.ord : highestOrd;
      child.put.run(mac, previousOrd, ...cells());
      rows.push({ key, ord: previousOrd, prints });
      isChanged = true;
    });
    deleteRows(next, known.length);
    if (isChanged) afterCommit.push(() => written.lists.set(child.table, new WrittenRows(rows, highestOrd)));
  }

  #loadChildren(table: ChildTable, devices: ReadonlyMap<Mac, Device>): void {
    // As lists: an object of each row costs a start more than all else that is done with it.
    const rows = this.#db.prepare<[], unknown[]>(`${rowsOf(table)} ORDER BY mac, ord`).raw();
    const add = (row: unknown[]): void => {
      const device = devices.get(String(row[0]));
      if (device !== undefined) table.add(device, row.slice(2));
    };
    readRows(rows.iterate(), ([mac, ord]) => `${table.name} (${mac}, ${ord})`, add, this.#onProblem);
  }

  /** What lies on disk of a device that was loaded; undefined where it was looked at before, or is to be written whole. */
  #lookAgain(mac: Mac): WrittenDevice | undefined {
    if (!this.#loaded.delete(mac)) return undefined;
    // What cannot be read was told when it was loaded.
    const untold = () => {};
    const rows = this.#db.prepare<[string], Row>('SELECT * FROM devices WHERE mac = ?').all(mac);
    const [device] = readRows(rows, () => '', readDevice, untold);
    if (device === undefined) return undefined;
    const written: WrittenDevice = { prints: devicePrints(device, deviceCells(device)), lists: new Map() };
    for (const { of, table } of this.#children) {
      const ords: number[] = [];
      const add = ([, ord, ...cells]: unknown[]): void => {
        table.add(device, cells);
        ords.push(Number(ord));
      };
      readRows(of.all(mac), () => '', add, untold);
      const items: [key: string, prints: Prints][] = [];
      table.each(device, (key, prints) => items.push([key, prints]));
      // Items that no longer match their rows one to one (a key twice, a day in two rows): written whole.
      if (new Set(items.map(([key]) => key)).size !== ords.length) return undefined;
      const rows = items.map(([key, prints], n) => ({ key: fingerprint(key), ord: ords[n] ?? 0, prints }));
      if (rows.length > 0) written.lists.set(table, new WrittenRows(rows, ords.at(-1) ?? 0));
    }
    this.#written.set(mac, written);
    return written;
  }
}

function rowsOf(table: ChildTable): string {
  return `SELECT ${['mac', 'ord', ...table.columns].join(', ')} FROM ${table.name}`;
}

function readDevice(row: Row): Device {
  const identity = fromJson(row.identity);
  const { mail, ...rest } = deviceIn({
    ...row,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    broadcastOnly: row.broadcast_only,
    sharedMac: row.shared_mac,
    hostnames: fromJson(row.hostnames),
    identity,
    path: pathIn(identity) ?? { ...newDevice('', 0).path, directAt: row.last_seen },
    firmware: fromJson(row.firmware),
    mail: fromJson(row.mail),
    lookups: fromJson(row.lookups),
    sameAs: row.same_as,
    isPrivate: row.is_private,
  });
  const device = newDevice(rest.mac, rest.firstSeen);
  return { ...device, ...rest, mail: { ...device.mail, ...mail } };
}

/** It lies beside what the device says of itself; rows from before that are of devices that were heard themselves. */
function pathIn(identity: unknown): unknown {
  return typeof identity === 'object' && identity !== null && 'path' in identity ? identity.path : undefined;
}

function devicePrints(device: Device, cells: readonly Cell[]): Prints {
  const {
    broadcastOnly,
    firmware,
    hostnames,
    identity,
    isPrivate,
    label,
    lookups,
    mail,
    path,
    role,
    sameAs,
    sharedMac,
  } = device;
  const { destinations: _, ...mailTotals } = mail;
  const names = [...hostnames.map(({ from, name }) => [from, name]), ...firmware.map(({ version }) => version)];
  const place = [path.behind, path.kind, path.ip, path.carriers, broadcastOnly, sharedMac];
  return {
    all: fingerprint(cells),
    news: fingerprint([role, label, sameAs, isPrivate, place, names, identity, mailTotals, lookups]),
  };
}

/** In the order of DEVICE_COLUMNS. */
function deviceCells(device: Device): Cell[] {
  const { destinations: _, ...mailTotals } = device.mail;
  return [
    device.role,
    device.label,
    device.firstSeen,
    device.lastSeen,
    device.broadcastOnly ? 1 : 0,
    device.sharedMac ? 1 : 0,
    device.connections,
    JSON.stringify(device.hostnames),
    JSON.stringify({ ...device.identity, path: device.path }),
    JSON.stringify(device.firmware),
    JSON.stringify(mailTotals),
    JSON.stringify(device.lookups),
    device.sameAs,
    device.isPrivate ? 1 : 0,
  ];
}
