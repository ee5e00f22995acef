// Which of a device's addresses stands for it.
import { expect, it } from 'vitest';
import { mainAddress } from '../../web/addresses.ts';

const seen = (ip: string, day: number) => ({ ip, to: `2026-01-0${day}T00:00:00.000Z` });

it('the newest of IPv4, else the newest of IPv6, else none', () => {
  const [v6, newV6] = [seen('fd00::1', 4), seen('fd00::2', 5)];
  const [v4, newV4] = [seen('192.0.2.1', 1), seen('192.0.2.2', 3)];
  const all = [v6, v4, newV4, newV6, seen('192.0.2.3', 2)];
  expect(mainAddress(all)).toBe('192.0.2.2');
  expect(all[0]).toBe(v6);
  expect(mainAddress([newV6, v4])).toBe('192.0.2.1');
  expect(mainAddress([v6, newV6])).toBe('fd00::2');
  expect(mainAddress([])).toBeNull();
});
