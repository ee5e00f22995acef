// Doctor's check of the broker: it connects as the sensor would, under an id of its own so that a running sensor keeps its place,
// and leaves again; nothing is published. Belongs to main.ts.
import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions } from 'mqtt';
import type { Config } from '../config.ts';
import type { DoctorCheck } from '../deploy/doctor-check.ts';
import { brokerFault } from '../publish/broker-fault.ts';

const ANSWER_WITHIN = 5_000;

/** `login`: of the configuration. The embedded broker runs with the sensor and needs no look. */
export async function checkBroker({ mqtt: settings }: Config): Promise<DoctorCheck> {
  const name = 'broker';
  const why = 'alerts reach Home Assistant through it';
  const { url } = settings;
  if (url === undefined)
    return {
      name,
      result: 'ok',
      found: `none configured: the embedded one is used (${settings.listen})`,
      why,
      fix: null,
    };
  const place = URL.canParse(url) ? new URL(url).host : '';
  if (place === '') {
    const fix = 'write mqtt.url as mqtt://host:1883 or mqtts://host:8883';
    return { name, result: 'fail', found: 'mqtt.url cannot be understood', why, fix };
  }
  let access: IClientOptions;
  try {
    access = accessOf(settings);
  } catch (error) {
    const found = `a certificate file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return {
      name,
      result: 'fail',
      found,
      why,
      fix: 'see that mqtt.ca, mqtt.cert and mqtt.key name files this user may read',
    };
  }
  const who = settings.username === undefined ? 'without a password' : `as ${settings.username}`;
  let fault = await connect(url, { ...access, protocolVersion: 5 });
  let version = '5';
  if (fault !== null && fault.protocol !== null) {
    fault = await connect(url, { ...access, protocolVersion: 4 });
    version = '3.1.1';
  }
  if (fault === null)
    return { name, result: 'ok', found: `${place} lets the sensor in ${who}, MQTT ${version}`, why, fix: null };
  const isLogin = /password/.test(fault.text);
  const fix = isLogin
    ? 'correct mqtt.username and mqtt.password in the configuration, or create that user at the broker'
    : 'see that the broker runs and listens there (mosquitto: listener 1883), and correct mqtt.url, mqtt.ca';
  return { name, result: 'fail', found: `${place}: ${fault.text}`, why, fix };
}

function accessOf({ ca, cert, client_id: id, key, password, username }: Config['mqtt']): IClientOptions {
  return {
    clientId: `${id ?? 'thingwatch'}-doctor-${process.pid}`,
    connectTimeout: ANSWER_WITHIN,
    reconnectPeriod: 0,
    clean: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

/** Null when the broker let us in. */
function connect(url: string, options: IClientOptions): Promise<ReturnType<typeof brokerFault> | null> {
  return new Promise((resolve) => {
    const client = mqtt.connect(url, options);
    let error: Error | null = null;
    const end = (fault: ReturnType<typeof brokerFault> | null) => {
      resolve(fault);
      client.end(true);
    };
    client.on('error', (reason: Error) => {
      error = reason;
      end(brokerFault(reason, false));
    });
    client.once('connect', () => end(null));
    client.once('close', () => end(brokerFault(error, false)));
  });
}
