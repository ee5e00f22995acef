// The order of texts in what is told and stored: by code units, so that it is the same in every language.

/** For `sort`. */
export function byText(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
