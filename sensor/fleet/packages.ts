// The one door to the packages that only collector, desk and operator need. They lie in sensor/fleet/node_modules, where `npm run
// fleet` puts them; a sensor loads none of them.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as jetstream from '@nats-io/jetstream';
import type * as jwt from '@nats-io/jwt';
import type * as nkeys from '@nats-io/nkeys';
import type * as transport from '@nats-io/transport-node';
import type pg from 'pg';
import { PROJECT_ROOT } from '../checkout.ts';

export type { Consumer, ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
export type { NatsConnection } from '@nats-io/transport-node';

interface FleetPackages {
  '@nats-io/jetstream': typeof jetstream;
  '@nats-io/jwt': typeof jwt;
  '@nats-io/nkeys': typeof nkeys;
  '@nats-io/transport-node': typeof transport;
  pg: typeof pg;
}

const load = createRequire(join(PROJECT_ROOT, 'sensor/fleet/package.json'));

/** For people who gave a fleet command in a checkout without them; exit code 2. */
export class MissingPackages extends Error {}

/** @throws MissingPackages with what to do */
export function fleetPackage<Name extends keyof FleetPackages>(name: Name): FleetPackages[Name] {
  try {
    return load(name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    throw new MissingPackages(
      `${name} is not installed: collector and desk need packages that a single home does not. ` +
        'Give `npm run fleet` once, or `npm ci --prefix sensor/fleet`.',
    );
  }
}
