// Views that are loaded once the first one stands, or when one of them is opened before.
import { late } from './late.tsx';

export const { load: loadLater, View: LateView } = late(() => import('../views/later.ts'));
