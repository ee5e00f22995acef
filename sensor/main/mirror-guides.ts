// The guides to switches and routers that the page shows, read when somebody first asks for them: most starts never need them.
// Belongs to main.ts.
import { formatProblem } from '../notes/check.ts';
import { loadMirrors, type Mirror } from '../notes/mirrors.ts';
import { SHIPPED_NOTES } from '../spine.ts';

/** Of the notes that come with thingwatch, and of directories of one's own, which win. `warn` hears what is left out. */
export function mirrorGuides(dirs: readonly string[], warn: (text: string) => void): () => readonly Mirror[] {
  let guides: readonly Mirror[] | null = null;
  return () => {
    if (guides !== null) return guides;
    const { mirrors, problems } = loadMirrors([SHIPPED_NOTES, ...dirs]);
    for (const problem of problems) warn(`this guide is left out: ${formatProblem(problem)}`);
    guides = mirrors;
    return guides;
  };
}

/** Those that come with thingwatch alone. */
export const shippedMirrors = mirrorGuides([], () => {});
