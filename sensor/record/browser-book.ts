// The paired browsers: known in memory, written through to the store. A disk that fails locks nobody out of the page.
import type { Browser } from './browsers.ts';
import type { Keep } from './store-keeper.ts';

export class BrowserBook {
  readonly #keep: Keep;
  readonly #removed: (id: string) => void;
  readonly #browsers: Map<string, Browser>;

  /** `removed`: called for each that goes. */
  constructor(browsers: Iterable<Browser>, keep: Keep, removed: (id: string) => void = () => {}) {
    this.#browsers = new Map([...browsers].map((browser) => [browser.id, browser]));
    this.#keep = keep;
    this.#removed = removed;
  }

  /** Oldest pairing first. */
  list(): Browser[] {
    return [...this.#browsers.values()];
  }

  add(browser: Browser): void {
    this.#browsers.set(browser.id, browser);
    this.#write(browser.id);
  }

  /** Whether it was there. */
  remove(id: string): boolean {
    const isKnown = this.#browsers.delete(id);
    if (isKnown) this.#write(id);
    if (isKnown) this.#removed(id);
    return isKnown;
  }

  touch(id: string, time: number): void {
    const browser = this.#browsers.get(id);
    if (browser === undefined) return;
    this.#browsers.set(id, { ...browser, lastSeen: time });
    this.#write(id);
  }

  /** Writes all of them anew. */
  keepAll(): void {
    for (const id of this.#browsers.keys()) this.#write(id);
  }

  #write(id: string): void {
    const browser = this.#browsers.get(id);
    this.#keep(`browser ${id}`, ({ browsers }) => {
      if (browser === undefined) browsers.remove(id);
      else browsers.put(browser);
    });
  }
}
