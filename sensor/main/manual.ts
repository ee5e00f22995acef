// The manual page and the completion of the shell, from the command line's own help: whoever adds a command or an option has written
// them. For packages; nobody types it. Belongs to main.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { PROJECT_ROOT } from '../checkout.ts';
import type { ManualFormat } from '../cli.ts';
import { PACKAGED, PLACES, readmeOf, USER } from '../deploy/service/places.ts';
import { fillUnit } from '../deploy/service/unit.ts';

export function manual(program: Command, format: ManualFormat): string {
  if (format === 'unit') return packagedUnit();
  return format === 'man' ? manPage(program) : completion(program);
}

function packagedUnit(): string {
  const text = readFileSync(join(PROJECT_ROOT, 'sensor/deploy/thingwatch.service'), 'utf8');
  return fillUnit(text, { program: PACKAGED, node: '/usr/bin/node', user: USER, config: null });
}

/** A command with the words that call it; those that only hold others are left out. */
interface Called {
  words: string;
  command: Command;
}

function commandsOf(parent: Command, before = ''): Called[] {
  return shownCommands(parent).flatMap((command) => {
    const words = `${before}${command.name()}`;
    const inner = commandsOf(command, `${words} `);
    return inner.length > 0 ? inner : [{ words, command }];
  });
}

/** Without those that are hidden from help, and help itself. */
function shownCommands(parent: Command): Command[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .filter((command) => command.name() !== 'help');
}

function optionsOf(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

function manPage(program: Command): string {
  return [
    `.TH THINGWATCH 1 "" "thingwatch ${roff(program.version() ?? '')}" "User Commands"`,
    '.SH NAME',
    `thingwatch \\- ${roff(uncapitalised(program.description()))}`,
    '.SH SYNOPSIS',
    '.B thingwatch',
    '.RI [ OPTION ...] " COMMAND" " " [ ARGUMENT ...]',
    '.SH OPTIONS',
    ...optionsOf(program).flatMap(optionText),
    '.SH COMMANDS',
    ...commandsOf(program).flatMap(commandText),
    '.SH FILES',
    ...entry(PLACES.config, 'settings, where --config names no other file and none lies in the working directory'),
    ...entry(PLACES.state, 'what the service knows; for its user alone'),
    '.SH ENVIRONMENT',
    ...entry('THINGWATCH_*', 'each setting by its key in capitals, such as THINGWATCH_MQTT_URL'),
    '.SH EXIT STATUS',
    '0 done, 1 failed while running, 2 wrong usage or configuration.',
    '.SH SEE ALSO',
    roff(`${readmeOf(PACKAGED)}, and the pages that it leads to.`),
    '',
  ].join('\n');
}

function commandText({ command, words }: Called): string[] {
  const usage = command.registeredArguments.map((argument) => ` ${argumentText(argument)}`).join('');
  return [
    `.SS ${roff(`${words}${usage}`)}`,
    roff(command.description()),
    ...command.registeredArguments.flatMap((argument) => entry(argumentText(argument), argument.description)),
    ...optionsOf(command).flatMap(optionText),
  ];
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionText(option: Option): string[] {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  return entry(option.flags, `${option.description}${choices}`);
}

function entry(name: string, text: string): string[] {
  return ['.TP', `.B ${roff(name)}`, roff(text) || '\\&'];
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}

/** No line of it is a request, and a hyphen is one that can be typed. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}

/** For bash: commands, then their options; files elsewhere. */
function completion(program: Command): string {
  const flags = (command: Command) =>
    optionsOf(command)
      .flatMap(({ long, short }) => [short, long])
      .filter((flag) => flag !== undefined)
      .join(' ');
  const parents = shownCommands(program).filter((command) => shownCommands(command).length > 0);
  const cases = [
    ...commandsOf(program).map(({ command, words }) => `    '${words}') words='${flags(command)}' ;;`),
    ...parents.map((parent) => `    '${parent.name()}') words='${names(parent)}' ;;`),
  ];
  return `# bash completion for thingwatch, made from its help.
_thingwatch() {
  local word words called='' current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
    -*) ;;
    ${[...new Set(commandsOf(program).flatMap(({ words }) => words.split(' ')))].join('|')}) called="\${called:+$called }$word" ;;
    esac
  done
  case "$called" in
    '') words='${names(program)} ${flags(program)}' ;;
${cases.join('\n')}
    *) words='' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _thingwatch thingwatch
`;
}

function names(parent: Command): string {
  return shownCommands(parent)
    .map((command) => command.name())
    .join(' ');
}
