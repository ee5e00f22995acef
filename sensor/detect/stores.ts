// Stores of apps, plugins and extensions, each as its operator or its own source code names it. A compromised plugin is the
// first suspect when a thing begins to send mail, so who fetches from a store is remembered like who fetches firmware.

interface StoreHost {
  /** A host, or `*.` and a domain that stands for all of its hosts and itself. */
  host: string;
  source: string;
}

export const STORE_HOSTS: readonly StoreHost[] = [
  ...from('https://support.google.com/work/android/answer/10513641', 'play.google.com', 'android.clients.google.com'),
  ...from('https://support.apple.com/101555', '*.apps.apple.com', 'itunes.apple.com', '*.mzstatic.com'),
  ...from('https://github.com/xbmc/xbmc/blob/Nexus/addons/repository.xbmc.org/addon.xml', 'mirrors.kodi.tv'),
  ...from('https://github.com/LibreELEC/LibreELEC.tv', 'addons.libreelec.tv'),
  ...from('https://github.com/CoreELEC/CoreELEC', 'addons.coreelec.org'),
  ...from('https://github.com/SynoCommunity/spksrc/wiki/Package-Server', '*.synocommunity.com'),
  ...from('https://www.qnapclub.eu', '*.qnapclub.eu', 'www.myqnap.org'),
  ...from('https://openwrt.org/docs/guide-user/additional-software/opkg', 'downloads.openwrt.org'),
  ...from('https://github.com/hacs/integration', '*.hacs.xyz'),
  ...from('https://docs.docker.com/docker-hub', 'registry-1.docker.io', 'auth.docker.io'),
  ...from('https://docs.github.com/packages', 'ghcr.io'),
  ...from('https://docs.npmjs.com/cli/using-npm/registry', 'registry.npmjs.org'),
  ...from('https://packaging.python.org', 'pypi.org', 'files.pythonhosted.org'),
  ...from(
    'https://code.visualstudio.com/docs/setup/network',
    'marketplace.visualstudio.com',
    '*.gallerycdn.vsassets.io',
  ),
  ...from('https://open-vsx.org', 'open-vsx.org'),
  ...from('https://support.mozilla.org/kb/find-and-install-add-ons-add-features-to-firefox', 'addons.mozilla.org'),
  ...from('https://developer.chrome.com/docs/webstore', 'chromewebstore.google.com'),
  ...from('https://developer.wordpress.org/plugins', 'api.wordpress.org', 'downloads.wordpress.org'),
  ...from('https://docs.nextcloud.com', 'apps.nextcloud.com'),
  ...from('https://f-droid.org/docs', '*.f-droid.org'),
  ...from('https://www.aptoide.com', '*.aptoide.com'),
  ...from('https://docs.flathub.org', 'dl.flathub.org', 'flathub.org'),
  ...from('https://snapcraft.io/docs/network-requirements', 'api.snapcraft.io', '*.snapcraftcontent.com'),
  ...from('https://nodered.org/docs', 'catalogue.nodered.org', 'flows.nodered.org'),
  ...from('https://www.iobroker.net/#en/documentation', 'repo.iobroker.live', 'download.iobroker.net'),
];

/** Labels under which plugins and packages are offered by whoever makes them: a guess, and shown as one. */
const PLUGIN_LABEL =
  /^(?:plugins?|add-?ons?|extensions|appstore|app-store|opkg|ipkg|feeds?\d?|packages|repo|repository|softcam)$/;

/** `listed`: a known store; `label`: a host whose name says that it offers plugins; null for any other. */
export function storeOf(host: string): 'listed' | 'label' | null {
  if (STORE_HOSTS.some((store) => isAt(host, store.host))) return 'listed';
  return host
    .split('.')
    .slice(0, -2)
    .some((label) => PLUGIN_LABEL.test(label))
    ? 'label'
    : null;
}

function isAt(host: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return host === pattern;
  const domain = pattern.slice(2);
  return host === domain || host.endsWith(`.${domain}`);
}

function from(source: string, ...hosts: string[]): StoreHost[] {
  return hosts.map((host) => ({ host, source }));
}
