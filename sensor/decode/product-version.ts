// Product versions that a device states in an SSDP SERVER or an HTTP User-Agent. What a version means for the device is
// not judged here.

export interface ProductVersion {
  /** As sent: a token of letters, digits and a few marks, at most 40 characters. */
  readonly product: string;
  readonly version: string;
}

const MAX_PRODUCTS = 8;
const MAX_TEXT = 512;

/**
 * Products that name an operating system, a protocol, a library or a browser and not the device's firmware, lower case.
 * Their versions change with software that is not the device's own, or never.
 */
const GENERIC = new Set([
  ...[
    'linux',
    'unix',
    'posix',
    'windows',
    'microsoft-windows',
    'darwin',
    'android',
    'freebsd',
    'ios',
    'freertos',
    'vxworks',
  ],
  ...[
    'upnp',
    'dlnadoc',
    'dlna',
    'http',
    'tls',
    'ssdp',
    'portable',
    'devices',
    'minidlna',
    'miniupnpd',
    'miniupnpc',
    'libupnp',
  ],
  ...[
    'intel_sdk_for_upnp_devices',
    'portable_sdk_for_upnp_devices',
    'gupnp',
    'gssdp',
    'cybergarage',
    'platinum',
    'neptune',
  ],
  ...[
    'mozilla',
    'applewebkit',
    'webkit',
    'khtml',
    'gecko',
    'chrome',
    'chromium',
    'safari',
    'firefox',
    'edg',
    'opr',
    'version',
    'mobile',
  ],
  ...[
    'curl',
    'libcurl',
    'wget',
    'python',
    'python-requests',
    'python-urllib',
    'aiohttp',
    'go-http-client',
    'okhttp',
    'java',
  ],
  ...[
    'dalvik',
    'cfnetwork',
    'apache-httpclient',
    'axios',
    'node',
    'node-fetch',
    'busybox',
    'openssl',
    'lwip',
    'mbedtls',
  ],
]);

/**
 * `Product/1.2.3` tokens in the order found, at most eight. Conservative: the version begins with a digit (a leading `v` is
 * dropped) and has at least two dotted numbers, or is one number of four digits or more (a build); generic products are left
 * out, and so is everything in parentheses, where browsers put platforms.
 */
export function productVersions(text: string): ProductVersion[] {
  const products: ProductVersion[] = [];
  const outside = text.slice(0, MAX_TEXT).replace(/\([^)]*\)?/g, ' ');
  for (const token of outside.split(/[\s,;]+/)) {
    const match =
      /^([A-Za-z][A-Za-z0-9_.+-]{0,39})\/v?(\d{1,9}(?:\.\d{1,9}){1,4}(?:[-_+.][A-Za-z0-9]{1,16}){0,2}|\d{4,12})$/.exec(
        token,
      );
    const [, product, version] = match ?? [];
    if (product === undefined || version === undefined || GENERIC.has(product.toLowerCase())) continue;
    if (products.length < MAX_PRODUCTS) products.push({ product, version });
  }
  return products;
}
