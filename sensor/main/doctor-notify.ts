// Doctor's checks of those that are told of alerts beside the broker: that each is there and knows who asks, without an alert being
// sent. Loaded only where the configuration names one. Belongs to main.ts.
import type { Config } from '../config.ts';
import type { DoctorCheck } from '../deploy/doctor-check.ts';
import { probeTarget } from '../publish/notify/probe.ts';
import { EdgeError } from './edge-error.ts';
import { readTargets } from './notify-targets.ts';

const WHY = 'alerts reach people through it';

export function checkTargets({ notify, web }: Pick<Config, 'notify' | 'web'>): Promise<DoctorCheck[]> {
  return Promise.all(
    Object.entries(notify).map(([name, target]) =>
      target.kind === 'webpush' ? checkPhones(name, web.cert !== undefined) : checkTarget(name, { [name]: target }),
    ),
  );
}

/** Which push services there will be, the phones say; a service's filter of addresses does not hold for this process. */
function checkPhones(name: string, hasCertificate: boolean): DoctorCheck {
  const check = { name: `notify.${name}`, why: WHY };
  if (!hasCertificate)
    return {
      ...check,
      result: 'warn',
      found: 'browsers offer "Tell this phone" on https:// pages alone, and the page has no certificate',
      fix: 'set web.cert and web.key, or open the page through a proxy that has one',
    };
  return {
    ...check,
    result: 'ok',
    found:
      'the page has a certificate, so browsers offer "Tell this phone"; push services are on the Internet: the unit of a service needs IPAddressAllow=any for them',
    fix: null,
  };
}

async function checkTarget(target: string, settings: Config['notify']): Promise<DoctorCheck> {
  const name = `notify.${target}`;
  try {
    const [access] = readTargets(settings);
    if (access === undefined) throw new EdgeError(2, `${name}: there is no such target`);
    const { found, result } = await probeTarget(access);
    const fix =
      result === 'ok'
        ? null
        : result === 'warn'
          ? 'thingwatch test-alert, while the sensor runs'
          : `correct ${name} in the configuration, or see that the server runs`;
    const isOpen = access.url.protocol === 'http:' && access.token !== null && !isAtHome(access.url.hostname);
    if (result !== 'ok' || !isOpen) return { name, why: WHY, result, found, fix };
    const open = `${found}, but the token crosses the Internet unencrypted`;
    return { name, why: WHY, result: 'warn', found: open, fix: `use https:// in ${name}.url` };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return {
      name,
      why: WHY,
      result: 'fail',
      found: error.message,
      fix: `see that the files of ${name} can be read by this user`,
    };
  }
}

/** By its address, or by a name that only the home knows. */
function isAtHome(host: string): boolean {
  return (
    /^(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254)\./.test(host) ||
    /^\[(?:::1\]|f[cd]|fe80)/i.test(host) ||
    !host.includes('.') ||
    /\.(?:local|lan|home|home\.arpa|internal|fritz\.box)$/i.test(host)
  );
}
