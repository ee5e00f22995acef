// The rights of a sensor that runs: under a keeper it gives up its own once it is up, and says so where it cannot. Belongs to main.ts.
import { accessSync, constants, statSync } from 'node:fs';
import type { Warning } from '../capture/live-source.ts';
import { EXIT } from '../cli.ts';
import { english } from '../language/words.ts';
import { EdgeError } from './edge-error.ts';
import type { KeeperLink } from './keeper-link.ts';
import { readRights } from './privileges.ts';
import type { Session } from './session.ts';

export interface RunRights {
  /** Called once, when nothing needs a right any more. */
  drop(): Promise<void>;
  readonly warnings: readonly Warning[];
  /** Resolves when the keeper is gone; never where there is none. */
  readonly lost: Promise<void>;
}

const NEVER = new Promise<void>(() => {});

/** What a sensor left that was started as root: it ran as another user. */
function refuseOthersState(stateDir: string): void {
  try {
    accessSync(stateDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const owner = ownerOf(stateDir);
    if (owner === null) return;
    throw new EdgeError(
      EXIT.usage,
      `the state directory ${stateDir} belongs to user ${owner}, as whom a sensor ran before, and this user may not write there (${error instanceof Error && 'code' in error ? String(error.code) : error}): start it as that user, hand it over with "sudo chown -R $(id -u) ${stateDir}", or set state_dir to another directory`,
    );
  }
}

/** Its user id where that is another's; null where it is not there, or one's own. */
function ownerOf(directory: string): number | null {
  try {
    const { uid } = statSync(directory);
    return uid === process.getuid?.() ? null : uid;
  } catch {
    return null;
  }
}

/** @throws EdgeError where the configuration asks for a user that the sensor cannot become */
export async function planRights({ config, log }: Session, link: KeeperLink | null): Promise<RunRights> {
  const lost =
    link === null
      ? NEVER
      : new Promise<void>((resolve) => {
          link.onLost = resolve;
        });
  const none = { drop: async () => {}, warnings: [], lost };
  const { uid } = readRights();
  if (uid !== 0) refuseOthersState(config.state_dir);
  if (link === null || uid !== 0) return none;
  const { becomeUser, planRunAs, rootWarning } = await import('./run-as.ts');
  const { stays, user } = planRunAs(config);
  const warnings = stays === null ? [] : [rootWarning(stays)];
  for (const { say } of warnings) {
    const { fix, text } = say(english);
    log('run').warn(`${text} ${fix}`);
  }
  if (user === null) return { ...none, warnings };
  const { handOver } = await import('./state-owner.ts');
  link.user(user.uid, user.gid);
  let handed = 0;
  try {
    handed = handOver(config.state_dir, user);
  } catch {
    // Whoever opens the database there says what is amiss.
  }
  if (handed > 1) log('run').info(`what is kept in ${config.state_dir} belongs to user ${user.name} from now on`);
  return {
    ...none,
    async drop() {
      // What was made since then, by root.
      handOver(config.state_dir, user);
      becomeUser(user);
      log('run').info(`the sensor is user ${user.name} from now on; its capture process alone may open a raw socket`);
    },
  };
}
