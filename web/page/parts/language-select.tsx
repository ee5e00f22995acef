// Which language a page speaks, to choose by hand. Without words of its own.

export interface LanguageSelectProps {
  label: string;
  /** The first of the list: as the browser wishes. */
  automatic: string;
  languages: Readonly<Record<string, { name: string }>>;
  chosen: string | null;
  choose(select: HTMLSelectElement): void;
}

export function LanguageSelect({ automatic, choose, chosen, label, languages }: LanguageSelectProps) {
  return (
    <label class="field">
      {label}
      <select value={chosen ?? ''} onChange={(event) => choose(event.currentTarget)}>
        <option value="">{automatic}</option>
        {Object.entries(languages).map(([code, { name }]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
