// The words of the command line that are more than words: numbers and prefixes, checked; and prefixes that files may follow.
import { InvalidArgumentError, Option } from 'commander';
import { parsePrefix } from './attribute/prefix.ts';

/** Never null: the parser would take that for an option without a value. */
export function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return text;
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed <= 0) throw new InvalidArgumentError('It must be max or a number above 0.');
  return speed;
}

export function parseSeconds(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 3600)
    throw new InvalidArgumentError('It must be a number from 0 to 3600.');
  return seconds;
}

export function homeNetOption(description: string): Option {
  return new Option('--home-net <cidr...>', description).argParser(collectPrefix);
}

function collectPrefix(text: string, earlier: string[]): string[] {
  const prefixes = text.split(',').map((part) => part.trim());
  for (const prefix of prefixes) {
    if (parsePrefix(prefix) === null)
      throw new InvalidArgumentError(`${prefix} is no CIDR prefix such as 192.168.1.0/24.`);
  }
  return [...earlier, ...prefixes];
}

/** `--home-net A B FILE`: only what looks like a prefix belongs to the option, so that files may follow it. */
export function spreadHomeNet(argv: readonly string[]): string[] {
  const spread: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word !== '--home-net') {
      spread.push(word);
      continue;
    }
    const values: string[] = [];
    for (let next = argv[i + 1]; next !== undefined; next = argv[i + 1]) {
      if (values.length > 0 && next.split(',').some((part) => parsePrefix(part.trim()) === null)) break;
      values.push(next);
      i++;
    }
    spread.push(...(values.length === 0 ? [word] : values.map((value) => `${word}=${value}`)));
  }
  return spread;
}
