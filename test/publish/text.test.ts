// Names as the network sends them, and what is left of them.

import { describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { cleanText, deviceName, slug } from '../../sensor/publish/text.ts';

const MAC = 'a4:cf:12:99:be:ef';

describe('cleaning text', () => {
  it.each([
    ['Hallway camera', 'Hallway camera'],
    ['two\nlines\tand\u0000more', 'two lines and more'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['half an emoji \ud83d here', 'half an emoji here'],
    ['whole \u{1F4F7} one', 'whole \u{1F4F7} one'],
    ['family \u{1F468}\u200d\u{1F469}\u200d\u{1F467}', 'family \u{1F468}\u200d\u{1F469}\u200d\u{1F467}'],
    ['   ', ''],
    ["{{ states('lock.door') }}", "{{ states('lock.door') }}"],
  ])('%j becomes %j', (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });

  it('keeps 255 characters, counting an emoji as one', () => {
    expect([...cleanText('\u{1F4F7}'.repeat(400))]).toHaveLength(255);
  });

  it('leaves no space at either end, also where the bound falls between two words', () => {
    expect(cleanText(' one two ', 3)).toBe('one');
    expect(cleanText(' one two ', 4)).toBe('one');
  });

  it('looks at the beginning alone of what is long: four times what it keeps', () => {
    expect(cleanText(`${' '.repeat(19)}x`, 5)).toBe('x');
    expect(cleanText(`${' '.repeat(20)}x`, 5)).toBe('');
  });
});

describe('the name in Home Assistant', () => {
  const entities = ['Alert', 'Sending mail'];

  it('is the device’s own', () => expect(deviceName(english, 'Hallway camera', MAC, entities)).toBe('Hallway camera'));

  it('falls back to the MAC', () => {
    expect(deviceName(english, null, MAC, entities)).toBe(`Device ${MAC}`);
    expect(deviceName(english, '\n\n', MAC, entities)).toBe(`Device ${MAC}`);
  });

  it('is never the beginning of an entity’s name', () => {
    expect(deviceName(english, 'Alert', MAC, entities)).toBe('Alert device');
    expect(deviceName(english, 'a', MAC, entities)).toBe('a device');
    expect(deviceName(english, 'Sending', MAC, entities)).toBe('Sending device');
  });
});

describe('slugs', () => {
  it.each([
    ['Hallway camera', 'hallway_camera'],
    ['Küche / Fön #2', 'kuche_fon_2'],
    ['__a+b__', 'a_b'],
    ['\u{1F4F7}', 'fallback'],
    ['监控', 'fallback'],
  ])('%j becomes %j', (text, expected) => expect(slug(text, 'fallback')).toBe(expected));

  it('has at most 64 characters and no underscore at its end', () => {
    expect(slug(`${'x'.repeat(63)} y`, 'f')).toBe('x'.repeat(63));
  });
});
