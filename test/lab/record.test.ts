import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from './namespaces.ts';
import { readRecords } from './retime.ts';
import { scenarios } from './scenarios.ts';

describe.each(scenarios.map((scenario) => scenario.name))('the shipped capture %s', (name) => {
  const pcap = readFileSync(join(checkout, 'test', 'captures', `${name}.pcap`));

  it('is small and begins at the date the tests count on', () => {
    expect(pcap.length).toBeLessThan(name === 'demo' ? 300_000 : 60_000);
    expect(readRecords(pcap)[0]?.time).toBe(Date.parse('2026-01-05T10:00:00Z') * 1000);
  });

  it('holds nobody’s mail: made-up addresses, a letter for a body, no name of the machine it was made on', () => {
    const text = pcap.toString('latin1');
    // Two characters and a top-level domain at least: random bytes of TLS look like shorter ones.
    const addresses = text.match(/[\w.+-]{2,}@[\w-]{2,}\.[a-z]{2,}/gi) ?? [];
    expect(addresses.filter((address) => !/^(device|r\d)@example\.net$/.test(address))).toEqual([]);
    expect(text).not.toMatch(/^(subject|from|to|date|message-id):/im);
    if (hostname().length > 3) expect(text).not.toContain(hostname());
  });
});
