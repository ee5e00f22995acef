// The list of all cases, by theme. A new theme is a file and a line here.
import type { Case } from './case.ts';
import { MAIL } from './mail.ts';

export const CASES: readonly Case[] = [...MAIL];
