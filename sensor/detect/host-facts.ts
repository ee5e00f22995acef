// What a host's name says by itself, whichever device asks for it: worked out once for each of the hosts that were seen lately.
import { SecondChanceTable } from '../attribute/second-chance.ts';
import { knowsHost, type NoteIndex, recognisesBy } from '../notes/note-index.ts';
import { backendName, updatesOf } from './backend-name.ts';
import { isSharedInfrastructure } from './shared-infrastructure.ts';
import { storeOf } from './stores.ts';

/** A home of a hundred things talks to hundreds of hosts a day. */
const HOSTS = 4096;

export interface HostFacts {
  /** See `backendName`. */
  domain: string;
  /** Its domain is infrastructure that unrelated services rent. */
  shared: boolean;
  store: ReturnType<typeof storeOf>;
  /** See `updatesOf`. */
  updatesOf: string | null;
  /** Some firmware note knows it, for whatever device. */
  isListed: boolean;
  /** Some firmware note recognises devices by it. */
  recognises: boolean;
}

export class HostBook {
  readonly #notes: NoteIndex;
  readonly #hosts = new SecondChanceTable<string, HostFacts>(HOSTS);

  constructor(notes: NoteIndex) {
    this.#notes = notes;
  }

  factsOf(host: string): HostFacts {
    let facts = this.#hosts.get(host);
    if (facts === undefined) {
      const domain = backendName(host, '');
      facts = {
        domain,
        shared: isSharedInfrastructure(domain),
        store: storeOf(host),
        updatesOf: updatesOf(host),
        isListed: knowsHost(host, this.#notes),
        recognises: recognisesBy(host, this.#notes),
      };
      this.#hosts.set(host, facts);
    }
    return facts;
  }

  /** Lets go what nobody asked for since the last call: it is worked out again when somebody does. */
  forgetUnused(): void {
    this.#hosts.forgetUnused();
  }
}
