// Pairing links as files, so that `thingwatch pair` can add one while the sensor runs: two stores on one directory stand for
// the two processes.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairingText } from '../../sensor/main/edges.ts';
import { pairingLinks, runningPage, tellPage, untellPage } from '../../sensor/main/pairing-links.ts';

const NOW = 1_767_600_000_000;
const hash = (n: number): string => n.toString(16).padStart(64, '0');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thingwatch-links-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a pairing link', () => {
  it('that another process added works here, once, for both', () => {
    const [sensor, command] = [pairingLinks(directory), pairingLinks(directory)];
    command.add(hash(1), NOW + 1000);
    expect(sensor.use(hash(1), NOW)).toBe(true);
    expect(sensor.use(hash(1), NOW)).toBe(false);
    expect(command.use(hash(1), NOW)).toBe(false);
  });

  it('is worth nothing when its time is over, and is gone then', () => {
    const links = pairingLinks(directory);
    links.add(hash(1), NOW + 1000);
    expect(links.use(hash(1), NOW + 1001)).toBe(false);
    expect(links.use(hash(1), NOW)).toBe(false);
  });

  it('from before the last boot is worth nothing: its time was counted from another start', () => {
    const links = pairingLinks(directory);
    links.add(hash(1), NOW + 1000);
    writeFileSync(join(directory, 'pairing', hash(1)), `${NOW + 1000} another-boot`);
    expect(links.use(hash(1), NOW)).toBe(false);
  });

  it('is kept as a hash that only its owner may read; what is no hash names no file', () => {
    const links = pairingLinks(directory);
    links.add(hash(1), NOW + 1000);
    expect(statSync(join(directory, 'pairing')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'pairing', hash(1))).mode & 0o777).toBe(0o600);
    writeFileSync(join(directory, 'victim'), '9999999999999');
    links.add('../victim', NOW + 1000);
    expect(links.use('../victim', NOW)).toBe(false);
    expect(readdirSync(directory).sort()).toEqual(['pairing', 'victim']);
  });

  it('makes the oldest give way when many wait', () => {
    const links = pairingLinks(directory);
    for (let n = 0; n < 40; n += 1) links.add(hash(n), NOW + n);
    expect(readdirSync(join(directory, 'pairing'))).toHaveLength(16);
    expect([links.use(hash(0), NOW), links.use(hash(39), NOW)]).toEqual([false, true]);
  });

  it('of the sensor itself works where nothing can be written', () => {
    writeFileSync(join(directory, 'pairing'), 'a file where the folder should be');
    const links = pairingLinks(directory);
    links.add(hash(1), NOW + 1000);
    expect([links.use(hash(1), NOW), links.use(hash(1), NOW)]).toEqual([true, false]);
    tellPage(directory, { url: 'http://127.0.0.1:8080/', loopbackOnly: true });
    expect(runningPage(directory)).toBeNull();
  });
});

describe('where the page is', () => {
  it('is known while the sensor runs, and damage is as if it did not', () => {
    expect(runningPage(directory)).toBeNull();
    const page = { url: 'http://192.168.1.5:8080/watch/', loopbackOnly: false };
    tellPage(directory, page);
    expect(runningPage(directory)).toEqual({ ...page, pid: process.pid });
    writeFileSync(join(directory, 'pairing', 'page.json'), '{"url":7}');
    expect(runningPage(directory)).toBeNull();
    untellPage(directory);
    untellPage(directory);
    mkdirSync(join(directory, 'other'));
    expect(runningPage(join(directory, 'other'))).toBeNull();
  });
});

describe('in the terminal', () => {
  const link = 'http://192.168.1.5:8080/#/pair/0123456789abcdefghijABCDEFGHIJ01';

  it('a link that a phone can open comes with its QR code, which fits 80 columns', async () => {
    const text = await pairingText({ link, loopbackOnly: false });
    expect(text).toContain(`  ${link}\n`);
    const code = text.split('\n').filter((line) => /[▀▄█]/.test(line));
    expect(code.length).toBeGreaterThan(12);
    expect(Math.max(...code.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('one that only this machine can open says how to let phones in', async () => {
    const text = await pairingText({ link, loopbackOnly: true });
    expect(text).toContain('web.listen');
    expect(text).not.toMatch(/[▀▄█]/);
  });
});
