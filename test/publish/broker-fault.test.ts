// What a person is told of a connection that failed: one sentence for each cause, never the text that came over the wire.
import { describe, expect, it } from 'vitest';
import { brokerFault, faultOf, isNoMqtt } from '../../sensor/publish/broker-fault.ts';

const PASSWORD = 'the MQTT broker refuses this user name or password (mqtt.username, mqtt.password)';
const NOT_ALLOWED = 'the MQTT broker does not let this user in (mqtt.username, mqtt.password, or its access list)';
const UNAVAILABLE = 'the MQTT broker says that it is not available';
const NO_TLS = 'the MQTT broker does not speak TLS at this port, or wants a client certificate (mqtt.cert, mqtt.key)';
const UNTRUSTED = "the MQTT broker's certificate is not signed by a known authority (mqtt.ca)";

const failure = (code: unknown): Error => Object.assign(new Error('secret text'), { code });

describe('a code says it all, whether the connection was open or not', () => {
  it.each([
    // CONNACK of MQTT 3.1.1.
    [2, 'the MQTT broker refuses our client id'],
    [3, UNAVAILABLE],
    [4, PASSWORD],
    [5, NOT_ALLOWED],
    // CONNACK and DISCONNECT of MQTT 5.
    [133, 'the MQTT broker refuses our client id'],
    [134, PASSWORD],
    [135, NOT_ALLOWED],
    [136, UNAVAILABLE],
    [137, 'the MQTT broker is busy'],
    [138, 'the MQTT broker has banned this client'],
    [139, 'the MQTT broker is shutting down'],
    [142, 'another client took our place at the MQTT broker: two sensors have the same id'],
    [149, 'a message of ours is too large for the MQTT broker'],
    [151, 'the MQTT broker says that our quota is used up'],
    [77, 'the MQTT broker gave reason 77'],
    // The system's and OpenSSL's.
    ['ECONNREFUSED', 'nothing listens at the address of the MQTT broker (mqtt.url)'],
    ['ENOTFOUND', "the MQTT broker's name (mqtt.url) is not known"],
    ['EAI_AGAIN', "the MQTT broker's name (mqtt.url) cannot be looked up now"],
    ['EHOSTUNREACH', 'the MQTT broker cannot be reached'],
    ['ENETUNREACH', 'the MQTT broker cannot be reached: no network'],
    ['ETIMEDOUT', 'the MQTT broker does not answer'],
    ['CERT_HAS_EXPIRED', "the MQTT broker's certificate has expired"],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "the MQTT broker's certificate is for another name than the one in mqtt.url"],
    ['EPROTO', NO_TLS],
    ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS],
    ['NO_ERR_SSL_', 'the connection to the MQTT broker failed'],
    [
      'EMFILE',
      'this machine lets the sensor open no more connections (file descriptors), so it cannot reach the MQTT broker',
    ],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
    ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
    ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
    ['EWHATEVER', 'the connection to the MQTT broker failed'],
  ])('%s', (code, text) => {
    for (const opened of [false, true]) expect(brokerFault(failure(code), opened)).toEqual({ text, protocol: null });
  });
});

it.each([1, 132])('code %i: our version of the protocol is refused', (code) => {
  const text = 'the MQTT broker speaks neither MQTT 5 nor 3.1.1';
  expect(brokerFault(failure(code), false)).toEqual({ text, protocol: 'refused' });
});

describe('without a code it depends on how far it came', () => {
  const HUNG_UP = 'the MQTT broker hung up before it answered';
  const LOST = 'the connection to the MQTT broker was lost';

  it.each([
    ['hung up before CONNACK: may be the version', null, false, HUNG_UP, 'unclear'],
    ['reset before CONNACK: may be the version', failure('ECONNRESET'), false, HUNG_UP, 'unclear'],
    ['hung up later', null, true, LOST, null],
    ['reset later', failure('ECONNRESET'), true, LOST, null],
    ['no CONNACK in time', new Error('connack timeout'), false, 'the MQTT broker does not answer', null],
    ['no answer to a ping', new Error('Keepalive timeout'), true, 'the MQTT broker no longer answers', null],
  ])('%s', (_what, error, opened, text, protocol) => {
    expect(brokerFault(error, opened)).toEqual({ text, protocol });
  });
});

describe('what we hold against a broker ourselves', () => {
  it('taking and never acknowledging, which the next connection is watched for', () => {
    const text = 'the MQTT broker takes messages and acknowledges none of them';
    expect(brokerFault(faultOf('BROKER_SILENT'), true)).toEqual({ text, protocol: null, isSilence: true });
  });

  it('flooding, and packets that are too large', () => {
    const text = (code: Parameters<typeof faultOf>[0]) => brokerFault(faultOf(code), true);
    expect(text('BROKER_FLOODS')).toEqual({
      text: 'the MQTT broker floods the sensor with messages that it did not ask for',
      protocol: null,
    });
    expect(text('BROKER_TOO_LARGE')).toEqual({
      text: 'the MQTT broker announces a message that is too large for the sensor',
      protocol: null,
    });
  });

  it('no MQTT at all: from the first byte it may be another version of it', () => {
    const text = 'what answers at the address of the MQTT broker (mqtt.url) sends no MQTT';
    expect(brokerFault(faultOf('BROKER_NO_MQTT'), false)).toEqual({ text, protocol: 'unclear' });
    expect(brokerFault(faultOf('BROKER_NO_MQTT'), true)).toEqual({ text, protocol: null });
  });

  it('which is what an error without a code means, unless it is one of time', () => {
    expect(isNoMqtt(new Error('Invalid header flag bits'))).toBe(true);
    for (const error of [failure(4), new Error('connack timeout'), new Error('Keepalive timeout')])
      expect(isNoMqtt(error)).toBe(false);
  });
});
