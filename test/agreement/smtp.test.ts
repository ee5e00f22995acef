// On real captures: SMTP commands, replies, messages and recipients are those that tshark finds, or it is known why not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';
import { type ComparedFile, compareSmtp, differencesOf, EXPLAINED, smtpTable } from './smtp.ts';

const index = join(CAPTURES_OF_OTHERS, 'index.tsv');
const isThere = existsSync(index);
if (!isThere)
  console.warn(
    `SKIPPED, agreement with tshark on SMTP is not tested: there is no ${index} (CAPTURES_OF_OTHERS names another folder)`,
  );

describe.skipIf(!isThere)('SMTP in captures of others', () => {
  let files: ComparedFile[];
  beforeAll(async () => {
    const lines = readFileSync(index, 'utf8').split('\n');
    const named = lines.filter((line) => /\tsmtp\b|\bsmtp /.test(line)).map((line) => line.split('\t')[0] ?? '');
    files = await compareSmtp(CAPTURES_OF_OTHERS, new Set(named));
    console.log(smtpTable(files));
  }, 120_000);

  it('is counted as tshark counts it, in every file without a known reason', () => {
    const unexplained = files.filter(({ file }) => !Object.hasOwn(EXPLAINED, file));
    expect(unexplained.length).toBeGreaterThan(5);
    expect(unexplained.flatMap((file) => differencesOf(file).map((one) => `${file.file}: ${one}`))).toEqual([]);
  });

  // A tshark of another version may find other things there; what is right was counted by hand.
  it.each([
    ['arkime__smtp-decrypted.pcap', { hello: 4, startTls: 4, mail: 0, messages: 0 }],
    ['zeek__smtp__rfc3030-bdat-nonascii.pcap', { '2xx': 8, bdat: 2, messages: 1, recipients: 1 }],
    ['zeek__smtp__smtp-bdat-pipeline-8bitmime.pcap', { mail: 2, rcpt: 2, bdat: 2, messages: 2, recipients: 2 }],
  ])('%s is counted as by hand', (name, counts) => {
    expect(files.find(({ file }) => file === name)?.ours).toMatchObject(counts);
  });
});
