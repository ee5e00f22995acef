// The phones that are told by Web Push: known in memory, written through to the store. Made only where somebody asks for it.
import type { PushPhone } from './push-phones.ts';
import type { Keep } from './store-keeper.ts';

/** Each costs a message for each alert. */
export const MOST_PHONES = 16;

export class PhoneBook {
  readonly #keep: Keep;
  readonly #phones: Map<string, PushPhone>;
  /** Called after each change. */
  onChange: () => void = () => {};

  constructor(phones: Iterable<PushPhone>, keep: Keep) {
    this.#phones = new Map([...phones].map((phone) => [phone.browser, phone]));
    this.#keep = keep;
  }

  /** Oldest first. */
  list(): PushPhone[] {
    return [...this.#phones.values()];
  }

  of(browser: string): PushPhone | null {
    return this.#phones.get(browser) ?? null;
  }

  /** Takes the place of what the browser had, and of another's of the same address: that phone was paired anew. False where there are too many. */
  set(phone: PushPhone): boolean {
    for (const { browser, endpoint } of this.list())
      if (endpoint === phone.endpoint && browser !== phone.browser) this.#drop(browser);
    if (!this.#phones.has(phone.browser) && this.#phones.size >= MOST_PHONES) return false;
    this.#phones.set(phone.browser, phone);
    this.#write(phone.browser);
    this.onChange();
    return true;
  }

  /** Its push service knows it no more: that is remembered, so that its page can say so. */
  lose(browser: string, time: number): void {
    const phone = this.#phones.get(browser);
    if (phone === undefined) return;
    this.#phones.set(browser, { ...phone, lostAt: time });
    this.#write(browser);
    this.onChange();
  }

  /** Whether it was there. */
  remove(browser: string): boolean {
    const isKnown = this.#drop(browser);
    if (isKnown) this.onChange();
    return isKnown;
  }

  /** Writes all of them anew. */
  keepAll(): void {
    for (const browser of this.#phones.keys()) this.#write(browser);
  }

  #drop(browser: string): boolean {
    const isKnown = this.#phones.delete(browser);
    if (isKnown) this.#write(browser);
    return isKnown;
  }

  #write(browser: string): void {
    const phone = this.#phones.get(browser);
    this.#keep(`phone ${browser}`, ({ phones }) => {
      if (phone === undefined) phones.remove(browser);
      else phones.put(phone);
    });
  }
}
