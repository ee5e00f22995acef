/** What of a built checkout runs; see program-files.mjs. */
export declare function runtimePackages(folder: string): string[];
export declare function copyProgram(from: string, to: string): void;
