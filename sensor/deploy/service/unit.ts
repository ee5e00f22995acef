// The unit of an installed sensor: sensor/deploy/thingwatch.service with its places filled in, so that there is one text of it.
import { readmeOf } from './places.ts';
import { StepError } from './steps.ts';

export interface UnitPlaces {
  /** Folder of the built program. */
  program: string;
  /** The Node that runs it. */
  node: string;
  user: string;
  /** Null for the configuration file that is looked for anyway. */
  config: string | null;
}

const HEADER =
  '# sensor/deploy/thingwatch.service with its places filled in; `systemctl edit thingwatch` keeps changes beside it.';

/** @param text of thingwatch.service */
export function fillUnit(text: string, { config, node, program, user }: UnitPlaces): string {
  const options = config === null ? '' : ` --config ${config}`;
  const body = text.slice(text.indexOf('\n[Unit]'));
  const start = `${node} dist/sensor/main.js${options}`;
  const changes: [from: string, to: string][] = [
    ['file:///opt/thingwatch/README.md', `file://${readmeOf(program)}`],
    ['WorkingDirectory=/opt/thingwatch', `WorkingDirectory=${program}`],
    ['/usr/bin/env node dist/sensor/main.js doctor', `${start} doctor`],
    ['/usr/bin/env node sensor/deploy/start.mjs run', `${start} run`],
    ['# A throw-away user; what must last', '# What must last'],
    ['DynamicUser=yes', `User=${user}`],
    // A Node that a person keeps below /home.
    ...(node.startsWith('/home/') || node.startsWith('/root/')
      ? ([['ProtectHome=yes', 'ProtectHome=read-only']] as [string, string][])
      : []),
  ];
  return changes.reduce(replaceOnce, `${HEADER}\n${body}`);
}

function replaceOnce(text: string, [from, to]: [string, string]): string {
  if (text.split(from).length !== 2)
    throw new StepError(`the unit of this checkout does not hold "${from}" once`, 'take an unchanged checkout');
  return text.replace(from, () => to);
}

/** Whether `install` wrote it. */
export function isOurUnit(text: string): boolean {
  return text.startsWith(HEADER);
}
