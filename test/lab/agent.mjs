// What a device in the lab does, once, from inside its namespace: `agent.mjs ACTION JSON` prints one JSON result.
// A failed connection is a result; only a wrong call is an error.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import nodemailer from 'nodemailer';

const now = () => performance.timeOrigin + performance.now();

async function addressOf(name, family) {
  if (net.isIP(name) !== 0) return name;
  return (await dns.promises.lookup(name, { family })).address;
}

function outcomeOf(error) {
  const text = `${error.code} ${error.errno} ${error.message}`;
  if (text.includes('ECONNREFUSED')) return 'refused';
  if (/ETIMEDOUT|timed? ?out/i.test(text)) return 'unanswered';
  return 'failed';
}

async function mail({ to, port, from, count, recipients, family, security, timeoutMs, name }) {
  const attempts = [];
  for (let number = 0; number < count; number += 1) {
    const startedAt = now();
    const attempt = { startedAt };
    attempts.push(attempt);
    try {
      const host = await addressOf(to, family);
      const transport = nodemailer.createTransport({
        host,
        port,
        name,
        secure: security === 'implicit',
        ignoreTLS: security === 'plain',
        requireTLS: security === 'starttls',
        tls: { rejectUnauthorized: false },
        connectionTimeout: timeoutMs,
        greetingTimeout: 15_000,
      });
      const everyone = Array.from({ length: recipients }, (_, index) => `r${index + 1}@example.net`);
      const sent = await transport.sendMail({ envelope: { from, to: everyone }, raw: 'x\r\n' });
      Object.assign(attempt, { outcome: 'delivered', recipients: sent.accepted.length, address: host });
    } catch (error) {
      Object.assign(attempt, { outcome: outcomeOf(error), error: error.message });
    }
  }
  return attempts;
}

async function connect({ host, port, family, timeoutMs, send }) {
  const address = await addressOf(host, family);
  const startedAt = now();
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const finish = (result) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...result, address, startedAt });
    };
    const timer = setTimeout(() => finish({ outcome: 'unanswered' }), timeoutMs);
    socket.once('connect', () => {
      const { localAddress } = socket;
      clearTimeout(timer);
      socket.once('close', () => finish({ outcome: 'connected', localAddress }));
      socket.end(send);
      socket.resume();
    });
    socket.once('error', (error) => finish({ outcome: outcomeOf(error) }));
  });
}

/** `address` connects there whatever the name says, as a device with a cached DNS answer does. */
function fetch({ url, family, ca, address, upload, userAgent }) {
  const target = new URL(url);
  const client = target.protocol === 'https:' ? https : http;
  const headers = userAgent === undefined ? {} : { 'user-agent': userAgent };
  const lookup = (_name, options, done) => {
    const found = { address, family: net.isIP(address) };
    if (options.all) done(null, [found]);
    else done(null, found.address, found.family);
  };
  const options = {
    method: upload > 0 ? 'POST' : 'GET',
    ca: readFileSync(ca),
    agent: false,
    headers,
    family,
    ...(address === undefined ? {} : { lookup }),
  };
  return new Promise((resolve, reject) => {
    const request = client.request(target, options, (response) => {
      let bytes = 0;
      const { remoteAddress } = response.socket;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve({ status: response.statusCode, bytes, address: remoteAddress }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(Buffer.alloc(upload, 0x2e));
  });
}

async function lookup({ name, type }) {
  try {
    return { answers: await dns.promises.resolve(name, type) };
  } catch (error) {
    return { answers: [], error: error.code };
  }
}

const actions = { mail, connect, fetch, lookup };
const [, , action, input] = process.argv;
process.stdout.write(`${JSON.stringify(await actions[action](JSON.parse(input)))}\n`);
