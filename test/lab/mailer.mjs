// nodemailer from inside a device's namespace: `mailer.mjs JSON` with { transport, mails } sends all mails over one connection
// where the server allows it, and prints for each what was accepted and refused. A refusal is a result.
import nodemailer from 'nodemailer';

const { mails, transport } = JSON.parse(process.argv[2]);
const pool = nodemailer.createTransport({
  pool: true,
  maxConnections: 1,
  tls: { rejectUnauthorized: false },
  ...transport,
});
const results = [];
for (const mail of mails) {
  try {
    const { accepted, rejected } = await pool.sendMail(mail);
    results.push({ accepted, rejected });
  } catch (error) {
    results.push({ accepted: [], error: error.message });
  }
}
pool.close();
process.stdout.write(`${JSON.stringify(results)}\n`);
