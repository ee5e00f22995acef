// Findings for tests of the books: an attempt to send mail unless told otherwise.
import type { Finding } from '../../sensor/detect/finding.ts';
import { NOW } from './store-fixtures.ts';

export const CAMERA_MAC = '02:00:00:00:00:01';

export function finding(over: Partial<Finding> = {}): Finding {
  return {
    kind: 'mail_started',
    severity: 'high',
    device: CAMERA_MAC,
    portClass: '25',
    time: NOW,
    effect: 'opens',
    destination: { ip: '203.0.113.25', port: 25, name: null },
    evidence: {},
    first: {},
    add: { attempts: 1 },
    ...over,
  };
}
