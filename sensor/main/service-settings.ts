// Settings in a configuration file of a person: read by key, and changed with all that stands around them, comments too. Belongs to
// main.ts.
import { manualPage, PLACES } from '../deploy/service/places.ts';
import { yaml } from '../notes/yaml.ts';

const BEGINNING = `# Settings of thingwatch; ${manualPage(PLACES.program, 'configuration.md')} lists them all.
# After a change: systemctl restart thingwatch
`;

/** What the text says for a key such as `capture.interface`; undefined where it says nothing. */
export function settingsIn(text: string): (key: string) => unknown {
  const root: unknown = yaml().parse(text);
  return (key) =>
    key
      .split('.')
      .reduce<unknown>(
        (value, name) =>
          typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
        root,
      );
}

/** @param before the text of the file; null for a new one */
export function withSettings(before: string | null, settings: ReadonlyMap<string, unknown>): string {
  const document = yaml().parseDocument(before ?? '');
  for (const [key, value] of settings) document.setIn(key.split('.'), value);
  const text = document.toString({ lineWidth: 0 });
  return before === null ? `${BEGINNING}${text}` : text;
}
