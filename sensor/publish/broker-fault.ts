// What a failed connection means, in words for the person who set the broker up. Never repeats a secret or foreign text.
import { UNTRUSTED } from './untrusted.ts';

export interface BrokerFault {
  text: string;
  /** `refused`: the broker does not speak our protocol version; `unclear`: it just hung up, which may mean the same. */
  protocol: 'refused' | 'unclear' | null;
  /** The broker took messages and acknowledged none. */
  isSilence?: true;
}

/** Codes of what we hold against a broker ourselves. */
export type OwnFault = 'BROKER_SILENT' | 'BROKER_FLOODS' | 'BROKER_TOO_LARGE' | 'BROKER_NO_MQTT';

export function faultOf(code: OwnFault): Error {
  return Object.assign(new Error(code), { code });
}

/** mqtt.js's words for its own timeouts. */
const TIMEOUTS: ReadonlySet<string> = new Set(['connack timeout', 'Keepalive timeout']);

/** What mqtt.js could not read has neither a reason code nor one of the system's. */
export function isNoMqtt(error: Error): boolean {
  return !('code' in error) && !TIMEOUTS.has(error.message);
}

const PASSWORD = 'the MQTT broker refuses this user name or password (mqtt.username, mqtt.password)';
const NOT_ALLOWED = 'the MQTT broker does not let this user in (mqtt.username, mqtt.password, or its access list)';

const NO_TLS = 'the MQTT broker does not speak TLS at this port, or wants a client certificate (mqtt.cert, mqtt.key)';

/** CONNACK codes of MQTT 3.1.1 (section 3.2.2.3), CONNACK and DISCONNECT reason codes of MQTT 5 (section 2.4). */
const BY_REASON: ReadonlyMap<number, string> = new Map([
  [2, 'the MQTT broker refuses our client id'],
  [3, 'the MQTT broker says that it is not available'],
  [4, PASSWORD],
  [5, NOT_ALLOWED],
  [133, 'the MQTT broker refuses our client id'],
  [134, PASSWORD],
  [135, NOT_ALLOWED],
  [136, 'the MQTT broker says that it is not available'],
  [137, 'the MQTT broker is busy'],
  [138, 'the MQTT broker has banned this client'],
  [139, 'the MQTT broker is shutting down'],
  [142, 'another client took our place at the MQTT broker: two sensors have the same id'],
  [149, 'a message of ours is too large for the MQTT broker'],
  [151, 'the MQTT broker says that our quota is used up'],
]);

const BY_SYSTEM_CODE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens at the address of the MQTT broker (mqtt.url)'],
  ['ENOTFOUND', "the MQTT broker's name (mqtt.url) is not known"],
  ['EAI_AGAIN', "the MQTT broker's name (mqtt.url) cannot be looked up now"],
  ['EHOSTUNREACH', 'the MQTT broker cannot be reached'],
  ['ENETUNREACH', 'the MQTT broker cannot be reached: no network'],
  ['ETIMEDOUT', 'the MQTT broker does not answer'],
  ['CERT_HAS_EXPIRED', "the MQTT broker's certificate has expired"],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "the MQTT broker's certificate is for another name than the one in mqtt.url"],
  ['EPROTO', NO_TLS],
  [
    'EMFILE',
    'this machine lets the sensor open no more connections (file descriptors), so it cannot reach the MQTT broker',
  ],
  ['BROKER_FLOODS', 'the MQTT broker floods the sensor with messages that it did not ask for'],
  ['BROKER_TOO_LARGE', 'the MQTT broker announces a message that is too large for the sensor'],
]);

export function brokerFault(error: Error | null, opened: boolean): BrokerFault {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 1 || code === 132) {
    return { text: 'the MQTT broker speaks neither MQTT 5 nor 3.1.1', protocol: 'refused' };
  }
  if (typeof code === 'number')
    return { text: BY_REASON.get(code) ?? `the MQTT broker gave reason ${code}`, protocol: null };
  if (code === 'BROKER_SILENT')
    return { text: 'the MQTT broker takes messages and acknowledges none of them', protocol: null, isSilence: true };
  if (code === 'BROKER_NO_MQTT')
    return {
      text: 'what answers at the address of the MQTT broker (mqtt.url) sends no MQTT',
      protocol: opened ? null : 'unclear',
    };
  if (typeof code === 'string' && code !== 'ECONNRESET') {
    if (UNTRUSTED.has(code))
      return { text: "the MQTT broker's certificate is not signed by a known authority (mqtt.ca)", protocol: null };
    if (code.startsWith('ERR_SSL_')) return { text: NO_TLS, protocol: null };
    return { text: BY_SYSTEM_CODE.get(code) ?? 'the connection to the MQTT broker failed', protocol: null };
  }
  if (error?.message === 'Keepalive timeout') return { text: 'the MQTT broker no longer answers', protocol: null };
  if (opened) return { text: 'the connection to the MQTT broker was lost', protocol: null };
  if (error?.message === 'connack timeout') return { text: 'the MQTT broker does not answer', protocol: null };
  return { text: 'the MQTT broker hung up before it answered', protocol: 'unclear' };
}
