// Whose name says nothing of who is behind it: what lies in rented infrastructure, and what only looks like it.
import { expect, test } from 'vitest';
import { isSharedInfrastructure, SHARED_DOMAINS } from '../../sensor/detect/shared-infrastructure.ts';

test('every domain is written as it is looked up, and it and its hosts are shared', () => {
  expect(SHARED_DOMAINS.size).toBeGreaterThan(40);
  for (const domain of SHARED_DOMAINS) {
    expect(domain).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect([domain, `a.b.${domain}`].map(isSharedInfrastructure)).toEqual([true, true]);
  }
});

test.each(['notamazonaws.com', 'amazonaws.com.example', 'com', 'windows', 'updates.vendor.example', ''])(
  '%j is not',
  (host) => {
    expect(isSharedInfrastructure(host)).toBe(false);
  },
);
