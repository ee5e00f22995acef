// Questions to a person at the terminal. Belongs to main.ts.
import { createInterface, type Interface } from 'node:readline';

let terminal: Interface | null = null;
/** Typed ahead of the question. */
const typed: string[] = [];
let isGone = false;

/** Whether somebody is there to answer. */
export function isAsked(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** What was typed, without the space around it; null where the terminal is gone. */
export async function ask(question: string): Promise<string | null> {
  const input = open();
  process.stdout.write(`${question} `);
  input.resume();
  await new Promise<void>((resolve) => {
    if (typed.length > 0 || isGone) resolve();
    else for (const event of ['line', 'close']) input.once(event, () => resolve());
  });
  // Else it would keep the program from ending.
  if (!isGone) input.pause();
  return typed.shift()?.trim() ?? null;
}

function open(): Interface {
  if (terminal !== null) return terminal;
  // Not as a terminal of its own: that would take Ctrl-C from the program.
  terminal = createInterface({ input: process.stdin, terminal: false });
  terminal.on('line', (line) => typed.push(line));
  terminal.on('close', () => {
    isGone = true;
  });
  return terminal;
}

/** An empty answer is a yes; a terminal that is gone is none. */
export async function isYes(question: string): Promise<boolean> {
  const answer = await ask(`${question} [Y/n]`);
  return answer !== null && /^(?:y(?:es)?)?$/i.test(answer);
}
