// How the two sides of a mail connection begin, by which it is told on any port; and begin anew.

/** Commands with which a client goes on after a message. */
export const BEGINS_ANEW = /^(?:MAIL |RSET|QUIT|EHLO |HELO )/i;

/** Codes of a greeting: 220, or that there is no service (RFC 5321, sections 3.1 and 4.2.1). */
export const GREETINGS = new Set([220, 421, 554]);

/** Octets of a hello's verb and what ends it. */
export const HELLO_LENGTH = 5;

/** Whether a TCP payload begins with EHLO or HELO, whatever the port. */
export function looksLikeHello(payload: Buffer): boolean {
  return /^(?:EHLO|HELO)[ \r\n]/i.test(payload.toString('latin1', 0, HELLO_LENGTH));
}

/** Whether a server's payload greets as SMTP servers do (RFC 5321, section 4.3.1); FTP has the same code. */
export function looksLikeBanner(payload: Buffer): boolean {
  return /^220[ -][^\r\n]*\bE?SMTP\b/i.test(payload.toString('latin1', 0, 256));
}
