// Who made a device, by the IEEE registry: 36-, 28- and 24-bit blocks. The table stays one buffer of sorted lines and is
// searched in place, so loading parses nothing and costs no heap. build-oui.mjs writes it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../checkout.ts';
import type { Mac } from '../decode/packet.ts';
import { isLocallyAdministered } from './device.ts';

const BUILT_TABLE = join(PROJECT_ROOT, 'dist/oui.txt');
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
/** What loopback and layers without addresses show; it stands in the first block that was sold. */
const NO_ADDRESS = '00:00:00:00:00:00';
/** Hex digits of MA-S, MA-M and MA-L blocks: the narrowest that is registered owns the address. */
const PREFIX_DIGITS = [9, 7, 6] as const;
const TAB = 0x09;
const NEWLINE = 0x0a;

export interface VendorTable {
  /** The organisation as IEEE spells it; null where none is registered, or the address is locally administered or all zeros. */
  vendorOf(mac: Mac): string | null;
}

/**
 * Opens the vendor table that the build made.
 *
 * @throws Error that says to build when the table is not there
 */
export function loadVendors(path: string = BUILT_TABLE): VendorTable {
  const table = read(path);
  return {
    vendorOf(mac) {
      if (!MAC.test(mac) || mac === NO_ADDRESS || isLocallyAdministered(mac)) return null;
      const digits = mac.replaceAll(':', '').toUpperCase();
      for (const length of PREFIX_DIGITS) {
        const name = lookUp(table, digits.slice(0, length));
        if (name !== null) return name;
      }
      return null;
    },
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`the vendor table ${path} cannot be read; run "npm run build" to make it`, { cause: error });
  }
}

/** Binary search over lines `PREFIX<tab>name<newline>` in byte order. */
function lookUp(table: Buffer, prefix: string): string | null {
  const key = Buffer.from(`${prefix}\t`, 'latin1');
  let low = 0;
  let high = table.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const lineStart = middle === 0 ? 0 : table.lastIndexOf(NEWLINE, middle - 1) + 1;
    const newline = table.indexOf(NEWLINE, lineStart);
    const lineEnd = newline < 0 ? table.length : newline;
    const tab = table.indexOf(TAB, lineStart);
    const keyEnd = tab < 0 || tab > lineEnd ? lineEnd : tab + 1;
    const order = table.compare(key, 0, key.length, lineStart, keyEnd);
    if (order === 0) return table.toString('utf8', keyEnd, lineEnd);
    if (order < 0) low = lineEnd + 1;
    else high = lineStart;
  }
  return null;
}
