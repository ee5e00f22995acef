// Where what travels between homes and their fleet goes. Sensors speak MQTT 3.1.1 to the NATS servers, collectors NATS: a topic's
// slashes are a subject's dots there.

/** Of one home; its credentials let it publish here and nowhere else. */
export const recordTopic = (home: string): string => `fleet/v1/records/${home}`;

/** Of one warning: signed, retained, cleared when it has ended. */
export const warningTopic = (id: string): string => `fleet/v1/warnings/${id}`;
export const WARNING_TOPICS = 'fleet/v1/warnings/+';

export const subjectOf = (topic: string): string => topic.replaceAll('/', '.').replaceAll('+', '*');

/** Where the NATS server keeps what came by MQTT with QoS 1, replicated, before it acknowledges it. */
export const MQTT_STREAM = '$MQTT_msgs';
export const MQTT_SUBJECT_PREFIX = '$MQTT.msgs.';
/** Which messages there are records; the last part of each subject is the home. */
export const RECORD_SUBJECTS = `${MQTT_SUBJECT_PREFIX}fleet.v1.records.*`;

/** Records that are none, with the reason. */
export const DEAD_STREAM = 'FLEET_DEAD';
export const deadSubject = (home: string): string => `fleet.v1.dead.${home}`;
export const DEAD_SUBJECTS = 'fleet.v1.dead.>';
