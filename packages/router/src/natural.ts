const pieces = /[0-9]+|[^0-9]+/g;

/**
 * Compares texts as people would: digits that stand together are one number, everything else goes by code units, so
 * that `node-9` comes before `node-10`. The same on every machine, whatever its language. Answers 0 also where texts
 * differ only by zeros before a number.
 */
export function naturalOrder(one: string, other: string): number {
  const mine: readonly string[] = one.match(pieces) ?? [];
  const theirs: readonly string[] = other.match(pieces) ?? [];
  for (const [n, piece] of mine.entries()) {
    const order = n < theirs.length ? pieceOrder(piece, theirs[n]!) : 1;
    if (order !== 0) return order;
  }
  return mine.length - theirs.length;
}

function pieceOrder(one: string, other: string): number {
  if (!isNumber(one) || !isNumber(other)) return textOrder(one, other);
  const mine = one.replace(/^0+/, '');
  const theirs = other.replace(/^0+/, '');
  return mine.length - theirs.length || textOrder(mine, theirs);
}

function isNumber(piece: string): boolean {
  return piece >= '0' && piece < ':';
}

function textOrder(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
