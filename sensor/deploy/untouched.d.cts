// Types of untouched.cjs, which is plain JavaScript because it runs before anything is built.
export function dateOf(folder: string, place: string): string;
export function isUntouched(folder?: string): boolean;
export function remember(dates: readonly string[], programs: readonly string[], folder?: string): void;
