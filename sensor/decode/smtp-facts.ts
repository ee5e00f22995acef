// What is kept of an SMTP dialogue: counts and yes or no, never a name, an address or a text.

/** How a client calls itself in EHLO or HELO. A thing with a foreign domain speaks in somebody else's name. */
export type HelloClass = 'own-name' | 'address-literal' | 'foreign-domain';

/** Numbers that add up over connections. */
export interface SmtpCounts {
  /** Accepted by the server: 250 after a body or the last chunk. */
  messages: number;
  /** RCPT answered with 250 or 251. */
  recipients: number;
  messagesRefused: number;
  recipientsRefused: number;
  mailCommands: number;
  mailAccepted: number;
  mailRefused: number;
  rcptCommands: number;
  dataCommands: number;
  bdatCommands: number;
  replies2xx: number;
  replies3xx: number;
  replies4xx: number;
  replies5xx: number;
  /** Places where octets were missing for good. */
  gaps: number;
}

export interface SmtpFacts {
  hello: HelloClass | null;
  bannerSeen: boolean;
  helloSeen: boolean;
  authOffered: boolean;
  authTried: boolean;
  authAccepted: boolean;
  startTlsOffered: boolean;
  /** STARTTLS was accepted: what follows is hidden. */
  startTls: boolean;
  /** A refusal speaks of a block list. */
  blockListed: boolean;
}

export function noSmtpCounts(): SmtpCounts {
  return {
    messages: 0,
    recipients: 0,
    messagesRefused: 0,
    recipientsRefused: 0,
    mailCommands: 0,
    mailAccepted: 0,
    mailRefused: 0,
    rcptCommands: 0,
    dataCommands: 0,
    bdatCommands: 0,
    replies2xx: 0,
    replies3xx: 0,
    replies4xx: 0,
    replies5xx: 0,
    gaps: 0,
  };
}

export function noSmtpFacts(): SmtpFacts {
  return {
    hello: null,
    bannerSeen: false,
    helloSeen: false,
    authOffered: false,
    authTried: false,
    authAccepted: false,
    startTlsOffered: false,
    startTls: false,
    blockListed: false,
  };
}

/** Endings that are no domain of the Internet (RFC 6762, RFC 8375, RFC 9476 and what routers give out). */
const HOME_SUFFIX = /\.(?:local|lan|home|home\.arpa|internal|intern|localdomain|localhost|private|corp|fritz\.box)$/;

/**
 * `ownNames`: what the device announced itself as. A single label is taken for its own name, as is one of the home; a domain
 * of the Internet is foreign unless the device bears it.
 */
export function helloClass(argument: string, ownNames: readonly string[]): HelloClass {
  const name = argument.trim().toLowerCase().replace(/\.$/, '');
  if (/^\[.*\]$/.test(name) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return 'address-literal';
  if (!name.includes('.') || HOME_SUFFIX.test(name)) return 'own-name';
  const isOwn = ownNames.some((own) => own.toLowerCase() === name || own.toLowerCase() === name.split('.')[0]);
  return isOwn ? 'own-name' : 'foreign-domain';
}

/** Words by which servers say that a client's address or domain is on a list; ordinary refusals have none of them. */
const BLOCK_LIST_WORDS =
  /spamhaus|spamcop|barracudacentral|\bsorbs\b|uceprotect|abuseat|surriel|dronebl|mailspike|manitu|invaluement|spamrats|abusix|surbl|uribl|senderscore|\bdns[bw]ls?\b|\brbls?\b|\b(?:block|black|deny)[ -]?list(?:ed|ing|s)?\b|\bblocked (?:using|by \S+list)|\b(?:is|was|are) (?:currently )?listed\b|\blisted (?:at|in|on|by)\b/i;

/** Whether a 4xx or 5xx reply line speaks of a block list. */
export function speaksOfBlockList(line: string): boolean {
  return BLOCK_LIST_WORDS.test(line);
}
