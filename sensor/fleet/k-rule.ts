// The rule that keeps one home from being read out of what is said of many: nothing is said of fewer homes than this. Not of what
// a home's own helper is shown of that home.

/** Homes, at least, that an answer of the desk or a warning is about. */
export const K = 5;

/** A number of homes as it may be told: null where it is too small, and not nothing. */
export function toldHomes(homes: number): number | null {
  return homes === 0 || homes >= K ? homes : null;
}
