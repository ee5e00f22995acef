// The detectors of the sensor, a line each, in the order in which they hear of a packet.
import { BackendDetector } from './backends.ts';
import type { DetectorFactory } from './detector.ts';
import { ExposureDetector } from './exposure.ts';
import { LookupDetector } from './lookups.ts';
import { MailDetector } from './mail.ts';
import { SymptomDetector } from './symptoms.ts';

export const DETECTORS: readonly DetectorFactory[] = [
  (around) => new MailDetector(around),
  (around) => new BackendDetector(around),
  () => new LookupDetector(),
  (around) => new ExposureDetector(around),
  (around) => new SymptomDetector(around),
];
