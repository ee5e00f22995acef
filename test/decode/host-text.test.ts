import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLabel, hostText, unescapeLabel } from '../../sensor/decode/host-text.ts';

describe('host names as text', () => {
  it('keeps a plain name, in lower case and without the final dot', () => {
    expect(hostText(Buffer.from('Update.My_Camera-1.Example.'))).toBe('update.my_camera-1.example');
  });

  it.each([
    ['<script>alert(1)</script>', '~3cscript~3ealert~281~29~3c~2fscript~3e'],
    ["x'; DROP TABLE devices;--", 'x~27~3b~20drop~20table~20devices~3b--'],
    ['../../etc/passwd', null],
    ['a/../b', null],
    ['thingwatch/+/#', 'thingwatch~2f~2b~2f~23'],
    ['line\nbreak\x1b[31m', 'line~0abreak~1b~5b31m'],
    ['', null],
    ['.', null],
    ['a..b', null],
    [`${'x'.repeat(64)}.example`, null],
    [`${'x.'.repeat(127)}toolong`, null],
  ])('escapes or refuses %j', (hostile, expected) => {
    expect(hostText(Buffer.from(hostile, 'latin1'))).toBe(expected);
  });

  it('can be undone for names that people read', () => {
    expect(escapeLabel(Buffer.from('Küche ~1'))).toBe('K~c3~bcche~20~7e1');
    expect(unescapeLabel('K~c3~bcche~20~7e1')).toBe('Küche ~1');
  });

  it('lets nothing but letters, digits, hyphen, underscore, tilde and dot through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const octets = Buffer.from(bytes);
        const name = hostText(octets);
        if (name !== null) expect(name).toMatch(/^[a-z0-9_~-]+(\.[a-z0-9_~-]+)*$/);
        expect(unescapeLabel(escapeLabel(octets))).toBe(octets.toString('utf8'));
      }),
    );
  });
});
