// The list of all cases, by theme. A new theme is a file and a line here.
import type { Case } from './case.ts';
import { EVIDENCE, PROXIES } from './evidence.ts';
import { EXPOSURE } from './exposure.ts';
import { FLOODS } from './floods.ts';
import { LINKS } from './innocent-homes-links.ts';
import { EXPECTED_MAIL, PEOPLES_MAIL } from './innocent-homes-mail.ts';
import { NETWORKS } from './innocent-homes-network.ts';
import { OUTSIDE } from './innocent-homes-outside.ts';
import { RESOLVERS, SERVERS, WEB_PROXIES } from './innocent-homes-servers.ts';
import { THINGS } from './innocent-homes-things.ts';
import { EXPECTATIONS, LADDER } from './ladder.ts';
import { LOOKUPS } from './lookups.ts';
import { MAIL } from './mail.ts';
import { MAPPINGS } from './mappings.ts';
import { MIRRORED } from './mirrors.ts';
import { CHANGING, OWN_THINGS } from './own.ts';
import { SHARED_MACS } from './shared-macs.ts';
import { NAMES, STORES_AND_UPDATES } from './stores-and-updates.ts';
import { SUBMISSION } from './submission.ts';
import { SYMPTOMS } from './symptoms.ts';
import { VANTAGE } from './vantage.ts';

export const CASES: readonly Case[] = [
  ...MAIL,
  ...EVIDENCE,
  ...PROXIES,
  ...LOOKUPS,
  ...SUBMISSION,
  ...LADDER,
  ...EXPECTATIONS,
  ...EXPOSURE,
  ...MAPPINGS,
  ...OWN_THINGS,
  ...CHANGING,
  ...FLOODS,
  ...SHARED_MACS,
  ...STORES_AND_UPDATES,
  ...NAMES,
  ...SYMPTOMS,
  ...PEOPLES_MAIL,
  ...EXPECTED_MAIL,
  ...LINKS,
  ...NETWORKS,
  ...RESOLVERS,
  ...SERVERS,
  ...WEB_PROXIES,
  ...THINGS,
  ...OUTSIDE,
  ...VANTAGE,
  ...MIRRORED,
];
