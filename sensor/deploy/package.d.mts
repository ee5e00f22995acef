/** The Debian package of the built program; see package.mjs. */
export declare function packageVersion(folder?: string): string;
/** The newest version of a symbol that compiled files ask for; null where they ask for none. */
export declare function newestSymbolVersion(files: readonly string[], prefix: string): string | null;
export declare function makePackage(options: {
  out: string;
  version?: string;
  packing?: 'xz' | 'none';
}): Promise<{ file: string; megabytes: number; installedMegabytes: number }>;
