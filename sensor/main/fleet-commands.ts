// `thingwatch fleet …`: each command with what it alone needs loaded when it is given. Belongs to main.ts.
import type { FleetHandlers } from '../cli-fleet.ts';

/** A command is offered from the day that it stands here. */
export const fleetHandlers: FleetHandlers = {
  preview: async (command) => (await import('./fleet-preview.ts')).preview(command),
  withdraw: async (command) => (await import('./fleet-withdraw.ts')).withdraw(command),
  collect: async (options) => (await import('./fleet-collect.ts')).fleetCollect(options),
  desk: async (command) => (await import('./fleet-desk.ts')).fleetDesk(command),
};
