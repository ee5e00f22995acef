// The settings below `fleet`: whether this home reports to a fleet of many. Shapes alone.
import { z } from 'zod';

export const fleet = z
  .strictObject({
    /** The file that whoever runs the fleet gave this home; off without one. */
    enrolment: z.string().min(1).optional(),
  })
  .prefault({});
