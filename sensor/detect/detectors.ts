// The detectors of the sensor, a line each, in the order in which they hear of a packet.
import { BackendDetector } from './backends.ts';
import { CorroborationDetector } from './corroboration.ts';
import type { DetectorFactory } from './detector.ts';
import { ExposureDetector } from './exposure.ts';
import { FleetWarningDetector } from './fleet-warnings.ts';
import { LookupDetector } from './lookups.ts';
import { MacFloodDetector } from './mac-flood.ts';
import { MailDetector } from './mail.ts';
import { PortMappingDetector } from './port-mappings.ts';
import { SensorBlindDetector } from './sensor-blind.ts';
import { SymptomDetector } from './symptoms.ts';

export const DETECTORS: readonly DetectorFactory[] = [
  // First: on the outer side of the router nothing is a device's.
  (around) => new SensorBlindDetector(around),
  // Then: what made-up addresses do is counted before it is told.
  (around) => new MacFloodDetector(around),
  (around) => new MailDetector(around),
  (around) => new BackendDetector(around),
  // After what counts backends.
  (around) => new FleetWarningDetector(around),
  (around) => new LookupDetector(around),
  (around) => new ExposureDetector(around),
  (around) => new PortMappingDetector(around),
  (around) => new SymptomDetector(around),
  // Last: it hears what the others find.
  (around) => new CorroborationDetector(around),
];
