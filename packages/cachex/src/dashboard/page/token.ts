const place = 'cachex-token';

/** From the part of the address that is never sent (`#token=…`), which is then cleared, or as it was given before in this tab. */
export function givenToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    history.replaceState(null, '', location.pathname);
    keepToken(given);
    return given;
  }
  try {
    return sessionStorage.getItem(place) ?? undefined;
  } catch {
    return undefined;
  }
}

/** For as long as this tab is open. */
export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(place, token);
  } catch {
    // Then it is asked for again.
  }
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // It was not kept.
  }
}
