// The settings below `fleet`: whether this home reports to a fleet of many. Shapes alone.
import { z } from 'zod';
import { lazily } from '../lazily.ts';

export const fleet = lazily(() =>
  z
    .strictObject({
      /** The file that whoever runs the fleet gave this home; off without one. */
      enrolment: z.string().min(1).optional(),
    })
    .prefault({}),
);
