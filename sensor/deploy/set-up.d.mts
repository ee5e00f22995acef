// Types of set-up.mjs, which is plain JavaScript because it runs before anything is installed.
export function nodeComplaint(version: string): string | null;
export function ensureNode(): void;
export function setUp(options: { forTests: boolean; forFleet?: boolean }): Promise<void>;
export function orExplain<T>(work: () => Promise<T>): Promise<T | null>;
