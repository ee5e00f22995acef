// Steps that can be repeated: each looks whether it is done already, does it, looks again, and is told in one line. What a step
// is about it does not know.

export interface Step {
  readonly name: string;
  /** What it does, with the files it writes; for `--dry-run`. */
  readonly plan: string;
  /** What is there, in words; null where there is something to do. */
  look(): string | null | Promise<string | null>;
  /** What was done where that says more than what is there now; nothing else. */
  act(): unknown;
}

/** Why a step could not be taken, and what a person does about it. */
export class StepError extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.name = 'StepError';
    this.fix = fix;
  }
}

export interface StepsRun {
  /** Told what would be done, which is left. */
  dryRun: boolean;
  say(text: string): void;
}

const line = (mark: string, name: string, text: string) => `${mark.padEnd(8)}${name.padEnd(14)} ${text}\n`;

/** Whether all are done. The first that fails ends it: what was done, what was not, why, and what to do is told. */
export async function takeSteps(steps: readonly Step[], { dryRun, say }: StepsRun): Promise<boolean> {
  const done: string[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      say(dryRun ? await foreseen(step) : await taken(step));
      done.push(step.name);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say(line('FAILED', step.name, error.message));
      const left = steps.slice(index).map(({ name }) => name);
      say(`Done: ${done.join(', ') || 'nothing'}. Not done: ${left.join(', ')}.\n`);
      say(`To do: ${error instanceof StepError ? error.fix : 'see the reason above'}. Then give the command again.\n`);
      return false;
    }
  }
  return true;
}

async function foreseen({ look, name, plan }: Step): Promise<string> {
  const found = await look();
  return found === null ? line('would', name, plan) : line('there', name, found);
}

async function taken({ act, look, name }: Step): Promise<string> {
  const found = await look();
  if (found !== null) return line('there', name, found);
  const said = await act();
  const now = await look();
  if (now === null) throw new StepError('it was done, and is not there all the same', 'look for what undoes it');
  return line('done', name, typeof said === 'string' ? said : now);
}
