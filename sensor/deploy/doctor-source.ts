// Where frames can come from, as doctor tells it: where no port of this machine gives them, and the other ways there are.
import { PROJECT_ROOT } from '../checkout.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { manualPage } from './service/places.ts';

/** The ways themselves, by router and switch, stand in the manual. */
export const NO_MIRROR_PORT =
  'No mirror port? capture.command (ssh router tcpdump …), capture.fritzbox, or a mirror sent here as TZSP, ERSPAN or VXLAN:\n' +
  `${manualPage(PROJECT_ROOT, 'traffic.md')} says which of them works with which router or switch.\n`;

/** Nothing is started or asked here: whether frames come, watching shows. */
export function checkRemote(source: string): DoctorCheck {
  return {
    name: 'source',
    result: 'ok',
    found: `frames come from ${source}; no port, no right and no filter of this machine is needed for them`,
    why: 'the sensor sees only what is sent to it',
    fix: null,
  };
}
