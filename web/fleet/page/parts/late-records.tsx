// A home's record, which its helper alone is shown: nobody else loads it.
import { late } from '../../../page/parts/late.tsx';

export const { View: LateRecords } = late(() => import('../views/records.tsx'));
