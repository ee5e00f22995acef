// SMTP commands, replies, messages and recipients that the sensor counts in real captures beside tshark's, by file.
import { compareSmtp, smtpTable } from '../agreement/smtp.ts';
import { CAPTURES_OF_OTHERS } from '../support/captures-of-others.ts';

export async function run([folder = CAPTURES_OF_OTHERS]: string[]): Promise<void> {
  console.log(smtpTable(await compareSmtp(folder)));
}
