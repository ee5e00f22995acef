// The list of all cases, by theme. A new theme is a file and a line here.
import type { Case } from './case.ts';
import { EVIDENCE, PROXIES } from './evidence.ts';
import { LOOKUPS } from './lookups.ts';
import { MAIL } from './mail.ts';
import { SUBMISSION } from './submission.ts';

export const CASES: readonly Case[] = [...MAIL, ...EVIDENCE, ...PROXIES, ...LOOKUPS, ...SUBMISSION];
