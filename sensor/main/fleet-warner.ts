// What a collector does beside collecting where it was given the fleet's warning key: has homes warned of outbreaks. Belongs to main.ts.
import { existsSync } from 'node:fs';
import { type FleetDirectory, secretFile } from '../fleet/operator/fleet-directory.ts';
import { Warner } from '../fleet/outbreak/warner.ts';
import { openDatabase } from '../fleet/store/database.ts';
import type { Log } from '../log.ts';

export interface RunningWarner {
  stop(): Promise<void>;
}

/**
 * Null on a machine that has neither key nor token: others of the fleet warn.
 * @throws FleetDirectoryError where it has one of them, or what cannot be used
 */
export async function startWarner(
  fleet: FleetDirectory,
  { log, now }: { log: Log; now(): number },
): Promise<RunningWarner | null> {
  const { directory, settings } = fleet;
  if (!(['warningKey', 'mqttToken'] as const).some((name) => existsSync(secretFile(directory, name)))) {
    log.info(`collects only: ${secretFile(directory, 'warningKey')} is not here, so others of the fleet warn homes`);
    return null;
  }
  const mqtt = { urls: settings.mqtt.urls, token: fleet.mqttToken(), ca: fleet.ca('mqtt') };
  const key = fleet.warningKey();
  // One connection of its own, for as long as it leads.
  const db = await openDatabase(settings.database.collector, { connections: 1 });
  const warner = new Warner({ db, mqtt, key, now, log });
  warner.start();
  return {
    async stop() {
      await warner.stop();
      await db.close();
    },
  };
}
