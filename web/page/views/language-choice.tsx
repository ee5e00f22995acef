// Which language this browser's page speaks: as the phone, or one chosen by hand.
import { chooseLanguage, isLanguage, useLanguage } from '../language.ts';
import { Card } from '../parts/basics.tsx';
import { LanguageSelect } from '../parts/language-select.tsx';
import { perform } from '../parts/toast.tsx';
import { LANGUAGES } from '../words/languages.ts';
import { words } from '../words.ts';

export function LanguageChoice() {
  const chosen = useLanguage();
  const text = words.sensor;
  function choose(select: HTMLSelectElement): void {
    const code = select.value;
    void perform(() => chooseLanguage(isLanguage(code) ? code : null), '').then((done) => {
      // It stays as it was: the box must not say otherwise.
      if (!done) select.value = chosen ?? '';
    });
  }
  return (
    <Card title={text.language}>
      <LanguageSelect
        label={text.languageOf}
        automatic={text.asPhone}
        languages={LANGUAGES}
        chosen={chosen}
        choose={choose}
      />
      <p class="muted">{text.languageHint}</p>
    </Card>
  );
}
