// What keeps a home from its fleet, in words for the person who looks after the sensor. Never repeats a secret or foreign text.
import { isNoMqtt } from '../publish/broker-fault.ts';
import { UNTRUSTED } from '../publish/untrusted.ts';

export interface UplinkFault {
  text: string;
  /** Asking again soon is of no use: a person has to do something. */
  isLasting: boolean;
}

const passing = (text: string): UplinkFault => ({ text, isLasting: false });
const lasting = (text: string): UplinkFault => ({ text, isLasting: true });

const LOST = passing('the connection to the fleet was lost');
const BY_CODE: ReadonlyMap<string, UplinkFault> = new Map([
  ['ECONNREFUSED', passing('nothing listens at the address of the fleet')],
  ['ECONNRESET', LOST],
  ['ENOTFOUND', passing("the name of the fleet's server is not known")],
  ['EAI_AGAIN', passing("the name of the fleet's server cannot be looked up now")],
  ['EHOSTUNREACH', passing('the fleet cannot be reached')],
  ['ENETUNREACH', passing('the fleet cannot be reached: no network')],
  ['ETIMEDOUT', passing('the fleet does not answer')],
  ['FLEET_SILENT', passing('the fleet takes records and acknowledges none of them')],
  ['FLEET_NO_MQTT', passing('what answers at the address of the fleet is none')],
  ['CERT_HAS_EXPIRED', lasting("the certificate of the fleet's server has expired: tell whoever runs the fleet")],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    lasting(
      "the certificate of the fleet's server is for another name: ask whoever runs the fleet for a new enrolment",
    ),
  ],
]);

const NOT_LET_IN = lasting(
  'the fleet does not let this home in: its enrolment was revoked or has run out. Ask whoever runs the fleet for a new ' +
    'file, or remove fleet.enrolment from the configuration',
);
const UNTRUSTED_SERVER = lasting(
  "the certificate of the fleet's server is not signed by the authority in the enrolment: ask whoever runs the fleet",
);

/** `isOpen`: it had let this home in. */
export function uplinkFault(error: Error | null, isOpen: boolean): UplinkFault {
  const code = (error as { code?: unknown } | null)?.code;
  // CONNACK, MQTT 3.1.1, section 3.2.2.3.
  if (code === 4 || code === 5) return NOT_LET_IN;
  if (code === 3) return passing('the fleet says that it is not available now');
  if (typeof code === 'string') {
    if (UNTRUSTED.has(code)) return UNTRUSTED_SERVER;
    if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
      return lasting("the fleet's server does not speak TLS as the enrolment says: ask whoever runs the fleet");
    return BY_CODE.get(code) ?? passing('the connection to the fleet failed');
  }
  if (error !== null && !isOpen && isNoMqtt(error)) return passing('what answers at the address of the fleet is none');
  return isOpen ? LOST : passing('the fleet does not answer');
}
