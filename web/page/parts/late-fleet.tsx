// What a home with a fleet shows beside the rest: no other home loads it.
import { late } from './late.tsx';

export const { View: LateFleetView } = late(() => import('../views/fleet/later.ts'));
