// Types of build.mjs, which is plain JavaScript because it runs before anything is built.
export function build(options: { forTests: boolean; onStart?: (pid: number) => void }): Promise<void>;
