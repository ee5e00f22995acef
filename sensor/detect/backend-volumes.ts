// How much went to and came from each backend, and when that was a download of code: a lot from an update server or a store,
// on one connection or on several in a row. Who the backend is, backends.ts decides.
import type { Connection } from '../attribute/connection.ts';
import { destinationOf } from '../attribute/destination.ts';
import type { Backend, Device, TimelineEntry } from '../attribute/device.ts';
import { addTimeline } from '../attribute/timeline.ts';

/** More than this much down is a download, not a question about one; plugins are smaller than firmware. */
const DOWNLOAD_BYTES = { update: 256 * 1024, store: 32 * 1024 } as const;
/** Many devices fetch firmware in ranges, each on a connection of its own: with less than this between them (ms) they are one. */
const RANGES_WITHIN = 60_000;
/** A TLS handshake and a short answer with room to spare: a connection with less down is no range of a download. */
const RANGE_BYTES = 16 * 1024;
/** What comes later than this (ms) on a connection that is kept for weeks is another download. */
const LONGEST = 24 * 60 * 60_000;

/** What came down from one such backend without a pause. */
interface Download {
  bytes: number;
  startedAt: number;
  lastAt: number;
  /** Where the timeline tells of it; null while it is small. */
  entry: TimelineEntry | null;
}

export class BackendVolumes {
  readonly #downloads = new WeakMap<Backend, Download>();

  /** Adds what `connection` carried up to `time` and was not counted yet: as far as the packets that pass the filter show. */
  count(device: Device, backend: Backend, connection: Connection, time: number): void {
    connection.counted ??= { up: 0, down: 0, fetched: 0 };
    const { counted } = connection;
    backend.bytesUp += connection.up.total - counted.up;
    backend.bytesDown += connection.down.total - counted.down;
    counted.up = connection.up.total;
    counted.down = connection.down.total;
    if (!bringsCode(backend) || counted.down < RANGE_BYTES || counted.down === counted.fetched) return;
    this.#fetched(device, backend, connection, counted.down - counted.fetched, time);
    counted.fetched = counted.down;
  }

  /** Told once it is large, and kept up to date while more comes. */
  #fetched(device: Device, backend: CodeBackend, connection: Connection, bytes: number, time: number): void {
    const download = this.#continued(backend, connection, time);
    download.bytes += bytes;
    download.startedAt = Math.min(download.startedAt, connection.openedAt);
    download.lastAt = Math.max(download.lastAt, time);
    if (download.bytes <= DOWNLOAD_BYTES[backend.role]) return;
    const detail = { bytes: download.bytes, durationMs: download.lastAt - download.startedAt, backend: backend.name };
    if (download.entry !== null) {
      download.entry.detail = detail;
      return;
    }
    download.entry = {
      time,
      kind: backend.role === 'update' ? 'firmware_download' : 'store_download',
      name: connection.name ?? backend.name,
      nameFrom: connection.nameFrom,
      ip: destinationOf(connection).ip,
      role: backend.role,
      detail,
    };
    addTimeline(device, download.entry);
  }

  /** The download that `connection` overlaps or follows at once, else a new one. */
  #continued(backend: Backend, { openedAt }: Connection, time: number): Download {
    const known = this.#downloads.get(backend);
    const follows = known !== undefined && openedAt - known.lastAt < RANGES_WITHIN;
    if (follows && known.startedAt - time < RANGES_WITHIN && time - known.startedAt < LONGEST) return known;
    const download: Download = { bytes: 0, startedAt: openedAt, lastAt: time, entry: null };
    this.#downloads.set(backend, download);
    return download;
  }
}

/** A backend by which code reaches a device. */
type CodeBackend = Backend & { role: keyof typeof DOWNLOAD_BYTES };

function bringsCode(backend: Backend): backend is CodeBackend {
  return Object.hasOwn(DOWNLOAD_BYTES, backend.role);
}
