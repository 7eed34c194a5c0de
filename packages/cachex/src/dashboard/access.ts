import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Whether a host name or address is of this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** The name in a `Host` header, without the port. */
function hostName(header: string): string {
  return header.replace(/:\d*$/, '');
}

/** Why a request is refused: the status and a sentence. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

/**
 * Refuses what a page of somebody else makes a browser send. A name that was made to lead here (DNS rebinding) is known by
 * its `Host`, unless there is a token, without which nobody gets anything anyway; another page (CSRF) by its `Origin`.
 */
export function refuseForeign(headers: IncomingHttpHeaders, token: string | undefined): Refusal | undefined {
  const { host, origin } = headers;
  if (host === undefined || (token === undefined && !isLoopback(hostName(host))))
    return { status: 403, why: 'without a token this is for localhost alone: open it under that name' };
  if (origin !== undefined && !sameHost(origin, host))
    return { status: 403, why: 'another page may not ask for this' };
  return undefined;
}

/** The port that a scheme has by itself is left out of an origin, and perhaps not by who passes `Host` on. */
function sameHost(origin: string, host: string): boolean {
  try {
    const asked = new URL(origin);
    return asked.host !== '' && asked.host === new URL(`${asked.protocol}//${host}`).host;
  } catch {
    return false;
  }
}

/** Refuses what a page of another site has its browser load, which has no `Origin` if that page is not to read it. */
export function refuseOtherSite(headers: IncomingHttpHeaders): Refusal | undefined {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none'
    ? undefined
    : { status: 403, why: 'another page may not ask for this' };
}

/** Refuses who does not know the token. How long it takes does not tell how much of it is right. */
export function refuseStranger(
  { authorization = '' }: IncomingHttpHeaders,
  token: string | undefined,
): Refusal | undefined {
  if (token === undefined) return undefined;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))
    ? undefined
    : { status: 401, why: 'give the token of this dashboard' };
}
