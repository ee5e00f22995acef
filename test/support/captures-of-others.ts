// Where captures lie that are not the project's own and may not be copied into it. Tests that need them are skipped, and say so,
// where there are none.
import { join } from 'node:path';
import { checkout } from '../lab/namespaces.ts';

/** `CAPTURES_OF_OTHERS`, else the folder that a team keeps beside the checkout. */
export const CAPTURES_OF_OTHERS = process.env.CAPTURES_OF_OTHERS ?? join(checkout, '..', 'shared', 'captures');
