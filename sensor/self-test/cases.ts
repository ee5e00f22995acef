// All cases of the self-test. A new one goes into the file of its kind; its frames come from the builders in frames/.
import type { Case } from './case.ts';
import { DOOR_CASES } from './cases-doors.ts';
import { FLEET_CASES } from './cases-fleet.ts';
import { FLOOD_CASES } from './cases-floods.ts';
import { HABIT_CASES } from './cases-habits.ts';
import { MAIL_CASES } from './cases-mail.ts';
import { SILENT_CASES } from './cases-silent.ts';
import { SUBMISSION_CASES } from './cases-submission.ts';
import { VANTAGE_CASES } from './cases-vantage.ts';

export const CASES: readonly Case[] = [
  ...MAIL_CASES,
  ...SUBMISSION_CASES,
  ...DOOR_CASES,
  ...HABIT_CASES,
  ...FLOOD_CASES,
  ...FLEET_CASES,
  ...VANTAGE_CASES,
  ...SILENT_CASES,
];
