import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { productVersions } from '../../sensor/decode/product-version.ts';

const stated = (text: string): string[] => productVersions(text).map(({ product, version }) => `${product} ${version}`);

describe('versions that a device states', () => {
  it.each([
    ['Linux/3.14.0 UPnP/1.0 IpBridge/1.56.0', ['IpBridge 1.56.0']],
    ['Linux UPnP/1.0 Speaker/63.2-90210 (ZPS9)', ['Speaker 63.2-90210']],
    ['CameraFW/v2.800.0000.12', ['CameraFW 2.800.0000.12']],
    ['Plug/20260114', ['Plug 20260114']],
    ['ESP8266HTTPClient', []],
    ['Plug/1', []],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36', []],
    ['curl/8.5.0', []],
    ['Mozilla/5.0 (Hub/1.2.3', []],
    ['Hub/1.2.3, Radio/4.5', ['Hub 1.2.3', 'Radio 4.5']],
    ['<b>Hub</b>/1.2', []],
  ])('%s', (text, expected) => {
    expect(stated(text)).toEqual(expected);
  });

  it('are bounded and plain', () => {
    expect(productVersions('A/1.2 '.repeat(100))).toHaveLength(8);
    fc.assert(
      fc.property(fc.string({ maxLength: 600, unit: 'binary-ascii' }), (text) => {
        for (const { product, version } of productVersions(text))
          expect(`${product}/${version}`).toMatch(/^[\w.+/-]+$/);
      }),
    );
  });
});
