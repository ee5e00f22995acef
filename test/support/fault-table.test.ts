// The line of a fault: one line, in columns, with what was lost at its end.
import { expect, test } from 'vitest';
import { faultLine } from './fault-table.ts';

test('a fault is one line in columns that ends with what was lost', () => {
  const full = faultLine({ fault: 'disk full', inputs: '3,000 devices mail', outcome: '6,000 told once', lost: 0 });
  const hung = faultLine({ fault: 'broker hangs', inputs: '12 alerts', outcome: 'told at its return', lost: 0 });
  expect(full).toMatch(/^fault \| disk full +\| 3,000 devices mail +\| 6,000 told once \| lost: 0$/);
  expect(full.lastIndexOf('6,000')).toBe(hung.lastIndexOf('told at'));
});
